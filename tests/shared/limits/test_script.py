"""The script in a real Redis, and its twin in Python: one rule, and the same answers."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from local.limits_store import LimitsStore
from shared.limits.memory import Memory
from shared.limits.script import (
    FORGOTTEN_AT_ONCE,
    LIFE,
    LUA,
    MOST_UPLOADS,
    PERIODS,
    REMEMBERED,
    keys,
)

_CLOCK = "local now = time[1] + time[2] / 1000000"
_MOST = f">= {MOST_UPLOADS} then"
NOON = 1_800_000_000.25


class Clock:
    """A clock that a test sets. The script gets it in place of the server's."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


Ask = Callable[[dict[str, Any]], str]


def asker(client: redis.Redis, clock: Clock, user: str, most_uploads: int = MOST_UPLOADS) -> Ask:
    assert LUA.count(_CLOCK) == LUA.count(_MOST) == 1
    script = LUA.replace(_CLOCK, "local now = tonumber(ARGV[2])")
    script = script.replace(_MOST, f">= {most_uploads} then")

    def ask(question: dict[str, Any]) -> str:
        given = [*keys(user), json.dumps(question), f"{clock.now:.6f}"]
        answer = client.eval(script, 3, *given)
        assert isinstance(answer, bytes)
        return answer.decode()

    return ask


@pytest.fixture
def client(limits_store: LimitsStore) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(limits_store.url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["script", "memory"])
def ask(request: pytest.FixtureRequest, client: redis.Redis, clock: Clock) -> Ask:
    """Asks for one user, in the store or in the memory of an instance."""
    if request.param == "script":
        return asker(client, clock, "user")
    memory = Memory(clock)
    return lambda question: memory.ask("user", question)


def rates(name: str, most: int, cost: int = 1) -> dict[str, Any]:
    return {"rates": [[name, most, PERIODS[name], cost]]}


@pytest.mark.parametrize("name", sorted(PERIODS))
def test_a_rate_holds_in_every_period_and_names_the_wait(ask: Ask, clock: Clock, name: str) -> None:
    begun, most = [], 5
    for _ in range(400):
        answer = ask(rates(name, most))
        if answer == "new":
            begun.append(clock.now)
            clock.now += PERIODS[name] / 97
            continue
        word, seconds = answer.split()
        assert word == name
        assert 1 <= int(seconds) <= PERIODS[name] * 61 / 60 + 1
        # The wait is enough. It is rounded up to a second, and never two too long.
        clock.now += int(seconds)
    spans = [later - first for first, later in zip(begun, begun[most:], strict=False)]
    assert len(spans) > 100
    assert min(spans) >= PERIODS[name]
    assert max(spans) <= PERIODS[name] * 61 / 60 + 2


@pytest.mark.parametrize("name", sorted(PERIODS))
def test_an_event_counts_until_its_period_has_passed(ask: Ask, clock: Clock, name: str) -> None:
    """It counts for a 60th of the period longer at most: its bucket may have begun before it."""
    width = PERIODS[name] / 60
    clock.now = NOON // PERIODS[name] * PERIODS[name]
    begun = clock.now
    clock.now += 0.75 * width
    assert ask(rates(name, 1)) == "new"
    clock.now = begun + 60.875 * width
    assert ask(rates(name, 1)) == f"{name} {math.ceil(0.125 * width)}"
    clock.now = begun + 61 * width
    assert ask(rates(name, 1)) == "new"


@pytest.mark.parametrize(("cost", "seconds"), [(1, 30), (2, 50), (3, 60)])
def test_the_wait_ends_when_enough_events_count_no_more(
    ask: Ask, clock: Clock, cost: int, seconds: int
) -> None:
    clock.now = NOON // 60 * 60
    for pause in (20, 10, 1):
        assert ask(rates("plays_per_minute", 3)) == "new"
        clock.now += pause
    assert ask(rates("plays_per_minute", 3, cost)) == f"plays_per_minute {seconds}"


@pytest.mark.parametrize(
    ("periods", "answer"),
    [((60, 86400), "b 87840"), ((86400, 60), "a 87840"), ((60, 60), "a 61")],
)
def test_of_several_limits_the_one_with_the_longest_wait_is_named(
    ask: Ask, clock: Clock, periods: tuple[int, int], answer: str
) -> None:
    """Of two with the same wait, the first one."""
    clock.now = NOON // 86400 * 86400
    question = {"rates": [[name, 1, period, 1] for name, period in zip("ab", periods, strict=True)]}
    assert ask(question) == "new"
    assert ask(question) == answer


