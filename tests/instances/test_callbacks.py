"""What `events` does with callbacks, by HTTP and from the queue."""

from __future__ import annotations

import hashlib
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest

from local.roles import LOCAL_VALUES
from shared.events.delivery import Delivery
from shared.events.from_callback import events_of
from shared.limits.limiter import Limiter
from shared.web.request import MAX_EVENT
from tests.instances.shown_status import show
from tests.reliability.functions import Outcome, Served, http_event, queue_event
from tests.reliability.scenarios import World, callback, finished

QUEUE = LOCAL_VALUES["WatchQueue"]
VIDEO_ID = "5b1c7e90d2a84f36ae0d9c41f7b86235"
DONE = ["upload.completed", "video.ready"]


def by_http(world: World, function: Served, body: Any, **changes: str) -> Outcome:
    stamp = str(int(world.cloud.clock.wall()))
    text = f"{world.callback_url}|{stamp}|{world.keys.callback_key}".encode()
    headers: dict[str, Any] = {
        "X_VOD_TIMESTAMP": stamp,
        "X_VOD_SIGNATURE": hashlib.md5(text).hexdigest(),  # noqa: S324 - VOD uses MD5
        **changes,
    }
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    path = f"/events/{world.keys.callback_path}"
    return function.call(http_event("POST", path, body=raw, **headers), seconds=30)


def by_queue(function: Served, *bodies: Any) -> Outcome:
    texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
    return function.call([one for text in texts for one in queue_event(text)], seconds=60)


def lines(outcome: Outcome) -> list[dict[str, Any]]:
    return [json.loads(one) for one in outcome.written.splitlines() if one.startswith("{")]


def told(world: World) -> list[str]:
    return [one.type for one in world.receiver.taken]


def scheduled(world: World) -> int:
    return len(world.cloud.queues.queue(QUEUE).messages)


def test_a_callback_by_http_is_answered_when_the_app_has_its_events(world: World) -> None:
    video_id = finished(world)
    outcome = by_http(world, world.serve("events"), callback(video_id))
    assert (outcome.status, outcome.body) == (200, {})
    assert told(world) == DONE
    assert scheduled(world) == 1
    [line] = lines(outcome)
    assert (line["function"], line["code"], line["decision"]) == ("events", "OK", "issued")
    assert (line["event_type"], line["media_id"]) == ("FileUploadComplete", video_id)
    assert line["announced"] == DONE
    assert "road" not in line


@pytest.mark.parametrize("signature", ["0" * 32, ""])
def test_a_callback_that_is_not_signed_by_vod_is_read_by_nobody(
    world: World, signature: str
) -> None:
    video_id = finished(world)
    world.mend()
    outcome = by_http(world, world.serve("events"), callback(video_id), X_VOD_SIGNATURE=signature)
    assert (outcome.status, outcome.code) == (401, "InvalidCallback")
    assert world.wires["cloud"].seen == []
    assert told(world) == []
    assert "event_type" not in lines(outcome)[0]


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"{", b'{"EventType": 5}'])
def test_a_body_that_is_no_callback_is_a_wrong_request(world: World, body: bytes) -> None:
    outcome = by_http(world, world.serve("events"), body)
    assert (outcome.status, outcome.code) == (400, "InvalidRequest")
    assert outcome.body["detail"] == "The body is not a callback of VOD."
    assert told(world) == []


def test_vod_has_to_repeat_a_callback_that_is_not_confirmed(world: World) -> None:
    video_id = finished(world)
    show(world, "Transcoding")
    outcome = by_http(world, world.serve("events"), callback(video_id, "TranscodeComplete"))
    assert (outcome.status, outcome.code) == (503, "Unavailable")
    assert outcome.retry_after
    assert lines(outcome)[0]["reason"] == "NotConfirmed"
    assert outcome.body["detail"] == "VOD does not confirm the event yet."
    assert (told(world), scheduled(world)) == ([], 1)


def test_vod_has_to_repeat_a_callback_that_the_app_does_not_take(world: World) -> None:
    video_id = finished(world)
    world.receiver.answer = 500
    function = world.serve("events")
    outcome = by_http(world, function, callback(video_id))
    assert (outcome.status, outcome.code) == (503, "Unavailable")
    line = lines(outcome)[0]
    assert (line["reason"], line["media_id"]) == ("NotDelivered", video_id)
    assert outcome.body["detail"] == "The app did not accept the event."
    assert "announced" not in line
    world.receiver.answer = 204
    assert by_http(world, function, callback(video_id)).status == 200
    assert told(world) == DONE


