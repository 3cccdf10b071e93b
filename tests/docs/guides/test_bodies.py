"""The bodies in the guide equal the bodies that the functions send."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from fakealiyun.testing.vod import Vod
from tests.docs.guides.app import begin, begin_image, put
from tests.support.app_receiver import AppReceiver, Delivered
from tests.support.road import FILM, Road
from tests.support.waiting import wait_for

BODIES = Path(__file__).resolve().parents[2] / "events" / "webhooks"
TRANSCODED = 6.0
"""Seconds of cloud time after which the fake has transcoded a video."""

ID = r"[0-9a-f]{32}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(:\d{3})?Z"
VARIABLE = {
    "id": r"vp_[a-z2-7]{32}",
    "RequestId": r"vp_[a-z2-7]{32}",
    **dict.fromkeys(("subject", "VideoId", "ImageId", "MediaId", "JobId"), ID),
    **dict.fromkeys(("time", "CreationTime", "SettlesAt", "ExpireUTCTime", "EventTime"), TIME),
    **dict.fromkeys(("StartTime", "FinishTime"), TIME),
    **dict.fromkeys(("FileUrl", "FileURL"), r"http://[a-z0-9.-]+/\S+"),
    **dict.fromkeys(("UploadAddress", "UploadAuth"), r"eyJ[A-Za-z0-9+/]+(=*|…)"),
    "m": r"[A-Za-z0-9_-]{27}",
    "d": r"[A-Za-z0-9_-]{22}",
}
"""Members that differ between uploads, and their form."""


def alike(name: str, shown: Any, sent: Any) -> None:
    """Asserts the same members and values. For members that vary: the same form."""
    if isinstance(shown, dict) and isinstance(sent, dict):
        assert list(shown) == list(sent), name
        for member in shown:
            alike(member, shown[member], sent[member])
    elif isinstance(shown, list) and isinstance(sent, list):
        for one, other in zip(shown, sent, strict=True):
            alike(name, one, other)
    elif name in ("unverified", "Extend") and isinstance(shown, str) and isinstance(sent, str):
        alike("", json.loads(shown), json.loads(sent))
    elif name in VARIABLE:
        for value in (shown, sent):
            assert isinstance(value, str), name
            assert re.fullmatch(VARIABLE[name], value), name
    elif name == "ExpiresIn":
        assert 2990 < sent <= shown == 3000
    else:
        assert (type(shown), shown) == (type(sent), sent), name


def seconds(later: str, earlier: str) -> float:
    read = "%Y-%m-%dT%H:%M:%SZ"
    return (datetime.strptime(later, read) - datetime.strptime(earlier, read)).total_seconds()


def consistent(body: dict[str, Any]) -> None:
    """Asserts what the guide says about every body."""
    data = body["data"] or {}
    own = [data[name] for name in ("VideoId", "ImageId", "MediaId") if name in data]
    assert own == ([body["subject"]] if "subject" in body else [])
    if "SettlesAt" in data:
        assert seconds(data["SettlesAt"], body["time"]) == 3660
    if body["type"] == "upload.expiring":
        assert seconds(data["ExpireUTCTime"], data["CreationTime"]) == 3000
        assert seconds(body["time"], data["CreationTime"]) >= 2400


# -- what causes each event


def finished(road: Road) -> None:
    put(begin(road))


def of_another_size(road: Road) -> None:
    put(begin(road, FileSize=1000))


def rewritten(road: Road) -> None:
    answer = begin(road)
    for content in (FILM, FILM[:-1] + b"\xff"):
        put(answer, content)
        road.settle()
    road.stack.cloud.clock.advance(3670)


def transcoded(road: Road) -> None:
    put(begin(road, CoverURL="https://cdn.example.com/covers/film.jpg"))
    road.settle()
    road.stack.cloud.clock.advance(TRANSCODED)


def no_film(road: Road) -> None:
    put(begin(road), b"no film at all")
    road.settle()
    road.stack.cloud.clock.advance(TRANSCODED)


def blocked(road: Road) -> None:
    road.without_callbacks()
    video_id = begin(road)["VideoId"]
    # No operation of the fake reviews anything.
    road.stack.cloud.vod.library._change(video_id, status="Blocked")
    notice = {"EventTime": "2026-11-24T12:00:00Z", "EventType": "CreateAuditComplete"}
    assert road.callback({**notice, "VideoId": video_id, "Status": "success"}) == 200


def about_to_end(road: Road) -> None:
    begin(road)
    road.ticks(1, 2700)


def given_up(road: Road) -> None:
    begin(road)
    road.ticks(1, 7500)


def image(road: Road) -> None:
    put(begin_image(road), b"an image")


def deleted(road: Road) -> None:
    video_id = begin(road)["VideoId"]
    road.settle()
    Vod(road.stack.cloud).call("delete_video", video_ids=video_id)


def created(road: Road) -> None:
    begin(road)


def of_a_new_type(road: Road) -> None:
    road.queue.send(json.dumps({"EventType": "SomethingNewComplete", "Status": "success"}))


CAUSES: dict[str, Callable[[Road], None]] = {
    "upload_completed": finished,
    "upload_rejected": of_another_size,
    "upload_changed": rewritten,
    "upload_expiring": about_to_end,
    "upload_refreshed": about_to_end,
    "upload_abandoned": given_up,
    "video_ready": transcoded,
    "video_failed": no_film,
    "video_blocked": blocked,
    "media_completed": image,
    "media_deleted": deleted,
    "vod_event": created,
    "vod_event_of_an_unknown_type": of_a_new_type,
}


def shown(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((BODIES / f"{name}.json").read_text("utf-8"))
    return body


def cause(body: dict[str, Any]) -> tuple[Any, Any]:
    """The callback that led to an event. Several callbacks come in no fixed order."""
    notice = json.loads(body.get("unverified", "{}"))
    return notice.get("EventType"), notice.get("Definition")


def sent(receiver: AppReceiver, like: dict[str, Any]) -> Delivered:
    """The delivery with the same type and the same cause."""

    def find() -> list[Delivered]:
        return [
            one
            for one in receiver.taken
            if one.type == like["type"] and cause(one.body) == cause(like)
        ]

    first: Delivered = wait_for(find, f"{like['type']} arrives")[0]
    return first


@pytest.mark.parametrize("name", sorted(CAUSES.keys() - {"upload_refreshed"}))
def test_a_body_equals_the_one_that_is_sent(road: Road, name: str) -> None:
    body = shown(name)
    CAUSES[name](road)
    delivered = sent(road.receiver, body)
    alike("", body, delivered.body)
    consistent(body)
    consistent(delivered.body)


def test_the_body_with_a_credential_equals_the_one_that_is_sent(renewing_road: Road) -> None:
    road = renewing_road
    assert road.renewals is not None
    body = shown("upload_refreshed")
    CAUSES["upload_refreshed"](road)
    delivered = sent(road.renewals, body)
    alike("", body, delivered.body)
    consistent(delivered.body)
    assert json.loads(base64.b64decode(delivered.data["UploadAuth"]))["SecurityToken"]
    road.settle()
    assert not [one for one in road.receiver.taken if one.type == "upload.expiring"]


def test_every_body_is_tested() -> None:
    assert {path.stem for path in BODIES.iterdir()} == CAUSES.keys()