def test_a_clock_that_is_set_back_ends_no_count_early(ask: Ask, clock: Clock) -> None:
    clock.now = NOON // 60 * 60
    assert ask(rates("plays_per_minute", 2)) == "new"
    clock.now -= 10
    assert ask(rates("plays_per_minute", 2)) == "new"
    clock.now += 60
    assert ask(rates("plays_per_minute", 2)) == "plays_per_minute 11"


def test_what_is_refused_does_not_count(ask: Ask, clock: Clock) -> None:
    both = {"rates": [["uploads_per_minute", 1, 60, 1], ["uploads_per_day", 3, 86400, 1]]}
    assert ask(both) == "new"
    for _ in range(10):
        assert ask(both).startswith("uploads_per_minute ")
    for _ in range(2):
        clock.now += 61
        assert ask(both) == "new"
    clock.now += 61
    assert ask(both).startswith("uploads_per_day ")


def test_a_batch_counts_each(ask: Ask) -> None:
    assert ask(rates("plays_per_minute", 25, 20)) == "new"
    assert ask(rates("plays_per_minute", 25, 6)).startswith("plays_per_minute ")
    assert ask(rates("plays_per_minute", 25, 5)) == "new"
    assert ask(rates("plays_per_minute", 25, 1)).startswith("plays_per_minute ")


def upload(slot: str, **limits: int) -> dict[str, Any]:
    return {"slot": slot, "rates": [], "again": [], **limits}


def refresh(video: str, **limits: int) -> dict[str, Any]:
    return {"video": video, "rates": [], "again": [], **limits}


def test_an_upload_is_open_for_an_hour_after_its_last_credential(ask: Ask, clock: Clock) -> None:
    assert ask(upload("m1", open=2)) == "new"
    assert ask({"op": "link", "slot": "m1", "video": "v1"}) == "done"
    clock.now += 10
    assert ask(upload("m2", open=2)) == "new"
    assert ask(upload("m3", open=2)) == f"open_uploads {LIFE - 10}"
    clock.now += 3000
    assert ask(refresh("v1", open=2)) == "again"
    clock.now += LIFE - 3000
    assert ask(upload("m3", open=2)) == "new", "m2 has ended, v1 has a new credential"
    assert ask(upload("m4", open=2)).startswith("open_uploads ")


def test_an_open_upload_needs_no_room_for_its_refresh(ask: Ask, clock: Clock) -> None:
    assert ask(upload("m1", open=1)) == "new"
    assert ask({"op": "link", "slot": "m1", "video": "v1"}) == "done"
    assert ask(upload("m2", open=2)) == "new"
    clock.now += LIFE - 1
    assert ask(refresh("v1", open=1)) == "again"


def test_a_refresh_opens_an_ended_upload_again_only_if_there_is_room(
    ask: Ask, clock: Clock
) -> None:
    assert ask(upload("m1", open=1)) == "new"
    assert ask({"op": "link", "slot": "m1", "video": "v1"}) == "done"
    clock.now += LIFE
    assert ask(upload("m2", open=1)) == "new"
    assert ask(refresh("v1", open=1)) == f"open_uploads {LIFE}"
    assert ask(refresh("unknown", open=1)) == f"open_uploads {LIFE}"


def test_a_finished_upload_is_not_open_and_still_a_repeat(ask: Ask, clock: Clock) -> None:
    assert ask(upload("m1", open=1)) == "new"
    assert ask({"op": "link", "slot": "m1", "video": "v1"}) == "done"
    assert ask({"op": "end", "video": "v1"}) == "done"
    assert ask(upload("m2", open=1)) == "new"
    assert ask(upload("m1", open=1)).startswith("open_uploads ")
    assert ask(upload("m1", refreshes=1)) == "again"
    assert ask({"op": "end", "video": "nothing"}) == "done"


def test_an_upload_without_a_link_ends_and_is_renewed_by_its_video(ask: Ask, clock: Clock) -> None:
    """The link may be lost, or the upload may have begun before there were limits."""
    assert ask(refresh("v1", open=1)) == "again"
    clock.now += 600
    assert ask({"op": "touch", "video": "v1"}) == "done"
    assert ask(upload("m1", open=1)) == f"open_uploads {LIFE}"
    assert ask({"op": "end", "video": "v1"}) == "done"
    assert ask(upload("m1", open=1)) == "new"


