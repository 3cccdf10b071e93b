"""Every kept input, and changes of it: no parser breaks its promise."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.__main__ import changed, inputs
from tests.fuzz.targets import TARGETS

CHANGES = 400


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_the_corpus(name: str) -> None:
    known = [path.read_bytes() for path in inputs(name)]
    assert len(known) >= 5, "the corpus is committed"
    for data in (b"", b"\x00", b"\xff" * 8, b"[" * 100_000, b'{"a":' * 50_000, *known):
        TARGETS[name](data)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_changes_of_the_corpus(name: str) -> None:
    known = [path.read_bytes() for path in inputs(name)]
    chance = random.Random(7)  # noqa: S311
    for _ in range(CHANGES):
        TARGETS[name](changed(chance, chance.choice(known), known))


def test_a_broken_promise_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from shared.limits import resp

    monkeypatch.setattr(resp, "answer", lambda _, position: ("", position))
    with pytest.raises(AssertionError):
        TARGETS["store"](b"+OK\r\n")
