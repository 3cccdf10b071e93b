"""RoleSessionName, KeyPrefix and session policy, for every possible caller and deployment."""

from __future__ import annotations

import json
import re
import string
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakealiyun.ram.policy import Policy
from shared.alibaba import sts
from shared.alibaba.sts import PURPOSES
from shared.auth.ownership import Owner
from shared.config.settings import Settings
from shared.errors import Misconfigured

LOWER = string.ascii_lowercase + string.digits
ALIASES = st.text(LOWER + "-", min_size=1, max_size=32)
SUBJECTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=128).filter(
    lambda text: len(text.encode()) <= 128
) | st.text("*?$.{}/\\\"':,@_- aA", min_size=1, max_size=128)
OWNERS = st.builds(Owner, ALIASES, SUBJECTS)
SEGMENT = st.text(LOWER + "_-", min_size=1, max_size=32)
PREFIXES = st.lists(SEGMENT, min_size=1, max_size=4).map(lambda parts: "/".join(parts) + "/")
BUCKETS = st.from_regex(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", fullmatch=True)
SETTINGS = st.builds(
    lambda bucket, prefix: Settings(oss_bucket=bucket, oss_prefix=prefix), BUCKETS, PREFIXES
)
LONGEST = Settings(oss_bucket="b" * 63, oss_prefix=f"{'p' * 32}/" * 4)
HOSTILE = Owner("example", '*","Resource":"*"},{"Effect":"Allow","Action":"*')


@st.composite
def two_owners(draw: st.DrawFn) -> tuple[Owner, Owner]:
    """Two different owners, mostly with similar names."""
    alias, sub = draw(ALIASES), draw(SUBJECTS)
    cut = draw(st.integers(0, len(alias)))
    others = [
        Owner(alias, sub.swapcase()),
        Owner(alias, sub[:-1] or "x"),
        Owner(alias, sub + "*"),
        Owner(alias, re.sub(r"[^A-Za-z0-9.@_-]", "_", sub)),
        Owner(alias, f"{sub[:31]}{sub[32:]}" or "x"),
        Owner(alias, sub.strip() or "x"),
        Owner(alias[:cut] or "x", alias[cut:] + sub),
        Owner(sub, alias),
        draw(OWNERS),
    ]
    other = draw(st.sampled_from([o for o in others if o != Owner(alias, sub)]))
    return Owner(alias, sub), other


@given(OWNERS)
@example(Owner("a", "\U0001f600" * 32))
@example(Owner("a", "x"))
@example(Owner("a", "-"))
def test_a_session_name_is_one_that_sts_accepts(owner: Owner) -> None:
    name = sts.role_session_name(owner)
    assert re.fullmatch(r"[A-Za-z0-9.@_-]{2,64}", name)
    assert name == sts.role_session_name(Owner(owner.issuer_alias, owner.subject))


@given(st.text(string.ascii_letters + string.digits + ".@_-", min_size=1, max_size=128))
def test_a_session_name_starts_with_the_subject(subject: str) -> None:
    assert sts.role_session_name(Owner("example", subject)).startswith(f"{subject[:31]}-")


@given(two_owners(), SETTINGS)
def test_no_two_owners_share_a_name_or_a_prefix(
    owners: tuple[Owner, Owner], settings: Settings
) -> None:
    first, second = (sts.role_session_name(owner).lower() for owner in owners)
    assert first != second
    first, second = (sts.key_prefix(settings, owner) for owner in owners)
    assert first != second
    assert not first.startswith(second)
    assert not second.startswith(first)


@given(OWNERS, SETTINGS)
def test_a_prefix_does_not_show_the_subject(owner: Owner, settings: Settings) -> None:
    prefix = sts.key_prefix(settings, owner)
    assert re.fullmatch(re.escape(settings.oss_prefix) + "[a-z2-7]{32}/", prefix)


def statements(text: str) -> list[dict[str, Any]]:
    document = json.loads(text)
    assert set(document) == {"Version", "Statement"}
    found: list[dict[str, Any]] = document["Statement"]
    return found


@pytest.mark.parametrize("name", PURPOSES)
class TestTheSessionPolicy:
    @given(owner=OWNERS, settings=SETTINGS)
    @example(owner=HOSTILE, settings=LONGEST)
    def test_the_policy_allows_named_actions_on_one_resource(
        self, name: str, owner: Owner, settings: Settings
    ) -> None:
        text = sts.session_policy(PURPOSES[name], settings, owner)
        assert len(text.encode()) < 2048
        assert " " not in text
        assert Policy.parse(text).statements
        (statement,) = statements(text)
        assert set(statement) == {"Effect", "Action", "Resource"}
        assert statement["Effect"] == "Allow"
        product = name.partition("-")[0]
        for action in statement["Action"]:
            assert re.fullmatch(rf"{product}:[A-Za-z]+", action)
        if product == "vod":
            assert statement["Resource"] == "*"  # VOD permissions depend on the operation alone
        else:
            own = f"{settings.oss_bucket}/{sts.key_prefix(settings, owner)}"
            assert statement["Resource"] == f"acs:oss:*:*:{own}*"
            assert "*" not in own
            assert "?" not in own

    @given(owner=OWNERS, settings=SETTINGS)
    @example(owner=HOSTILE, settings=LONGEST)
    def test_the_policy_holds_no_text_of_the_caller(
        self, name: str, owner: Owner, settings: Settings
    ) -> None:
        """Except for the digest in the prefix, the policy is the same for every caller."""
        policies = set()
        for someone in (owner, Owner("example", "alice")):
            text = sts.session_policy(PURPOSES[name], settings, someone)
            policies.add(text.replace(sts.key_prefix(settings, someone), "<prefix>"))
        assert len(policies) == 1


def test_a_policy_that_sts_would_refuse_is_never_sent() -> None:
    endless = replace(LONGEST, oss_prefix="p" * 2048 + "/")
    with pytest.raises(Misconfigured) as refusal:
        sts.session_policy(PURPOSES["oss-upload"], endless, HOSTILE)
    assert refusal.value.detail == "The session policy is too long for STS."