def test_what_was_not_begun_is_forgotten(ask: Ask) -> None:
    assert ask(upload("m1", open=1)) == "new"
    assert ask({"op": "drop", "slot": "m1"}) == "done"
    assert ask(upload("m1", open=1)) == "new"


def test_what_a_repeat_may_have_begun_is_not_forgotten(ask: Ask) -> None:
    """Of two requests with one key at once, the first may fail, and the other one not."""
    assert [ask(upload("m1", open=1)) for _ in range(2)] == ["new", "again"]
    assert ask({"op": "drop", "slot": "m1"}) == "done"
    assert ask(upload("m2", open=1)) == f"open_uploads {LIFE}"
    assert ask(upload("m1", open=1)) == "again"


def test_the_refreshes_of_what_was_forgotten_are_forgotten_too(ask: Ask, clock: Clock) -> None:
    assert [ask(upload("m1", refreshes=1)) for _ in range(2)] == ["new", "again"]
    clock.now += REMEMBERED
    assert [ask(upload("m1", refreshes=1)) for _ in range(2)] == ["new", "again"]
    assert ask(upload("m1", refreshes=1)) == f"refreshes_per_video {REMEMBERED}"


def test_a_refresh_without_a_credential_leaves_an_upload_open_as_before(
    ask: Ask, clock: Clock
) -> None:
    assert ask(upload("m1", open=1)) == "new"
    assert ask({"op": "link", "slot": "m1", "video": "v1"}) == "done"
    for question, note in (
        (refresh("v1"), {"op": "back", "video": "v1"}),
        (upload("m1"), {"op": "back", "slot": "m1"}),
    ):
        clock.now += 600.5
        assert ask(question) == "again"
        assert ask(note) == "done"
    assert ask(upload("m2", open=1)) == f"open_uploads {LIFE - 1201}"
    clock.now += LIFE - 1201
    assert ask(upload("m2", open=1)) == "new"


def test_a_refresh_of_no_upload_opens_none_and_counts(ask: Ask, clock: Clock) -> None:
    for _ in range(2):
        assert ask(refresh("v1", open=1, refreshes=2)) == "again"
        assert ask({"op": "back", "video": "v1"}) == "done"
        assert ask(upload(f"m{clock.now}", open=1)) == "new"
        clock.now += LIFE
    assert ask(refresh("v1", refreshes=2)).startswith("refreshes_per_video ")
    assert ask({"op": "back", "video": "unknown"}) == "done"
    assert ask({"op": "back", "slot": "unknown"}) == "done"


def test_a_finished_upload_stays_finished_after_a_repeat_without_a_credential(ask: Ask) -> None:
    assert ask(upload("m1", open=1)) == "new"
    assert ask({"op": "end", "slot": "m1"}) == "done"
    assert ask(upload("m1", open=1)) == "again"
    assert ask({"op": "back", "slot": "m1"}) == "done"
    assert ask(upload("m2", open=1)) == "new"


def test_a_note_that_comes_late_does_not_undo_an_end(ask: Ask, clock: Clock) -> None:
    assert ask(upload("m1", open=1)) == "new"
    assert ask(upload("m1", open=1)) == "again"
    assert ask({"op": "end", "slot": "m1"}) == "done"
    assert ask({"op": "back", "slot": "m1"}) == "done"
    assert ask(upload("m2", open=1)) == "new"


def test_uploads_that_were_linked_to_one_video_are_both_forgotten(ask: Ask) -> None:
    for slot in ("m1", "m2"):
        assert ask(upload(slot)) == "new"
        assert ask({"op": "link", "slot": slot, "video": "v1"}) == "done"
    for slot in ("m1", "m2"):
        assert ask({"op": "drop", "slot": slot}) == "done"
        assert ask(upload(slot)) == "new"


