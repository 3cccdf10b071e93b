"""The recheck message of a finished upload: accepted only if it is unchanged."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any, cast

import pytest

from shared.alibaba.vod.operations import VOD_SERVICE
from shared.alibaba.vod.records import Video
from shared.config.parsers import OwnerKey
from shared.config.settings import Settings
from shared.errors import Misconfigured
from shared.events.event import Event, new_event
from shared.events.recheck import FirstLook, ForgedRecheck, Rechecks, changes, seal, unseal
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
    return Rechecks(Instance("events", VOD_SERVICE, environ))


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
        made.schedule_late(WITH_QUEUE, SEEN, 5.0)
    due = 1_800_000_000 + 86400
    late = FirstLook(FIRST.video_id, FIRST.size, FIRST.file_md5, "Normal", due, late=True)
    assert queue.sent == [(FIRST, 3661), (late, 86401)]


@pytest.mark.parametrize(
    ("later", "once", "sent"),
    [(3600, False, 1), (3601, False, 2), (-3601, False, 1), (3601, True, 1), (86_400, True, 1)],
)
def test_the_checks_of_a_status_begin_again_when_the_first_ones_are_over(
    later: int, once: bool, sent: int
) -> None:
    made = rechecks()
    made._queue = queue = cast(Any, StubQueue())
    for now in (SEEN.now, SEEN.now + later):
        options = {"once": True} if once else {}
        made.schedule_next_try(WITH_QUEUE, replace(SEEN, now=now), 1, 5.0, **options)
    assert [delay for _, delay in queue.sent] == [61] * sent


@pytest.mark.parametrize("changed", [{"late_recheck": 0}, {"watch_queue": ""}])
def test_no_late_recheck_is_scheduled_if_it_is_switched_off(changed: dict[str, Any]) -> None:
    made = rechecks()
    made._queue = queue = cast(Any, StubQueue())
    made.schedule_late(replace(WITH_QUEUE, **changed), SEEN, 5.0)
    assert queue.sent == []


def test_the_longest_delay_is_one_that_the_queue_accepts() -> None:
    made = rechecks()
    made._queue = queue = cast(Any, StubQueue())
    made.schedule_late(replace(WITH_QUEUE, late_recheck=604_799), SEEN, 5.0)
    assert queue.sent[0][1] == 604_800


def test_an_event_that_needs_no_recheck_hides_no_other() -> None:
    settings = replace(SETTINGS, region="cn-shanghai", watch_queue="vodpass-watch")
    with pytest.raises(Misconfigured):  # it would be sent, and there is no account
        rechecks().schedule(settings, [event("video.ready"), event()], 1_800_000_000, 5.0)


def second_look(**changed: Any) -> Video:
    """What VOD says when the file of FIRST has settled. By default nothing has changed."""
    same = Video(
        video_id=FIRST.video_id,
        status=FIRST.status,
        reference_id=None,
        user_data=None,
        size=FIRST.size,
        created_at=1_799_990_000.0,
        now=1_800_000_100.0,
        file_md5=FIRST.file_md5,
        file_name="film.mp4",
    )
    return replace(same, **changed)


OTHER_MD5 = "f" * 32


@pytest.mark.parametrize(
    ("first", "changed", "types"),
    [
        ({}, {}, []),
        # the file
        ({}, {"file_md5": OTHER_MD5}, ["upload.changed"]),
        ({}, {"size": 1}, ["upload.changed"]),
        ({"file_md5": None}, {"file_md5": OTHER_MD5}, []),
        ({}, {"file_md5": None}, []),
        ({"file_md5": None}, {"file_md5": None, "size": 1}, ["upload.changed"]),
        ({"settled": False}, {"file_md5": OTHER_MD5, "size": 1}, []),
        ({}, {"size": 10**15}, ["upload.changed", "upload.rejected"]),
        ({}, {"size": 0}, ["upload.changed", "upload.rejected"]),
        # the state
        ({}, {"status": "Normal"}, ["video.ready"]),
        ({}, {"status": "TranscodeFail"}, ["video.failed"]),
        ({}, {"status": "Blocked"}, ["video.blocked"]),
        ({"status": "Normal"}, {"status": "Normal"}, []),
        ({"status": "Normal"}, {"status": "Blocked"}, []),
        ({"settled": False}, {"status": "Normal"}, ["video.ready"]),
        # both
        (
            {"status": "Normal"},
            {"status": "Normal", "file_md5": OTHER_MD5},
            ["upload.changed", "video.ready"],
        ),
    ],
)
def test_two_looks_give_the_events_that_the_app_may_not_know(
    first: dict[str, Any], changed: dict[str, Any], types: list[str]
) -> None:
    found = changes(replace(FIRST, **first), second_look(**changed), SETTINGS)
    assert [one.type for one in found] == types
    assert len({one.event_id for one in found}) == len(found)


def test_a_changed_file_is_told_with_both_looks() -> None:
    video = second_look(file_md5=OTHER_MD5, size=7)
    [changed] = changes(FIRST, video, SETTINGS)
    data = changed.content["data"]
    assert (data["Size"], data["FileMD5"]) == (7, OTHER_MD5)
    assert data["Previous"] == {"Size": FIRST.size, "FileMD5": FIRST.file_md5}
    assert changed.content["subject"] == FIRST.video_id
    assert changed.content["time"] == "2027-01-15T08:01:40Z"


def test_another_change_has_another_id() -> None:
    looks: list[dict[str, Any]] = [
        {"size": 7},
        {"size": 8},
        {"file_md5": OTHER_MD5},
        {"file_md5": "e" * 32},
    ]
    found = [changes(FIRST, second_look(**look), SETTINGS)[0].event_id for look in looks]
    assert len(set(found)) == len(looks)
    assert changes(FIRST, second_look(size=7), SETTINGS)[0].event_id == found[0]


def test_an_unknown_md5_counts_as_none_in_the_id() -> None:
    first = replace(FIRST, file_md5=None)
    [changed] = changes(first, second_look(file_md5=None, size=1), SETTINGS)
    facts = ("1", "")
    assert changed == replace(changed, event_id=made(SETTINGS, facts).event_id)


def made(settings: Settings, facts: tuple[str, ...]) -> Event:
    """An upload.changed with these facts."""
    return new_event(settings, "upload.changed", FIRST.video_id, facts, {}, now=None)
