"""What an instance remembers of its users, and what it forgets."""

from __future__ import annotations

from typing import Any

import pytest

from shared.limits import memory as module
from shared.limits.memory import Memory
from shared.limits.script import BUCKETS

ONE: dict[str, Any] = {"rates": [["plays_per_minute", 1, 60, 1]]}


def test_the_users_that_were_seen_last_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_USERS", 2)
    memory = Memory(lambda: 1_800_000_000.0)
    assert [memory.ask(user, ONE) for user in ("alice", "bob")] == ["new", "new"]
    assert memory.ask("alice", ONE).startswith("plays_per_minute ")
    assert memory.ask("carol", ONE) == "new", "bob is forgotten"
    assert memory.ask("alice", ONE).startswith("plays_per_minute ")
    assert memory.ask("bob", ONE) == "new"


def test_nothing_leads_to_an_upload_that_was_dropped() -> None:
    memory = Memory(lambda: 1_800_000_000.0)
    upload = {"slot": "s", "rates": [], "again": [], "refreshes": 2}
    assert memory.ask("alice", upload) == "new"
    assert memory.ask("alice", {"op": "link", "slot": "s", "video": "v"}) == "done"
    assert memory.ask("alice", {"op": "drop", "slot": "s"}) == "done"
    refresh = {"video": "v", "rates": [], "again": [], "refreshes": 2}
    assert [memory.ask("alice", refresh) for _ in range(2)] == ["again"] * 2
    assert memory.ask("alice", refresh).startswith("refreshes_per_video ")
    assert memory.ask("alice", upload) == "new"


def test_a_busy_user_takes_no_more_memory_than_a_rate_has_buckets() -> None:
    now = 1_800_000_000.0
    memory = Memory(lambda: now)
    question = {"rates": [["plays_per_minute", 1_000_000, 60, 1]]}
    for _ in range(400):
        assert memory.ask("alice", question) == "new"
        now += 0.25
    assert len(memory._users["alice"].rates["plays_per_minute"]) == BUCKETS + 1
