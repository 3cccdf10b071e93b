"""The Python client, with both OSS SDKs, against functions and cloud."""

from __future__ import annotations

import base64
import json
import logging
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from clients.python import vodpass_client
from clients.python.vodpass_client import Vodpass, VodpassError
from local.stack import Stack
from tests.browser.functions import token
from tests.browser.test_uploader import objects
from tests.support.files import PART, mp4

SDKS = ("oss2", "alibabacloud_oss_v2")
Answer = tuple[int, dict[str, str], bytes]  # status, headers, body


@pytest.fixture(params=SDKS)
def vodpass(request: pytest.FixtureRequest, stack: Stack) -> Vodpass:
    """Alice's client, with one of the SDKs and the smallest parts."""
    return Vodpass(stack.url, token(stack, "alice"), part_size=PART, sdk=request.param)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A file of six parts."""
    path = tmp_path / "my film.mp4"
    path.write_bytes(mp4(5 * PART + 1234))
    return path


def refused(code: str) -> Any:
    """Expects a VodpassError with this Code."""
    return pytest.raises(VodpassError, match=f"^{code}\\b")


def test_a_small_file_goes_in_one_request(stack: Stack, vodpass: Vodpass, tmp_path: Path) -> None:
    path = tmp_path / "short.mp4"
    path.write_bytes(mp4(2000))
    told: list[tuple[int, int]] = []
    done = vodpass.upload(path, Title="Short", progress=lambda *now: told.append(now))
    (media,) = stack.cloud.vod.library.all()
    assert done == {"VideoId": media.video_id}
    assert (media.title, media.status, media.size) == ("Short", "Normal", 2000)
    assert told == [(2000, 2000)]
    play_auth = vodpass.play(media.video_id, auth_info_timeout=600)
    assert play_auth["PlayAuth"]
    assert 590 <= play_auth["ExpiresIn"] <= 600


def test_an_upload_survives_the_expiry_of_its_credential(
    stack: Stack, vodpass: Vodpass, film: Path
) -> None:
    told: list[int] = []

    def expire_after_two_parts(sent: int, _size: int) -> None:
        told.append(sent)
        if sent == 2 * PART:
            stack.cloud.clock.advance(3601)

    vodpass.upload(film, progress=expire_after_two_parts)
    (stored,) = objects(stack)
    assert stored.path.read_bytes() == film.read_bytes()
    (media,) = stack.cloud.vod.library.all()
    assert media.status == "Normal"
    size = film.stat().st_size
    assert told == [PART, 2 * PART, 3 * PART, 4 * PART, 5 * PART, size, size]


def test_it_gives_up_after_three_new_credentials(
    stack: Stack, vodpass: Vodpass, film: Path
) -> None:
    stack.cloud.faults.set(
        "oss", "UploadPart", "error", count=100, status=403, code="SecurityTokenExpired"
    )
    with refused("CredentialNotAccepted"):
        vodpass.upload(film)
    (fault,) = stack.cloud.faults.pending()
    assert fault["count"] == 100 - 4


def test_a_bad_signature_is_not_taken_for_an_expiry(
    stack: Stack, vodpass: Vodpass, film: Path
) -> None:
    stack.cloud.faults.set(
        "oss", "UploadPart", "error", count=2, status=403, code="SignatureDoesNotMatch"
    )
    with refused("SignatureDoesNotMatch") as caught:
        vodpass.upload(film)
    assert (caught.value.status, caught.value.retriable) == (403, False)
    (fault,) = stack.cloud.faults.pending()
    assert fault["count"] == 1


def told(error: BaseException | None) -> str:
    """All that a traceback of an error shows, and what a tool may show that follows its chain."""
    if error is None:
        return ""
    shown = "".join(traceback.format_exception(error))
    return f"{shown}{error!r}{vars(error)}" + told(error.__cause__) + told(error.__context__)


@pytest.mark.parametrize("size", [1000, 2 * PART], ids=["one request", "parts"])
@pytest.mark.parametrize("expired", [False, True])
def test_no_error_and_no_log_holds_a_credential_or_a_signature(
    stack: Stack,
    vodpass: Vodpass,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    size: int,
    expired: bool,
) -> None:
    """OSS answers what it verified, with the security token, and `oss2` quotes that."""
    caplog.set_level(logging.DEBUG)  # of an app that logs everything
    call, secrets = vodpass.call, []

    def with_a_wrong_secret(target: str, *given: Any) -> dict[str, Any]:
        if target == "/refresh":
            raise VodpassError("UploadFinished", 409)
        issued = call(target, *given)
        auth = json.loads(base64.b64decode(issued["UploadAuth"]))
        secrets.extend([auth["SecurityToken"], auth["AccessKeyId"], auth["AccessKeySecret"]])
        auth["AccessKeySecret"] = "x" * 30
        return {**issued, "UploadAuth": base64.b64encode(json.dumps(auth).encode()).decode()}

    monkeypatch.setattr(vodpass, "call", with_a_wrong_secret)
    if expired:  # as if OSS said so of a wrong signature
        monkeypatch.setattr(vodpass_client, "EXPIRED", ("SignatureDoesNotMatch",))
    path = tmp_path / "film.mp4"
    path.write_bytes(mp4(size))
    with refused("UploadFinished" if expired else "SignatureDoesNotMatch") as caught:
        vodpass.upload(path)
    shown = told(caught.value) + caplog.text
    assert "SignatureProvided" not in shown
    assert len(secrets) == 3
    assert [secret for secret in secrets if secret in shown] == []


def test_faults_of_the_storage_are_repeated(stack: Stack, vodpass: Vodpass, film: Path) -> None:
    stack.cloud.faults.set(
        "oss", "UploadPart", "error", count=1, status=503, code="ServiceUnavailable"
    )
    stack.cloud.faults.set("oss", "UploadPart", "reset_before", count=1)
    vodpass.upload(film)
    assert [stored.size for stored in objects(stack)] == [film.stat().st_size]


def test_a_completion_whose_answer_was_lost_is_a_success(
    stack: Stack, vodpass: Vodpass, film: Path
) -> None:
    stack.cloud.faults.set("oss", "CompleteMultipartUpload", "reset_after", count=1)
    vodpass.upload(film)
    (media,) = stack.cloud.vod.library.all()
    assert media.status == "Normal"


def test_an_image_begins_again_after_an_expiry(
    stack: Stack, vodpass: Vodpass, tmp_path: Path
) -> None:
    path = tmp_path / "cover.png"
    path.write_bytes(b"png" * 99)
    stack.cloud.faults.set(
        "oss", "PutObject", "error", count=1, status=403, code="SecurityTokenExpired"
    )
    done = vodpass.upload(path, MediaType="image", ImageType="cover", ImageExt="png")
    assert done.keys() == {"ImageId", "ImageURL", "FileURL"}
    first, second = stack.cloud.vod.other_media.all()
    assert done["ImageId"] in (first.media_id, second.media_id)
    assert sorted((first.size, second.size)) == [0, 297]


def test_a_refusal_says_which_field_is_wrong(vodpass: Vodpass, tmp_path: Path) -> None:
    path = tmp_path / "film.exe"
    path.write_bytes(b"x")
    with refused("InvalidRequest") as caught:
        vodpass.upload(path)
    error = caught.value
    assert (error.status, error.retriable, error.retry_after) == (400, False, None)
    assert [one["pointer"] for one in error.errors] == ["/FileName"]
    assert error.RequestId


def test_a_key_finds_the_same_video_again(stack: Stack, vodpass: Vodpass, film: Path) -> None:
    stack.cloud.faults.set("oss", "UploadPart", "error", count=1, status=403, code="AccessDenied")
    with refused("AccessDenied"):
        vodpass.upload(film, idempotency_key="film-1")
    vodpass.upload(film, idempotency_key="film-1")
    assert len(stack.cloud.vod.library.all()) == 1


@contextmanager
def answering(answers: list[Answer]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server with these answers, one after the other; its URL, and the headers it got."""
    got: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            got.append(dict(self.headers))
            status, headers, body = answers[min(len(got), len(answers)) - 1]
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", got
        finally:
            server.shutdown()
            thread.join()