def test_refreshes_by_id_and_repeats_by_key_are_of_one_video(ask: Ask, clock: Clock) -> None:
    assert ask(upload("m1", refreshes=2)) == "new"
    assert ask({"op": "link", "slot": "m1", "video": "v1"}) == "done"
    assert ask(upload("m1", refreshes=2)) == "again"
    assert ask(refresh("v1", refreshes=2)) == "again"
    clock.now += 50
    assert ask(refresh("v1", refreshes=2)) == f"refreshes_per_video {REMEMBERED - 50}"
    assert ask(upload("m1", refreshes=2)) == f"refreshes_per_video {REMEMBERED - 50}"
    assert ask(refresh("v2", refreshes=2)) == "again"
    clock.now += REMEMBERED - 50
    assert ask(refresh("v1", refreshes=2)) == "again"


def test_a_late_link_joins_what_was_counted_under_both_names(ask: Ask) -> None:
    assert ask(refresh("v1", refreshes=9)) == "again"
    assert ask(upload("m1", refreshes=9)) == "new"
    assert ask({"op": "link", "slot": "m1", "video": "v1"}) == "done"
    assert ask(refresh("v1", refreshes=2)) == "again"
    assert ask(refresh("v1", refreshes=2)).startswith("refreshes_per_video ")
    assert ask(upload("m2", open=2)) == "new"


def test_a_link_adds_what_was_counted_under_both_names(ask: Ask) -> None:
    assert [ask(upload("m1")) for _ in range(3)] == ["new", "again", "again"]
    assert ask(refresh("v1")) == "again"
    assert ask({"op": "link", "slot": "m1", "video": "v1"}) == "done"
    assert ask(refresh("v1", refreshes=3)).startswith("refreshes_per_video ")
    assert ask(refresh("v1", refreshes=4)) == "again"


def test_a_link_of_what_is_not_known_leads_nowhere(ask: Ask) -> None:
    assert ask({"op": "link", "slot": "m1", "video": "v1"}) == "done"
    assert ask(refresh("v1")) == "again"
    assert ask(upload("m1")) == "new"
    assert ask({"op": "link", "slot": "m1", "video": "m1"}) == "done"
    assert ask(upload("m1")) == "again", "it is still known"


def test_a_renewal_by_watch_keeps_an_upload_open(ask: Ask, clock: Clock) -> None:
    assert ask(upload("m1", open=1)) == "new"
    assert ask({"op": "link", "slot": "m1", "video": "v1"}) == "done"
    clock.now += 2400
    assert ask({"op": "touch", "video": "v1"}) == "done"
    clock.now += LIFE - 1
    assert ask(upload("m2", open=1)) == "open_uploads 1"
    assert ask({"op": "touch", "video": "unknown"}) == "done"
    clock.now += 1
    assert ask(upload("m2", open=1)) == "new"


def test_a_busy_user_leaves_no_more_than_a_day(client: redis.Redis, clock: Clock) -> None:
    ask = asker(client, clock, "user")
    for number in range(300):
        assert ask(upload(f"m{number}", open=9)) == "new"
        assert ask({"op": "link", "slot": f"m{number}", "video": f"v{number}"}) == "done"
        assert ask(refresh(f"v{number}")) == "again"
        clock.now += 3600
    rates_key, uploads, videos = keys("user")
    assert client.zcard(uploads) <= 25
    assert client.hlen(videos) <= 4 * 25
    for key in (uploads, videos):
        assert 0 < client.ttl(key) <= 90_000
    assert client.exists(rates_key) == 0


@pytest.mark.parametrize("limits", [{"refreshes": 9}, {"open": 2}])
def test_made_up_videos_fill_neither_the_store_nor_an_instance(
    client: redis.Redis, clock: Clock, monkeypatch: pytest.MonkeyPatch, limits: dict[str, int]
) -> None:
    monkeypatch.setattr("shared.limits.memory.MOST_UPLOADS", 250)
    script, memory = asker(client, clock, "user", 250), Memory(clock)
    for number in range(1000):
        for question in (refresh(f"v{number}", **limits), {"op": "back", "video": f"v{number}"}):
            assert script(question) == memory.ask("user", question)
        clock.now += 1
    _, uploads, videos = keys("user")
    assert 250 - FORGOTTEN_AT_ONCE <= client.zcard(uploads) <= 250
    assert client.hlen(videos) <= 2 * 250
    assert len(memory._users["user"].slots) == client.zcard(uploads)
    assert len(memory._users["user"].counts) <= 250
    assert len(memory._users["user"].before) <= 250


