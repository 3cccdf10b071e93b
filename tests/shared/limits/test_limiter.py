"""What an instance counts and asks of the store, and what it does while the store is away."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shared.auth.caller import Caller
from shared.auth.ownership import Owner
from shared.config.settings import Settings
from shared.errors import Unavailable
from shared.limits import limiter as module
from shared.limits.limiter import Limiter, LimitReached
from shared.limits.store import Store, StoreAway

URL = "redis://:word@127.0.0.1:6379/0"
OWN = {
    "uploads_per_minute": 2,
    "uploads_per_day": 3,
    "open_uploads": 5,
    "refreshes_per_minute": 6,
    "refreshes_per_video": 7,
    "plays_per_minute": 4,
    "sts_per_hour": 1,
}
PHRASES = {
    "uploads_per_minute": "Uploads that you begin: at most {} a minute.",
    "uploads_per_day": "Uploads that you begin: at most {} a day.",
    "open_uploads": "Uploads open at once: at most {}. One ends when its file has arrived.",
    "refreshes_per_minute": "Refreshes: at most {} a minute.",
    "refreshes_per_video": "Refreshes of one upload: at most {}. Begin a new upload.",
    "plays_per_minute": "Videos to play: at most {} a minute.",
    "sts_per_hour": "STS tokens: at most {} an hour.",
}
ALICE = Owner("example", "alice")
VIDEO_ID = "5b1c7e90d2a84f36ae0d9c41f7b86235"
ANOTHER_ID = "0123456789abcdef0123456789abcdef"


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    shown = SimpleNamespace(**{**vars(time), "time": clock.time, "monotonic": clock.time})
    monkeypatch.setattr(module, "time", shown)
    return clock


class FakeStore:
    """Gives prepared answers, one for each question; the last one again and again."""

    def __init__(self, clock: Clock) -> None:
        self.answers: list[Any] = ["new"]
        self.user = ""
        self.asked: list[tuple[Sequence[str], dict[str, Any], float, Sequence[Any]]] = []
        self.got: list[tuple[str, float]] = []
        self.took = 0.0
        self._clock = clock

    def say(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked.clear()

    def ask(
        self,
        keys: Sequence[str],
        question: Mapping[str, Any],
        budget: float,
        beside: Sequence[Any] = (),
    ) -> str:
        self.asked.append((keys, json.loads(json.dumps(question)), budget, beside))
        self._clock.now += self.took
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    def get(self, key: str, budget: float) -> str:
        self.got.append((key, budget))
        self._clock.now += self.took
        if isinstance(self.answers[0], Exception):
            raise self.answers[0]
        return self.user


Made = tuple[Limiter, FakeStore]
Make = Callable[..., Made]


@pytest.fixture
def make(clock: Clock) -> Make:
    def make(own: Mapping[str, int] = OWN, away: str = "count", alias: str = "example") -> Made:
        settings = Settings(
            issuer_alias=alias,
            limits=own,
            limits_url=URL,
            limits_away=away,
            limits_budget=250,
        )
        limiter, store = Limiter(settings), FakeStore(clock)
        assert isinstance(limiter._store, Store)
        limiter._store = cast("Store", store)
        return limiter, store

    return make


def caller(subject: str = "alice", **limits: int) -> Caller:
    return Caller(Owner("example", subject), frozenset(), limits=limits)


def alone(own: Mapping[str, int]) -> Limiter:
    """A deployment without a store."""
    return Limiter(Settings(issuer_alias="example", limits=own))


Count = Callable[[Limiter, Caller], object]
COUNTED: list[tuple[str, Count]] = [
    ("uploads_per_minute", lambda limiter, who: limiter.count_upload(who, str(time.time_ns()))),
    ("uploads_per_day", lambda limiter, who: limiter.count_upload(who, str(time.time_ns()))),
    ("open_uploads", lambda limiter, who: limiter.count_upload(who, str(time.time_ns()))),
    ("refreshes_per_minute", lambda limiter, who: limiter.count_refresh(who, VIDEO_ID)),
    ("refreshes_per_video", lambda limiter, who: limiter.count_refresh(who, VIDEO_ID)),
    ("plays_per_minute", lambda limiter, who: limiter.count_plays(who, 1)),
    ("sts_per_hour", lambda limiter, who: limiter.count_sts_token(who)),
]


@pytest.mark.parametrize(("name", "count"), COUNTED)
@pytest.mark.parametrize("claimed", [False, True])
def test_each_limit_refuses_what_is_over_it_to_this_user_alone(
    name: str, count: Count, claimed: bool
) -> None:
    """Whether the deployment sets it or the token, which may only narrow it."""
    limiter = alone({name: 5} if claimed else {name: 2})
    who = Caller(ALICE, frozenset(), limits={name: 2 if claimed else 9})
    for _ in range(2):
        count(limiter, who)
    with pytest.raises(LimitReached) as raised:
        count(limiter, who)
    refusal = raised.value
    assert refusal.limit == refusal.members["Limit"] == name
    assert (refusal.status, refusal.code) == (429, "Throttled")
    assert refusal.detail == PHRASES[name].format(2)
    assert int(refusal.headers["Retry-After"]) >= 1
    assert refusal.effect == "none"
    count(limiter, caller("bob", **dict(who.limits)))


def test_what_has_no_limit_is_not_counted(make: Make) -> None:
    limiter, store = make({})
    assert limiter.count_upload(caller(), "slot")
    limiter.count_refresh(caller(), VIDEO_ID)
    limiter.count_plays(caller(), 1000)
    limiter.count_sts_token(caller())
    limiter.note_issued(caller(), "slot", VIDEO_ID)
    assert store.asked == []


def test_more_videos_at_once_than_the_limit_are_refused_unasked(make: Make) -> None:
    limiter, store = make()
    with pytest.raises(LimitReached) as raised:
        limiter.count_plays(caller(), 5)
    assert raised.value.limit == "plays_per_minute"
    assert raised.value.detail == PHRASES["plays_per_minute"].format(4)
    assert raised.value.headers == {"Retry-After": "60"}
    assert store.asked == []
    limiter.count_plays(caller(), 4)


RATES = {
    "rates": [["uploads_per_minute", 2, 60, 1], ["uploads_per_day", 3, 86400, 1]],
    "again": [["refreshes_per_minute", 6, 60, 1]],
    "open": 5,
    "refreshes": 7,
}


def test_the_store_is_asked_with_the_limits_that_count(make: Make) -> None:
    limiter, store = make()
    assert limiter.count_upload(caller(), "slot")
    store.answers = ["again"]
    assert not limiter.count_upload(caller(), "slot")
    limiter.count_refresh(caller(), VIDEO_ID)
    limiter.count_plays(caller(plays_per_minute=3), 2)
    limiter.count_sts_token(caller())
    questions = [question for _, question, _, _ in store.asked]
    slot, video = questions[0].pop("slot"), questions[2].pop("video")
    assert questions[1].pop("slot") == slot != video
    assert questions == [
        RATES,
        RATES,
        RATES,
        {"rates": [["plays_per_minute", 3, 60, 2]]},
        {"rates": [["sts_per_hour", 1, 3600, 1]]},
    ]
    assert {tuple(keys) for keys, _, _, _ in store.asked} == {tuple(store.asked[0][0])}
    assert limiter.store_fault == ""


def test_neither_users_nor_videos_can_be_read_in_the_store(make: Make) -> None:
    def everything(alias: str = "example") -> str:
        limiter, store = make(alias=alias)
        limiter.count_upload(caller(), "slot")
        limiter.count_refresh(caller(), VIDEO_ID)
        store.say("done")
        limiter.note_issued(caller(), "slot", VIDEO_ID)
        limiter.note_withdrawn(caller(), "slot")
        limiter.note_not_issued(caller(), video_id=VIDEO_ID)
        limiter.note_finished(caller(), video_id=VIDEO_ID)
        limiter.note_renewed("alice", VIDEO_ID)
        limiter.note_arrived(VIDEO_ID)
        return repr((store.asked, store.got))

    said = everything()
    for secret in ("alice", "slot'", '"slot"', VIDEO_ID, "word"):
        assert secret not in said.replace("'slot':", "")
    for guess in ("alice", VIDEO_ID):
        for kind in (hashlib.sha256, hashlib.sha1, hashlib.md5):
            assert kind(guess.encode()).hexdigest()[:32] not in said
    assert everything() == said
    assert everything("other") != said, "two deployments may share a store"


def test_a_release_finds_what_the_one_before_it_counted(make: Make) -> None:
    """Both run while a release replaces the other. Counts apart would let a user have twice as
    much."""
    limiter, store = make()
    limiter.count_upload(caller(), "slot")
    limiter.note_arrived(VIDEO_ID)
    [(counted, question, _, _)] = store.asked
    user = "16ea30da091e59c7a0c9f7054eb41cf0"
    assert counted == (
        f"vodpass:{{{user}}}:rates",
        f"vodpass:{{{user}}}:uploads",
        f"vodpass:{{{user}}}:videos",
    )
    assert question["slot"] == "96a002534ec3293328ff586a9ba3c800"
    assert store.got[0][0] == "vodpass:media:e3e64fb10381a5009d69de17c869c129"


def test_the_notes_of_an_upload_name_what_was_counted(make: Make) -> None:
    limiter, store = make()
    limiter.count_upload(caller(), "slot")
    limiter.count_refresh(caller(), VIDEO_ID)
    [user, slot, video] = [
        store.asked[0][0],
        store.asked[0][1]["slot"],
        store.asked[1][1]["video"],
    ]
    store.say("done")
    limiter.note_issued(caller(), "slot", VIDEO_ID)
    limiter.note_withdrawn(caller(), "slot")
    limiter.note_not_issued(caller(), slot="slot")
    limiter.note_not_issued(caller(), video_id=VIDEO_ID)
    limiter.note_finished(caller(), slot="slot")
    limiter.note_finished(caller(), video_id=VIDEO_ID)
    limiter.note_renewed("alice", VIDEO_ID)
    assert [question for _, question, _, _ in store.asked] == [
        {"op": "link", "slot": slot, "video": video},
        {"op": "drop", "slot": slot},
        {"op": "back", "slot": slot},
        {"op": "back", "video": video},
        {"op": "end", "slot": slot},
        {"op": "end", "video": video},
        {"op": "touch", "video": video},
    ]
    assert {tuple(keys) for keys, _, _, _ in store.asked} == {tuple(user)}
    name = user[0].partition("{")[2].partition("}")[0]
    assert store.asked[0][3] == [["SET", f"vodpass:media:{video}", name, "EX", "86400"]]
    assert [list(beside) for _, _, _, beside in store.asked[1:]] == [[]] * 6
    store.say("done")
    store.user = name
    store.took = 0.125
    limiter.note_arrived(VIDEO_ID)
    assert store.got == [(f"vodpass:media:{video}", 0.25)]
    assert [(tuple(asked[0]), *asked[1:3]) for asked in store.asked] == [
        (tuple(user), {"op": "end", "video": video}, 0.125)
    ]


def test_a_medium_that_nobody_counted_ends_nothing(make: Make) -> None:
    limiter, store = make()
    limiter.note_arrived(VIDEO_ID)
    assert len(store.got) == 1
    assert store.asked == []
    alone(OWN).note_arrived(VIDEO_ID)


def test_notes_also_count_in_the_instance(clock: Clock) -> None:
    """There they serve while the store is away, and in a deployment without one."""
    limiter = alone({"open_uploads": 1})
    limiter.count_upload(caller(), "one")
    with pytest.raises(LimitReached):
        limiter.count_upload(caller(), "two")
    limiter.note_withdrawn(caller(), "one")
    limiter.count_upload(caller(), "two")
    limiter.note_issued(caller(), "two", VIDEO_ID)
    limiter.note_finished(caller(), video_id=VIDEO_ID)
    limiter.count_upload(caller(), "three")
    limiter.note_finished(caller(), slot="three")
    limiter.count_refresh(caller(), ANOTHER_ID)
    limiter.note_not_issued(caller(), video_id=ANOTHER_ID)
    limiter.count_upload(caller(), "four")
    with pytest.raises(LimitReached):
        limiter.count_upload(caller(), "five")


@pytest.mark.parametrize(
    ("answer", "limit", "most", "seconds"),
    [
        ("uploads_per_day 86400", "uploads_per_day", 3, "86400"),
        ("open_uploads 17", "open_uploads", 5, "17"),
        ("refreshes_per_video 0", "refreshes_per_video", 7, "1"),
    ],
)
def test_the_store_says_which_limit_and_how_long(
    make: Make, answer: str, limit: str, most: int, seconds: str
) -> None:
    limiter, store = make()
    store.say(answer)
    with pytest.raises(LimitReached) as raised:
        limiter.count_upload(caller(), "slot")
    assert (raised.value.limit, raised.value.headers) == (limit, {"Retry-After": seconds})
    assert raised.value.detail == PHRASES[limit].format(most)


AWAY: list[tuple[Any, str]] = [
    (StoreAway("time"), "time"),
    (StoreAway("password"), "password"),
    *((odd, "answer") for odd in ("done", "", "OK", "limit 5")),
    *((f"open_uploads{odd}", "answer") for odd in ("", " ", " x", " 1 2", " -1", " ²")),
    ("open_uploads " + "9" * 5000, "answer"),
]


def test_a_store_cannot_name_a_limit_that_the_caller_does_not_have(make: Make) -> None:
    limiter, store = make({"plays_per_minute": 5})
    store.say("open_uploads 9")
    limiter.count_plays(caller(), 1)
    assert limiter.store_fault == "answer"


@pytest.mark.parametrize(("answer", "word"), AWAY)
def test_a_deployment_may_refuse_while_the_store_is_away(
    make: Make, clock: Clock, answer: Any, word: str
) -> None:
    limiter, store = make(away="refuse")
    store.say(answer)
    with pytest.raises(Unavailable) as raised:
        limiter.count_upload(caller(), "slot")
    assert (raised.value.status, raised.value.effect) == (503, "none")
    assert raised.value.detail == "The limits of users cannot be checked for the moment."
    assert limiter.store_fault == word
    limiter.begin_request()
    assert limiter.store_fault == ""
    with pytest.raises(Unavailable):
        limiter.count_upload(caller(), "slot")
    assert limiter.store_fault == "pause", "not every request waits for it"
    assert len(store.asked) == 1
    clock.now += 1.001
    store.answers = ["new"]
    limiter.begin_request()
    assert limiter.count_upload(caller(), "slot")
    assert limiter.store_fault == ""


def test_else_the_instance_counts_meanwhile(make: Make, clock: Clock) -> None:
    limiter, store = make()
    store.say(StoreAway("time"))
    for _ in range(2):
        assert limiter.count_upload(caller(), f"slot-{clock.now}")
        clock.now += 2
    with pytest.raises(LimitReached) as raised:
        limiter.count_upload(caller(), "slot")
    assert raised.value.limit == "uploads_per_minute"
    assert len(store.asked) == 3
    assert limiter.count_upload(caller("bob"), "slot"), "each user has limits of their own here too"


@pytest.mark.parametrize(("seconds", "asks"), [(0.0, 1), (0.999, 1), (1.0, 2), (-3600.0, 2)])
def test_the_store_is_left_alone_for_a_second(
    make: Make, clock: Clock, seconds: float, asks: int
) -> None:
    """Also if the instance's clock is set back meanwhile."""
    limiter, store = make()
    store.say(StoreAway("time"))
    limiter.count_sts_token(caller("carol"))
    clock.now += seconds
    limiter.count_plays(caller(), 1)
    assert len(store.asked) == asks