def problem(status: int, code: str, retry_after: str = "", **more: Any) -> Answer:
    """A refusal of vodpass."""
    headers = {"Retry-After": retry_after} if retry_after else {}
    return status, headers, json.dumps({"status": status, "Code": code, **more}).encode()


PLAYABLE: Answer = (200, {}, json.dumps({"PlayAuth": "auth"}).encode())


def test_play_waits_while_the_video_may_become_ready() -> None:
    wait = problem(409, "VideoNotReady", "0", Status="Transcoding")
    with answering([wait, wait, PLAYABLE]) as (url, got):
        assert Vodpass(url, "token").play("id") == {"PlayAuth": "auth"}
        assert len(got) == 3
    with answering([problem(409, "VideoNotReady", "10", Status="Uploading")]) as (url, got):
        with refused("VideoNotReady") as caught:
            Vodpass(url, "token").play("id", longest_wait=5)
        assert (caught.value.retry_after, caught.value.Status, len(got)) == (10, "Uploading", 1)
    with answering([problem(409, "VideoNotReady", Status="Blocked")]) as (url, got):
        with refused("VideoNotReady"):
            Vodpass(url, "token").play("id")
        assert len(got) == 1


@pytest.mark.parametrize(
    "fault",
    [
        (429, {}, b'{"Code": "ResourceThrottled", "Message": ""}'),
        (500, {}, b'{"Code": "InternalError"}'),
        (502, {}, b"<html>"),
        problem(503, "Unavailable", "0"),
    ],
)
def test_a_temporary_fault_is_repeated(fault: Answer) -> None:
    with answering([fault, PLAYABLE]) as (url, got):
        assert Vodpass(url, "token").play("id")["PlayAuth"] == "auth"
        assert len(got) == 2