def test_a_message_of_the_queue_is_logged_with_what_it_led_to(world: World) -> None:
    video_id = finished(world)
    outcome = by_queue(world.serve("events"), callback(video_id))
    assert outcome.code == "done"
    assert told(world) == DONE
    [line] = lines(outcome)
    assert line == {
        "function": "events",
        "road": "queue",
        "event_type": "FileUploadComplete",
        "media_id": video_id,
        "announced": DONE,
        "code": "OK",
        "cold": True,
    }


def test_one_message_never_keeps_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue delivers all of them again if one failed."""
    video_id = finished(world)
    function = world.serve("events")
    deliver = Delivery.deliver

    def fail(self: Delivery, received: Any, *given: Any, **options: Any) -> list[str]:
        if received.event_type == "SnapshotComplete":
            raise LookupError("a secret")
        return deliver(self, received, *given, **options)

    monkeypatch.setattr(Delivery, "deliver", fail)
    show(world, "Transcoding")
    failing = [
        "no callback",
        callback(video_id, "TranscodeComplete"),
        callback(video_id, "SnapshotComplete"),
    ]
    outcome = by_queue(function, *failing, {"EventType": "SomethingNew"})
    assert outcome.code == "again"
    assert "secret" not in outcome.written
    assert outcome.written.endswith("NotHandedOn: not every event was handed on")
    found = lines(outcome)
    assert [(line["code"], line.get("event_type")) for line in found] == [
        ("UnreadableNotice", None),
        ("NotConfirmed", "TranscodeComplete"),
        ("Misconfigured", "SnapshotComplete"),
        ("OK", "SomethingNew"),
    ]
    assert found[2]["fault"] == "LookupError"
    assert [line["cold"] for line in found] == [True, False, False, False]
    assert told(world) == ["vod.event"]
    for body in failing:
        assert by_queue(function, body).code == "again"


def test_a_message_that_the_app_does_not_take_comes_again(world: World) -> None:
    video_id = finished(world)
    world.receiver.answer = 500
    outcome = by_queue(world.serve("events"), callback(video_id))
    assert outcome.code == "again"
    assert [line["code"] for line in lines(outcome)] == ["NotDelivered"]


def test_a_message_that_vod_could_not_confirm_comes_again(world: World) -> None:
    video_id = finished(world)
    world.cloud.faults.set("vod", "GetVideoInfo", "error", 2, status=503)
    outcome = by_queue(world.serve("events"), callback(video_id))
    assert outcome.code == "again"
    assert [line["code"] for line in lines(outcome)] == ["Unavailable"]
    assert told(world) == []


@pytest.mark.parametrize(
    "event", [[], {}, None, 5, "text", [5], {"requestContext": 5}, {"requestContext": {"http": 5}}]
)
def test_an_event_without_a_message_counts_as_failed(world: World, event: Any) -> None:
    """Else something that the function cannot read would be lost."""
    assert world.serve("events").call(event, seconds=60).code == "again"


@pytest.mark.parametrize(
    ("raw", "raised"),
    [
        (b"{", True),
        (b"\xff", True),
        (b"[" + b" " * 2 * 1024 * 1024 + b"]", True),
        (b'{"requestContext":' + b" " * MAX_EVENT + b'{"http":{}}}', False),
        (b'{"a":' + b" " * MAX_EVENT + b"1}", True),
    ],
)
def test_an_event_is_the_queues_unless_its_form_shows_that_it_came_by_http(
    world: World, raw: bytes, raised: bool
) -> None:
    """By HTTP a large one is refused unread."""
    handler = world.serve("events")._handler
    context = SimpleNamespace(
        request_id="1",
        credentials=SimpleNamespace(
            access_key_id="STS.a", access_key_secret="b", security_token="c"
        ),
    )
    if raised:
        with pytest.raises(Exception, match=r"^not every event was handed on$"):
            handler(raw, context)
    else:
        assert handler(raw, context)["statusCode"] == 413


def test_a_large_batch_of_the_queue_is_read(world: World) -> None:
    body = {"EventType": "SomethingNew", "requestContext": "x" * MAX_EVENT}
    assert by_queue(world.serve("events"), body).code == "done"
    assert told(world) == ["vod.event"]


def test_a_batch_that_no_queue_sends_is_not_read(world: World) -> None:
    """It is over 2 MiB. Its messages come again."""
    body = {"EventType": "SomethingNew", "Text": "x" * 2 * 1024 * 1024}
    outcome = by_queue(world.serve("events"), body)
    assert outcome.code == "again"
    assert lines(outcome) == []
    assert told(world) == []


@pytest.mark.parametrize("road", ["http", "queue"])
def test_the_app_gets_its_events_even_if_no_recheck_can_be_scheduled(
    world: World, road: str
) -> None:
    """The repeat then only schedules it."""
    video_id = finished(world)
    function = world.serve("events")

    def send() -> int | str | None:
        if road == "queue":
            return by_queue(function, callback(video_id)).code
        return by_http(world, function, callback(video_id)).status

    world.cloud.faults.set("mns", "SendMessage", "error", 1, status=500, code="InternalError")
    assert send() in ("again", 503)
    assert (told(world), scheduled(world)) == (DONE, 0)
    assert send() in ("done", 200)
    assert (told(world), scheduled(world)) == (DONE, 1)
    assert send() in ("done", 200)
    assert told(world) == DONE * 2, "a later repeat is sent on: the app drops it by its id"


@pytest.mark.parametrize(("road", "order"), [("queue", "events"), ("http", "recheck")])
def test_by_queue_the_app_comes_first_and_by_http_the_recheck(
    world: World, road: str, order: str
) -> None:
    """The queue repeats for a day. VOD gives up within seconds."""
    video_id = finished(world)
    world.receiver.answer = 500
    function = world.serve("events")
    if road == "queue":
        by_queue(function, callback(video_id))
    else:
        by_http(world, function, callback(video_id))
    assert scheduled(world) == (0 if order == "events" else 1)


@pytest.mark.parametrize("road", ["http", "queue"])
def test_an_upload_that_has_arrived_is_not_open_any_more(
    world: World, monkeypatch: pytest.MonkeyPatch, road: str
) -> None:
    arrived: list[str] = []
    monkeypatch.setattr(Limiter, "note_arrived", lambda _, media_id: arrived.append(media_id))
    video_id = finished(world)
    function = world.serve("events", world.environment(VODPASS_LIMITS='{"open_uploads":5}'))
    for body in (callback(video_id), {"EventType": "SomethingNew"}):
        if road == "queue":
            by_queue(function, body)
        else:
            by_http(world, function, body)
    assert arrived == [video_id]


def test_with_a_wrong_setting_nothing_is_lost(world: World) -> None:
    video_id = finished(world)
    function = world.serve("events", world.environment(VODPASS_WEBHOOK_URL="no url"))
    outcome = by_queue(function, callback(video_id))
    assert outcome.code == "again"
    assert lines(outcome)[-1]["code"] == "Misconfigured"
    assert by_http(world, function, callback(video_id)).status == 500


@pytest.mark.parametrize(("road", "seconds"), [("queue", 20.0), ("http", 4.5)])
def test_vod_and_the_queue_get_their_answer_in_time(
    world: World, monkeypatch: pytest.MonkeyPatch, road: str, seconds: float
) -> None:
    """VOD waits for five seconds."""
    deadlines: list[float] = []

    def note(_: Any, vod: Any, __: Any) -> Any:
        deadlines.append(vod._session._deadline)
        return events_of(_, vod, __)

    monkeypatch.setattr("shared.events.delivery.events_of", note)
    function = world.serve("events")
    begun = time.monotonic()
    if road == "queue":
        by_queue(function, {"EventType": "SomethingNew"})
    else:
        by_http(world, function, {"EventType": "SomethingNew"})
    assert begun + seconds <= deadlines[0] <= time.monotonic() + seconds


@pytest.mark.parametrize(("timeout", "most"), [(10, 8.0), (600, 20.0)])
def test_messages_are_handled_before_the_platform_ends_the_function(
    world: World, monkeypatch: pytest.MonkeyPatch, timeout: int, most: float
) -> None:
    left: list[float] = []

    def note(_: Delivery, __: Any, session: Any, *___: Any, **____: Any) -> list[str]:
        left.append(session.left)
        return []

    monkeypatch.setattr(Delivery, "deliver", note)
    function = world.serve("events")
    function.call(queue_event(json.dumps(callback(VIDEO_ID))), seconds=timeout)
    [seconds] = left
    assert 0 < seconds <= most


NO_STORE = {"VODPASS_LIMITS": '{"open_uploads":5}', "VODPASS_LIMITS_URL": "redis://127.0.0.1:1"}


def test_the_log_of_both_roads_says_that_the_store_of_the_limits_is_away(world: World) -> None:
    video_id = finished(world)
    for limits, away in ((NO_STORE, "connection"), ({}, None)):
        function = world.serve("events", world.environment(**limits))
        [first, second] = lines(by_queue(function, callback(video_id), callback(video_id)))
        assert first["code"] == second["code"] == "OK"
        assert first.get("limits_away") == away
        assert second.get("limits_away") == (away and "pause")
        [by_road] = lines(by_http(world, function, callback(video_id)))
        assert by_road.get("limits_away") == (away and "pause")
