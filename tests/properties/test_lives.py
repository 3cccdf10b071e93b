"""The life of uploads of two users, in any order of events: what never and what always happens.

- Nobody gets a credential for somebody else's video, and a credential opens one object for ever.
- Nobody gets an upload credential after the file has arrived.
- One Idempotency-Key leads to one video.
- Every upload that ended is announced under exactly one id, and no other upload is: in whatever
  order VOD's callbacks come, and however often.
- Clean-up deletes every abandoned upload, once it was announced. It never deletes a stranger's, a
  complete one, one with a credential that may live, or one that was promised a longer window.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    multiple,
    rule,
    run_state_machine_as_test,
)

from fakealiyun.vod.callbacks.configuration import ALL, MessageCallback
from shared.alibaba.vod.records import CREDENTIAL_ENDED
from tests.functions.roles.grants import give_everything
from tests.properties import strangers
from tests.support.road import FILM, WINDOW, Road, Upload
from tests.support.waiting import wait_for

# What a clean-up waits for after the window: the last credential, and a write that it began.
DUE = WINDOW + CREDENTIAL_ENDED + 600
USERS = st.sampled_from(["alice", "bob"])
EXAMPLES, STEPS = 6, 14


@dataclass
class Life:
    """What the model knows of a video. ``begun`` and ``issued`` are in cloud time."""

    owner: str
    upload: Upload
    key: str | None
    begun: float
    issued: float
    state: str = "open"


class Lives(RuleBasedStateMachine):
    """Rules are what users, VOD and the operator do."""

    road: Road
    videos: Bundle[Life] = Bundle("videos")

    def __init__(self) -> None:
        super().__init__()
        road = self.road
        road.settle()
        road.stack.cloud.reset()
        road.settle()
        road.receiver.clear()
        give_everything(road.stack.cloud, "vodpass-watch")
        self.post = road.stack.cloud.queues.queue("post")
        self.post.clear()
        road.stack.cloud.vod.callbacks.configure(
            MessageCallback(
                road.stack.cloud.app_id,
                "MNS",
                ALL,
                mns_endpoint=road.stack.cloud.queues.endpoint,
                mns_queue_name=self.post.name,
            )
        )
        self.callbacks: list[str] = []
        self.strangers: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self.known: list[Life] = []

    @property
    def now(self) -> float:
        return self.road.stack.cloud.clock.now()

    def ask(
        self, user: str, method: str, target: str, body: Any = None, key: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        json_type = {"Content-Type": "application/json"}
        if user not in self.tokens:
            given = json.dumps({"sub": user}).encode()
            _, told = self.road.call("POST", "/_local/token", given, json_type)
            self.tokens[user] = json.loads(told)["token"]
        headers = {**json_type, "Authorization": f"Bearer {self.tokens[user]}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        raw = b"" if body is None else json.dumps(body).encode()
        status, answer = self.road.call(method, target, raw, headers)
        return status, json.loads(answer)

    @rule(target=videos, user=USERS, key=st.sampled_from([None, "k1", "k2"]))
    def begin(self, user: str, key: str | None) -> Any:
        known = [
            one for one in self.known if key is not None and (one.owner, one.key) == (user, key)
        ]
        body = {"FileName": "film.mp4", "FileSize": len(FILM)}
        status, answer = self.ask(user, "POST", "/upload", body, key)
        if not known:
            assert status == 200, answer
            life = Life(user, Upload.of(answer), key, self.now, self.now)
            assert life.upload.video_id not in {one.upload.video_id for one in self.known}
            self.known.append(life)
            return life
        [life] = known
        self.expect_credential(life, status, answer, spent="IdempotencyKeySpent")
        return multiple()

    @rule(user=USERS, life=videos)
    def refresh(self, user: str, life: Life) -> None:
        status, answer = self.ask(user, "POST", "/refresh", {"VideoId": life.upload.video_id})
        if user != life.owner:
            assert (status, answer["Code"]) == (404, "VideoNotFound")
            return
        self.expect_credential(life, status, answer, spent="VideoNotFound")

    def expect_credential(
        self, life: Life, status: int, answer: dict[str, Any], *, spent: str
    ) -> None:
        """Checks an answer that may carry a credential for a known video of its owner."""
        if status == 200:
            assert life.state == "open", "a credential for an upload that has ended"
            assert self.now - life.begun <= WINDOW + 1
            issued = Upload.of(answer)
            assert issued.video_id == life.upload.video_id
            assert issued.address == life.upload.address, "another object"
            life.upload, life.issued = issued, self.now
            return
        allowed = {"open": {"UploadWindowClosed"}, "done": {"UploadFinished"}, "deleted": {spent}}
        assert answer["Code"] in allowed[life.state], answer
        if life.state == "open":
            assert self.now - life.begun > WINDOW - 1

    @rule(life=videos)
    def upload(self, life: Life) -> None:
        """The client sends the file, if its credential still lives."""
        if life.state != "open" or self.now - life.issued > 3000:
            return
        self.road.finish(life.upload)
        life.state = "done"

    @rule(user=USERS, life=videos)
    def play(self, user: str, life: Life) -> None:
        self.road.settle()
        status, answer = self.ask(user, "GET", f"/play?VideoId={life.upload.video_id}")
        if user != life.owner or life.state == "deleted":
            assert (status, answer["Code"]) == (404, "VideoNotFound")
        elif life.state == "done":
            assert status == 200, answer
            assert answer["VideoMeta"]["VideoId"] == life.upload.video_id
        else:
            assert (status, answer["Code"]) == (409, "VideoNotReady")

    @rule(kind=st.sampled_from(strangers.KINDS))
    def somebody_else_begins(self, kind: str) -> None:
        self.strangers[strangers.begin(self.road, kind)] = kind

    @rule(number=st.integers(0, 9), by=st.sampled_from(["queue", "http"]))
    def a_callback_comes(self, number: int, by: str) -> None:
        """Any of VOD's callbacks so far, also one that has come before."""
        self.collect()
        if not self.callbacks:
            return
        body = self.callbacks[number % len(self.callbacks)]
        if by == "queue":
            self.road.queue.send(body)
        else:
            self.road.callback(json.loads(body))

    def collect(self) -> None:
        """Takes the callbacks that VOD has sent. None reaches the functions by itself."""
        self.road.stack.cloud.vod.callbacks.settle()
        while message := self.post.receive():
            self.callbacks.append(message.body)
            self.post.delete(message.id)

    @rule(life=consumes(videos))
    def delete(self, life: Life) -> None:
        """The operator deletes the video, once its events are out."""
        self.settle(life)
        self.road.stack.cloud.vod.library.delete([life.upload.video_id])
        life.state = "deleted"

    @rule(seconds=st.sampled_from([300, 3100, 4000]))
    def time_passes(self, seconds: int) -> None:
        """The timer starts watch, which also cleans up."""
        self.road.ticks(1, seconds)
        self.cleaned_up()

    @rule()
    def hours_pass(self) -> None:
        for _ in range(3):
            self.time_passes(4000)

    @rule()
    def watch_runs_twice(self) -> None:
        for _ in range(2):
            # An instance that rested for hours has an expired role credential, and ends.
            assert any(self.road.watch().error_type is None for _ in range(4))
        self.cleaned_up()
        for life in self.known:
            assert life.state != "open" or self.now - life.begun < DUE + 60, "it was due"

    def cleaned_up(self) -> None:
        """Notes what a clean-up has deleted, and checks that it was allowed to."""
        left = {media.video_id for media in self.road.stack.cloud.vod.library.all()}
        for life in self.known:
            video_id, age = life.upload.video_id, self.now - life.begun
            if life.state == "done":
                assert video_id in left, "a complete upload was deleted"
            elif life.state == "open" and video_id not in left:
                assert age > DUE - 1, "it was not due"
                assert self.now - life.issued > CREDENTIAL_ENDED, "its credential may live"
                assert len(self.road.receiver.ids(video_id, "upload.abandoned")) == 1
                life.state = "deleted"
        assert self.strangers.keys() <= left, "a stranger's video was deleted"

    def settle(self, life: Life) -> None:
        """Waits for the events of a video, and checks that they are the right ones."""
        self.collect()
        for body in self.callbacks:
            if json.loads(body).get("VideoId") == life.upload.video_id:
                self.road.queue.send(body)
        wait_for(lambda: not self.road.queue.messages, "every callback was taken")
        self.road.settle()
        wanted = {"upload.completed"} if life.state == "done" else set()
        ended = ("upload.completed", "upload.rejected")

        def found() -> set[tuple[str, str]]:
            return self.road.receiver.ids(life.upload.video_id, *ended)

        if life.state == "done":
            wait_for(found, "the end of an upload is announced")
        told = found()
        assert {kind for kind, _ in told} == wanted
        assert len(told) == len(wanted), "one id"
        owners = {one.data["owner"] for one in self.road.receiver.of(life.upload.video_id, *ended)}
        assert owners <= {life.owner}

    def teardown(self) -> None:
        for life in self.known:
            if life.state != "deleted":
                self.settle(life)
        for video_id, kind in self.strangers.items():
            told = self.road.receiver.of(video_id)
            # Any callback of the application is passed on, as `vod.event` without an owner.
            passed_on = [one for one in told if one.type == "vod.event"]
            assert kind in strangers.ANNOUNCED or told == passed_on, "a stranger's upload"
            if kind not in strangers.ANNOUNCED:
                owners = [(one.body["data"] or {}).get("owner") for one in told]
                assert owners == [None] * len(told), "a stranger's owner"
        assert self.road.receiver.faults == []


@pytest.mark.timeout(1200)  # many calls, one after another; a busy machine takes minutes
def test_any_order_of_events(road: Road) -> None:
    machine = type("Machine", (Lives,), {"road": road})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