def test_made_up_videos_close_no_upload(
    client: redis.Redis, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.limits.memory.MOST_UPLOADS", 3)
    memory = Memory(clock)
    for ask in (asker(client, clock, "user", 3), lambda asked: memory.ask("user", asked)):
        for slot in ("m1", "m2", "m3"):
            assert ask(upload(slot, open=3)) == "new"
        clock.now += 1
        for number in range(9):
            # With room for itself, as where the claim narrows the limit later.
            assert ask(refresh(f"v{number}", open=4)) == "again"
            assert ask({"op": "back", "video": f"v{number}"}) == "done"
            clock.now += 1
        assert ask(upload("m4", open=3)) == f"open_uploads {LIFE - 10}"
        assert ask(upload("m1", open=3)) == "again"


def test_every_key_expires(client: redis.Redis, clock: Clock) -> None:
    ask = asker(client, clock, "user")
    question = upload("m1", open=3, refreshes=3)
    question["rates"] = rates("uploads_per_day", 9)["rates"]
    ask(question)
    assert sorted(client.keys()) == sorted(
        key.encode() for key in keys("user") if "videos" not in key
    )
    ask(refresh("v", refreshes=3))
    found = client.keys()
    assert len(found) == 3
    assert all(0 < client.ttl(key) <= 90_000 for key in found)


SLOTS = st.sampled_from(["m1", "m2", "m3", "v1", "v2"])
VIDEOS = st.sampled_from(["v1", "v2", "v3", "m1"])
MOST = st.integers(1, 4)


def one_rate(name: str) -> st.SearchStrategy[list[list[Any]]]:
    return st.one_of(
        st.just([]),
        st.tuples(MOST, st.integers(1, 2)).map(
            lambda pair: [[name, pair[0] + 1, PERIODS[name], pair[1]]]
        ),
    )


OPEN = st.fixed_dictionaries({}, optional={"open": MOST, "refreshes": MOST})


class SameAnswers(RuleBasedStateMachine):
    """Both count the same, whatever is asked and however time passes."""

    client: redis.Redis
    most_uploads: int

    def __init__(self) -> None:
        super().__init__()
        self.client.flushall()
        self.clock = Clock()
        self.script = asker(self.client, self.clock, "user", self.most_uploads)
        self.memory = Memory(self.clock)

    def both(self, question: dict[str, Any]) -> None:
        assert self.script(question) == self.memory.ask("user", question)

    @rule(seconds=st.sampled_from([0.001, 0.5, 7.0, 59.0, 61.0, 1440.0, 3550.0, 3600.0, 40_000.0]))
    def pass_time(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(
        slot=SLOTS, limits=OPEN, new=one_rate("uploads_per_day"), again=one_rate("plays_per_minute")
    )
    def upload(self, slot: str, limits: dict[str, int], new: Any, again: Any) -> None:
        self.both({"slot": slot, "rates": new, "again": again, **limits})

    @rule(video=VIDEOS, limits=OPEN, again=one_rate("refreshes_per_minute"))
    def refresh(self, video: str, limits: dict[str, int], again: Any) -> None:
        self.both({"video": video, "rates": [], "again": again, **limits})

    @rule(listed=one_rate("sts_per_hour"))
    def token(self, listed: Any) -> None:
        self.both({"rates": listed})

    @rule(slot=SLOTS, video=VIDEOS)
    def link(self, slot: str, video: str) -> None:
        self.both({"op": "link", "slot": slot, "video": video})

    @rule(op=st.sampled_from(["end", "back", "touch"]), video=VIDEOS)
    def note(self, op: str, video: str) -> None:
        self.both({"op": op, "video": video})

    @rule(op=st.sampled_from(["end", "back", "drop"]), slot=SLOTS)
    def note_slot(self, op: str, slot: str) -> None:
        self.both({"op": op, "slot": slot})

    @invariant()
    def both_know_the_same_uploads(self) -> None:
        known = self.memory._users.get("user")
        assert self.client.zcard(keys("user")[1]) == (len(known.slots) if known else 0)


@pytest.mark.parametrize("most_uploads", [3, MOST_UPLOADS])
def test_the_store_and_an_instance_give_the_same_answers(
    client: redis.Redis, monkeypatch: pytest.MonkeyPatch, most_uploads: int
) -> None:
    monkeypatch.setattr("shared.limits.memory.MOST_UPLOADS", most_uploads)
    machine = type("Machine", (SameAnswers,), {"client": client, "most_uploads": most_uploads})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=60, stateful_step_count=40, deadline=None)
    )
