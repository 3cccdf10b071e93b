"""Whatever VOD answers to a read, the function has a foreseen outcome: never "The function failed".

The codes are the documented ones and inventions of the same form.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.gateway.outcome import Outcome
from tests.functions.events.conftest import emptied, running
from tests.functions.events.test_http_road import completed
from tests.support.code_under_test import CodeUnderTest
from tests.support.error_codes import OF_VOD, rows
from tests.support.road import Road

DOCUMENTED = sorted({(row.code, row.status) for row in rows(*OF_VOD)})
INVENTED = [
    *(("Forbidden.IllegalStatus", status) for status in (400, 404, 409, 500, 503)),
    *(("InvalidVideo.NotFound", status) for status in (400, 403, 500)),
    *(("InvalidImage.NotFound", 404), ("InvalidMedia.NotFound", 404)),
    *(("InvalidVideo.Damaged", 403), ("InvalidVideo.NoneStream", 404)),
    *(("Forbidden.SomethingNew", 403), ("IllegalStatus", 403), ("SomethingNew", 400)),
    *(("Something.New", 404), ("SomethingNew", 409), ("SomethingNew", 418), ("A.B.C", 500)),
]
CODES = sorted({*DOCUMENTED, *INVENTED})
SOME_CODES = sorted({*INVENTED, ("Throttling.User", 400), ("Forbidden.RAM", 403)})
"""For invocations that write more to the log."""

FORESEEN = {
    "Conflict",
    "InvalidRequest",
    "Misconfigured",
    "Throttled",
    "Unavailable",
    "UploadFinished",
    "UpstreamError",
    "UpstreamTimeout",
    "VideoNotFound",
    "VideoNotReady",
}


@pytest.fixture(scope="module")
def deployed(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Road]:
    """A deployment of its own: these tests fill the log."""
    with running(code_under_test, tmp_path_factory.mktemp("odd"), credentials=True) as road:
        yield road


@pytest.fixture
def road(deployed: Road) -> Iterator[Road]:
    yield from emptied(deployed)


def asked(road: Road, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    """The answer of a function to Alice."""
    given = {"Content-Type": "application/json"}
    _, content = road.call("POST", "/_local/token", b'{"sub": "alice"}', given)
    given["Authorization"] = f"Bearer {json.loads(content)['token']}"
    raw = b"" if body is None else json.dumps(body).encode()
    status, content = road.call(method, path, raw, given)
    return status, json.loads(content)


def played(road: Road) -> Callable[[], tuple[int, dict[str, Any]]]:
    upload = road.upload()
    road.finish(upload)
    return lambda: asked(road, "GET", f"/play?VideoId={upload.video_id}")


def played_by_jwt(road: Road) -> Callable[[], tuple[int, dict[str, Any]]]:
    upload = road.upload()
    road.finish(upload)
    return lambda: asked(road, "GET", f"/play?Method=JWTPlayAuth&VideoId={upload.video_id}")


def many_played(road: Road) -> Callable[[], tuple[int, dict[str, Any]]]:
    upload = road.upload()
    road.finish(upload)

    def ask() -> tuple[int, dict[str, Any]]:
        status, answer = asked(road, "POST", "/play", {"VideoIds": [upload.video_id, "0" * 32]})
        assert status == 200
        first: dict[str, Any] = answer["Items"][0]
        return first["status"], first

    return ask


def refreshed(road: Road) -> Callable[[], tuple[int, dict[str, Any]]]:
    upload = road.upload()
    return lambda: asked(road, "POST", "/refresh", {"VideoId": upload.video_id})


REQUESTS: dict[str, tuple[str, Callable[[Road], Callable[[], tuple[int, dict[str, Any]]]]]] = {
    "refresh reads": ("GetVideoInfo", refreshed),
    "refresh refreshes": ("RefreshUploadVideo", refreshed),
    "play reads": ("GetVideoInfo", played),
    "play issues": ("GetVideoPlayAuth", played),
    "play by JWT reads": ("GetVideoInfo", played_by_jwt),
    "play of many reads": ("GetVideoInfos", many_played),
    "play of many issues": ("GetVideoPlayAuth", many_played),
}


def fail(road: Road, operation: str, code: str, status: int) -> None:
    """The next calls of an operation fail."""
    road.stack.cloud.faults.set("vod", operation, "error", 5, status=status, code=code)


def failures(road: Road) -> list[str]:
    """The log lines of unforeseen faults, in any function."""
    lines = [line.text for line in road.stack.gateway.logs.lines()]
    return [text for text in lines if '"fault"' in text]


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_has_a_foreseen_refusal(road: Road, name: str) -> None:
    operation, prepare = REQUESTS[name]
    road.without_callbacks()
    ask = prepare(road)
    for code, status in CODES:
        fail(road, operation, code, status)
        answered, problem = ask()
        assert problem["Code"] in FORESEEN, (code, status, problem)
        assert problem["detail"] != "The function failed.", (code, status)
        assert answered >= 400
        assert code not in json.dumps(problem)
        road.stack.cloud.faults.clear()
    assert failures(road) == []


IMAGE = {"EventType": "ImageUploadComplete", "ImageId": "0" * 32}
ATTACHED = {"EventType": "AttachedMediaUploadComplete", "AttachedMediaId": "0" * 32}


@pytest.mark.parametrize(
    ("operation", "notice"),
    [
        ("GetVideoInfo", completed),
        ("GetMezzanineInfo", completed),
        ("GetImageInfo", lambda _: IMAGE),
        ("GetAttachedMediaInfo", lambda _: ATTACHED),
        ("GetImageInfo", lambda _: {"EventType": "DeleteMediaComplete", "MediaId": "0" * 32}),
    ],
)
def test_a_callback_has_a_foreseen_answer(
    road: Road, operation: str, notice: Callable[[str], dict[str, Any]]
) -> None:
    road.without_callbacks()
    upload = road.upload()
    road.finish(upload)
    function = road.stack.gateway.deployment.functions["events"]
    for code, status in SOME_CODES:
        fail(road, operation, code, status)
        assert road.callback(notice(upload.video_id)) in {200, 400, 429, 500, 502, 503, 504}
        road.stack.cloud.faults.clear()
        fail(road, operation, code, status)
        text = json.dumps(notice(upload.video_id))
        event = json.dumps([{"data": {"messageId": "1", "messageBody": text}}]).encode()
        outcome = road.loop.run(road.stack.gateway.invoker.invoke(function, event, "1-by-hand"))
        assert foreseen(outcome, "NotHandedOn"), (code, status, outcome.payload)
        road.stack.cloud.faults.clear()
    assert failures(road) == []


def foreseen(outcome: Outcome, fault: str) -> bool:
    """Whether an invocation ended well, or with the exception that asks for a retry."""
    return outcome.error_type is None or json.loads(outcome.payload)["errorType"] == fault


@pytest.mark.parametrize(
    "operation", ["GetVideoList", "GetVideoInfo", "GetMezzanineInfo", "RefreshUploadVideo"]
)
def test_a_run_of_watch_has_a_foreseen_end(road: Road, operation: str) -> None:
    road.without_callbacks()
    uploads = [road.upload() for _ in range(2)]
    road.finish(uploads[0])
    road.ticks(1, 2700)
    for code, status in SOME_CODES:
        for ask in (uploads[0].video_id, None):
            fail(road, operation, code, status)
            outcome = road.watch() if ask is None else message(road, ask)
            assert foreseen(outcome, "RunFailed"), (code, status, outcome.payload)
            road.stack.cloud.faults.clear()
    assert failures(road) == []


def message(road: Road, video_id: str) -> Outcome:
    """Runs watch with a message of the app."""
    function = road.stack.gateway.deployment.functions["watch"]
    text = json.dumps({"VideoId": video_id})
    event = json.dumps([{"data": {"messageId": "1", "messageBody": text}}]).encode()
    return road.loop.run(road.stack.gateway.invoker.invoke(function, event, "1-by-hand"))
