"""The recheck message of a finished upload: accepted only if it is unchanged."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any, cast

import pytest

from shared.alibaba.vod.operations import VOD
from shared.alibaba.vod.records import Video
from shared.config.parsers import OwnerKey
from shared.config.settings import Settings
from shared.errors import Misconfigured
from shared.events.event import Event
from shared.events.recheck import FirstLook, ForgedRecheck, Rechecks, seal, unseal
from shared.runtime.instance import Instance

FIRST = FirstLook("5b1c7e90d2a84f36ae0d9c41f7b86235", 4448, "0" * 32, "Transcoding", 1_800_000_000)
KEY, NEXT = OwnerKey("k1", b"1" * 32), OwnerKey("k2", b"2" * 32)
SETTINGS = Settings(issuer_alias="example", owner_keys=(KEY,))


def test_a_message_reads_back_as_it_was_written() -> None:
    others = ({"file_md5": None}, {"size": 0}, {"late": True}, {"tries": 5}, {"settled": False})
    changed: list[dict[str, Any]] = [{}, *others]
    for first in (replace(FIRST, **one) for one in changed):
        assert unseal(SETTINGS, seal(SETTINGS, first)) == first


def test_a_message_verifies_after_a_key_rotation() -> None:
    rotated = replace(SETTINGS, owner_keys=(NEXT, KEY))
    assert unseal(rotated, seal(SETTINGS, FIRST)) == FIRST
    with pytest.raises(ForgedRecheck):
        unseal(replace(SETTINGS, owner_keys=(NEXT,)), seal(SETTINGS, FIRST))


def test_a_message_of_another_deployment_is_refused() -> None:
    with pytest.raises(ForgedRecheck):
        unseal(replace(SETTINGS, issuer_alias="another"), seal(SETTINGS, FIRST))


@pytest.mark.parametrize(
    "text", ['{"VideoId": "5b1c7e90d2a84f36ae0d9c41f7b86235"}', "no", "[]", "1"]
)
def test_a_message_of_another_kind_gives_none(text: str) -> None:
    assert unseal(SETTINGS, text) is None


OF_NOBODY: list[dict[str, Any]] = [
    {"VideoId": "e7d93a5520bf4c18a6f4013b8ec97d2a"},
    {"VideoId": None},
    {"Settling": None},
    {"Settling": []},
    {"Settling": {}},
]
OF_NOBODY_WITHIN: list[dict[str, Any]] = [
    {"Size": 4449},
    {"Size": "4448"},
    {"FileMD5": None},
    {"Status": "Normal"},
    {"Due": "2027-01-15T07:59:59Z"},
    {"Due": None},
    {"k": "k9"},
    {"k": None},
    {"m": ""},
    {"m": None},
    {"m": "é"},
    {"more": 1},
    {"Late": True},
    {"Late": False},
    {"Tries": 1},
]


@pytest.mark.parametrize("changed", OF_NOBODY)
def test_a_message_whose_outer_members_were_changed_is_refused(changed: dict[str, Any]) -> None:
    message = json.loads(seal(SETTINGS, FIRST)) | changed
    with pytest.raises(ForgedRecheck):
        unseal(SETTINGS, json.dumps(message))


@pytest.mark.parametrize("changed", OF_NOBODY_WITHIN)
def test_a_message_whose_inner_members_were_changed_is_refused(changed: dict[str, Any]) -> None:
    message = json.loads(seal(SETTINGS, FIRST))
    message["Settling"] |= changed
    with pytest.raises(ForgedRecheck):
        unseal(SETTINGS, json.dumps(message))


def test_a_message_shows_only_the_id_of_the_key() -> None:
    text = seal(SETTINGS, FIRST)
    assert "k1" in text
    for secret in (KEY.secret.decode(), base64.b64encode(KEY.secret).decode()):
        assert secret not in text


def event(kind: str = "upload.completed") -> Event:
    data = {
        "VideoId": FIRST.video_id,
        "Size": FIRST.size,
        "FileMD5": FIRST.file_md5,
        "Status": FIRST.status,
        "SettlesAt": "2027-01-15T08:00:00Z",
    }
    return Event("vp_x", {"type": kind, "data": data})


def rechecks(**environ: str) -> Rechecks:
    return Rechecks(Instance("events", VOD, environ))


def test_a_deployment_writes_to_the_queue_of_its_own_account() -> None:
    settings = replace(SETTINGS, region="cn-shanghai", watch_queue="vodpass-watch")
    queue = rechecks(FC_ACCOUNT_ID="1234567890123456")._queue_of(settings)
    assert (queue._tls, queue._host) == (True, "1234567890123456.mns.cn-shanghai.aliyuncs.com")
    assert queue._path == "/queues/vodpass-watch/messages"


@pytest.mark.parametrize("account", ["", "me", "1234.example.com/", "1" * 40])
def test_scheduling_without_an_account_id_is_misconfigured(account: str) -> None:
    settings = replace(SETTINGS, region="cn-shanghai", watch_queue="vodpass-watch")
    with pytest.raises(Misconfigured):
        rechecks(FC_ACCOUNT_ID=account).schedule(settings, [event()], 1_800_000_000, 5.0)


def test_scheduling_without_a_queue_does_nothing() -> None:
    rechecks().schedule(SETTINGS, [event()], 1_800_000_000, 5.0)


def test_only_finished_uploads_are_rechecked() -> None:
    settings = replace(SETTINGS, region="cn-shanghai", watch_queue="vodpass-watch")
    rechecks().schedule(settings, [event("video.ready")], 1_800_000_000, 5.0)


class StubQueue:
    """A queue that keeps what it gets: the message, and its delay in seconds."""

    def __init__(self) -> None:
        self.sent: list[tuple[FirstLook | None, int]] = []

    def send(self, text: str, delay: int, _timeout: float) -> None:
        self.sent.append((unseal(WITH_QUEUE, text), delay))


WITH_QUEUE = replace(SETTINGS, region="cn-shanghai", watch_queue="vodpass-watch")
SEEN = Video(
    FIRST.video_id, "Normal", None, None, FIRST.size, 0.0, 1_800_000_000.5, file_md5=FIRST.file_md5
)


def test_an_instance_schedules_both_rechecks_of_a_file_and_each_once() -> None:
    """An instance of `watch` that found the upload by its timer schedules both."""
    made = rechecks()
    made._queue = queue = cast(Any, StubQueue())
    for _ in range(2):
        made.schedule(WITH_QUEUE, [event()], 1_799_996_340, 5.0)
        made.look_later(WITH_QUEUE, SEEN, 5.0)
    due = 1_800_000_000 + 86400
    late = FirstLook(FIRST.video_id, FIRST.size, FIRST.file_md5, "Normal", due, late=True)
    assert queue.sent == [(FIRST, 3661), (late, 86401)]


@pytest.mark.parametrize("changed", [{"late_recheck": 0}, {"watch_queue": ""}])
def test_no_late_recheck_is_scheduled_if_it_is_switched_off(changed: dict[str, Any]) -> None:
    made = rechecks()
    made._queue = queue = cast(Any, StubQueue())
    made.look_later(replace(WITH_QUEUE, **changed), SEEN, 5.0)
    assert queue.sent == []


def test_the_longest_delay_is_one_that_the_queue_accepts() -> None:
    made = rechecks()
    made._queue = queue = cast(Any, StubQueue())
    made.look_later(replace(WITH_QUEUE, late_recheck=604_799), SEEN, 5.0)
    assert queue.sent[0][1] == 604_800