def test_a_wait_of_a_day_is_left_to_the_app() -> None:
    with answering([problem(429, "Throttled", "86400")]) as (url, got):
        with refused("Throttled") as caught:
            Vodpass(url, "token").play("id")
        assert (caught.value.retry_after, caught.value.retriable, len(got)) == (86400, True, 1)


def test_misconfigured_is_not_repeated() -> None:
    with answering([problem(500, "Misconfigured")]) as (url, got):
        with refused("Misconfigured"):
            Vodpass(url, "token").play("id")
        assert len(got) == 1


def test_no_answer_is_a_network_error() -> None:
    with answering([PLAYABLE]) as (url, _):
        pass
    with refused("NetworkError") as caught:
        Vodpass(url, "token", retries=0).play("id")
    assert caught.value.retriable


def test_a_redirect_is_not_followed() -> None:
    with answering([PLAYABLE]) as (elsewhere, stolen):
        moved = (302, {"Location": elsewhere}, b"")
        with answering([moved]) as (url, _), refused("UnexpectedAnswer"):
            Vodpass(url, "token", retries=0).play("id")
        assert stolen == []


def test_a_401_asks_for_a_renewed_token_once() -> None:
    asked: list[bool] = []

    def provide(renew: bool) -> str:
        asked.append(renew)
        return "new" if renew else "old"

    with answering([problem(401, "InvalidToken"), PLAYABLE]) as (url, got):
        Vodpass(url, provide).play("id")
        assert [headers["Authorization"] for headers in got] == ["Bearer old", "Bearer new"]
    with answering([problem(401, "InvalidToken")]) as (url, got):
        with refused("InvalidToken") as caught:
            Vodpass(url, provide).play("id")
        assert len(got) == 2
        assert "new" not in str(caught.value)


@pytest.mark.parametrize("more", ["\n", "\r\n", "\nX-Other: 1", " ", "\x00", "é", "”", "\ud800"])
def test_a_token_that_no_header_can_hold_is_refused_without_quoting_it(more: str) -> None:
    """Such as one that was read from a file, with the end of its line."""
    for token_of in ("secret-token" + more, lambda _: "secret-token" + more):
        with (
            answering([PLAYABLE]) as (url, got),
            pytest.raises(ValueError, match=r"^the token") as e,
        ):
            Vodpass(url, token_of).play("id")
        assert got == []
        assert "secret-token" not in repr(e.value)
        assert told(e.value).count("secret-token") == 0


def test_what_cannot_work_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="http"):
        Vodpass("file:///etc/passwd", "token")
    with pytest.raises(ValueError, match="part_size"):
        Vodpass("https://vod.example.com", "token", part_size=PART - 1)
    with pytest.raises(ImportError, match="oss2"):
        Vodpass("https://vod.example.com", "token", sdk="boto3")
