"""The life of uploads of two users, in any order of events: what never and what always happens.

- Nobody gets a credential for somebody else's video, and a credential opens one object for ever.
- Nobody gets an upload credential after the file has arrived.
- One Idempotency-Key leads to one video.
- Every upload that ended is announced under exactly one id, and no other upload is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

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

from tests.support.road import FILM, WINDOW, Road, Upload
from tests.support.waiting import wait_for

USERS = st.sampled_from(["alice", "bob"])
EXAMPLES, STEPS = 8, 14


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

    @rule(life=consumes(videos))
    def delete(self, life: Life) -> None:
        """The operator deletes the video, once its events are out."""
        self.settle(life)
        self.road.stack.cloud.vod.library.delete([life.upload.video_id])
        life.state = "deleted"

    @rule(seconds=st.sampled_from([300, 3100, 4000]))
    def expire(self, seconds: int) -> None:
        self.road.stack.cloud.clock.advance(seconds)
        self.road.settle()

    def settle(self, life: Life) -> None:
        """Waits for the events of a video, and checks that they are the right ones."""
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
        assert self.road.receiver.faults == []


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
