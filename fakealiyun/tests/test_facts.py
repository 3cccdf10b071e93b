"""The fact records: each has a source and a probe or a reason, and every operation rests on one."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from fakealiyun import FakeCloud, fact
from fakealiyun.coverage import PAGE
from fakealiyun.fact import GUESSED, PROVENANCES, Fact
from fakealiyun.facts import TITLES, all_facts, facts_of, limits_of
from fakealiyun.mns.operations import OPERATIONS as MNS_OPERATIONS
from fakealiyun.oss.offer import offered
from fakealiyun.sls.operations import OPERATIONS as SLS_OPERATIONS
from fakealiyun.verify.probe import all_probes

FACTS = all_facts()
REASONS = {
    value for name, value in vars(fact).items() if name.isupper() and value not in PROVENANCES
}
MACHINE_PATH = re.compile(r"(^|\s)(~|\.{0,2}/|[A-Za-z]:\\)\w|\.(md|jsonl?|py)\b")


def operations() -> dict[str, set[str]]:
    """The names of the operations of each service."""
    with FakeCloud() as cloud:
        return {
            "vod": {*cloud.vod.operations},
            "sts": {*cloud.sts.operations},
            "ram": {*cloud.ram_api.operations},
            "oss": {operation.name for operation in offered()},
            "mns": {*MNS_OPERATIONS},
            "cas": {*cloud.cas.operations},
            "sls": {operation.name for operation in SLS_OPERATIONS},
            "fc": {operation.name for operation in cloud.fc.operations.all},
        }


def test_ids_are_unique() -> None:
    assert [name for name, count in Counter(one.id for one in FACTS).items() if count > 1] == []


@pytest.mark.parametrize("one", FACTS, ids=lambda one: one.id)
def test_a_fact_is_complete(one: Fact) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z0-9]+(_[a-z0-9]+)*", one.id)
    assert one.provenance in PROVENANCES
    assert one.statement.endswith((".", "”"))
    assert one.source.strip()
    assert not MACHINE_PATH.search(one.source)
    assert re.fullmatch(r"20\d\d(-(0[1-9]|1[0-2]))?", one.date)
    assert bool(one.probe) != bool(one.no_probe)
    assert not one.no_probe or one.no_probe in REASONS


def test_a_guess_is_not_called_explicit() -> None:
    reasons = {one.no_probe for one in FACTS if one.provenance == GUESSED}
    assert not reasons & {fact.SEEN, fact.EXPLICIT}


def test_every_probe_belongs_to_one_fact() -> None:
    assert Counter(one.probe for one in FACTS if one.probe) == Counter(list(all_probes()))
    for one in FACTS:
        assert one.probe in ("", one.id)


def test_facts_are_beside_their_service() -> None:
    for service in TITLES:
        assert facts_of(service)
        assert {one.service for one in facts_of(service)} == {service}
        assert all(limit.endswith(".") for limit in limits_of(service))


def test_every_operation_rests_on_a_fact() -> None:
    for service, names in operations().items():
        named = {name for one in facts_of(service) for name in one.operations}
        assert named == names, service


def test_the_page_lists_and_counts_them() -> None:
    text = PAGE.read_text("utf-8")
    guesses = text.partition("\n## All guesses\n")[2]
    for one in FACTS:
        assert f"`{one.id}`" in text
        assert (f"| `{one.id}`: " in guesses) == (one.provenance == GUESSED)
    for service, title in TITLES.items():
        found = Counter(one.provenance for one in facts_of(service))
        numbers = " | ".join(str(found[one]) for one in PROVENANCES)
        assert f"| {title} | {numbers} | {sum(found.values())} |" in text