def test_a_request_asks_the_store_within_one_budget(make: Make, clock: Clock) -> None:
    limiter, store = make()
    store.took = 0.125
    limiter.count_refresh(caller(), VIDEO_ID)
    limiter.count_plays(caller(), 1)
    assert [budget for _, _, budget, _ in store.asked] == [0.25, 0.125]
    store.say("done")
    limiter.note_withdrawn(caller(), "slot")
    assert store.asked == [], "there is no budget left for a note"
    limiter.begin_request()
    limiter.note_withdrawn(caller(), "slot")
    assert [budget for _, _, budget, _ in store.asked] == [0.25]


NOTES: list[Callable[[Limiter], None]] = [
    lambda limiter: limiter.note_issued(caller(), "slot", VIDEO_ID),
    lambda limiter: limiter.note_withdrawn(caller(), "slot"),
    lambda limiter: limiter.note_not_issued(caller(), slot="slot"),
    lambda limiter: limiter.note_finished(caller(), slot="slot"),
    lambda limiter: limiter.note_renewed("alice", VIDEO_ID),
    lambda limiter: limiter.note_arrived(VIDEO_ID),
]


@pytest.mark.parametrize("note", NOTES)
@pytest.mark.parametrize("answer", [StoreAway("time"), "new"])
def test_a_note_that_is_lost_harms_no_request(
    make: Make, note: Callable[[Limiter], None], answer: Any
) -> None:
    limiter, store = make(away="refuse")
    store.say(answer)
    note(limiter)
    if not isinstance(answer, Exception) and not store.asked:
        return  # note_arrived() found no user
    assert limiter.store_fault == ("answer" if answer == "new" else "time")
    asked = len(store.asked) + len(store.got)
    note(limiter)
    assert len(store.asked) + len(store.got) == asked, "the store is away for a second"
