"""Answers of VOD that no one would expect, through the official client over a real connection.

Whatever comes, a caller of `Vod` gets a value, a refusal, or an exception that it knows.
"""

from __future__ import annotations

import base64
import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from shared.alibaba.client import Client
from shared.alibaba.codes import Rejected
from shared.alibaba.credentials import FunctionRole
from shared.alibaba.session import Session
from shared.alibaba.vod.codes import NotFoundAtVod
from shared.alibaba.vod.operations import VOD_SERVICE, Vod
from shared.alibaba.vod.records import Video
from shared.config.settings import Settings
from shared.errors import Refusal, UpstreamError

VIDEO_ID = "5b1c7e90d2a84f36ae0d9c41f7b86235"
OTHER_ID = "c04e2fa8916d4b7fb3a5d8e1076c92fd"
VIDEO = Video(VIDEO_ID, "Normal", None, None, 1, 1_800_000_000.0, 1_800_000_000.0)


class FakeVod:
    """Answers every request with `body`. `date` is the Date header."""

    def __init__(self) -> None:
        self.body = b"{}"
        self.date: str | None = None
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response_only(200)
                self.send_header("Date", fake.date or formatdate(usegmt=True))
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(fake.body)))
                self.end_headers()
                self.wfile.write(fake.body)

            def log_message(self, *_: Any) -> None:
                """Log nothing."""

        # With threads, so that a connection which a failure leaves open keeps no test from its end.
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        endpoint = f"127.0.0.1:{self._server.server_port}"
        settings = Settings(region="cn-shanghai", local=True, vod_endpoint=endpoint)
        role = FunctionRole({})
        key = SimpleNamespace(access_key_id="a", access_key_secret="b", security_token="c")
        role.use(SimpleNamespace(credentials=key))
        self._client = Client(VOD_SERVICE, settings, role)

    def vod(self) -> Vod:
        return Vod(Session(self._client, time.monotonic() + 20))

    def close(self) -> None:
        for transport in self._client._idle:
            for connection, _ in transport._resting.values():
                connection.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="module")
def running() -> Iterator[FakeVod]:
    with contextlib.closing(FakeVod()) as fake:
        yield fake


@pytest.fixture
def fake(running: FakeVod, monkeypatch: pytest.MonkeyPatch) -> FakeVod:
    monkeypatch.setattr("shared.alibaba.session._JITTER", 0.0)  # a retry need not wait here
    running.body, running.date = b"{}", None
    return running


CALLS: dict[str, tuple[str, Callable[[Vod], object]]] = {
    "create": ("VideoId", lambda vod: vod.create_upload_video({"title": "a"})),
    "create image": ("ImageId", lambda vod: vod.create_upload_image({"image_type": "default"})),
    "create attached": (
        "MediaId",
        lambda vod: vod.create_upload_attached_media({"business_type": "subtitle"}),
    ),
    "refresh": ("VideoId", lambda vod: vod.refresh_upload_video(VIDEO_ID)),
    "video": ("Video", lambda vod: vod.video(video_id=VIDEO_ID)),
    "video by mark": ("Video", lambda vod: vod.video(reference_id="v1")),
    "videos": ("VideoList", lambda vod: vod.video_infos([VIDEO_ID])),
    "absent videos": ("NonExistVideoIds", lambda vod: vod.video_infos([VIDEO_ID])),
    "source": ("Mezzanine", lambda vod: vod.with_source(VIDEO)),
    "image": ("ImageInfo", lambda vod: vod.image(VIDEO_ID)),
    "attached": ("AttachedMediaList", lambda vod: vod.attached_media(VIDEO_ID)),
    "absent attached": ("NonExistMediaIds", lambda vod: vod.attached_media(VIDEO_ID)),
    "list": ("VideoList", lambda vod: vod.videos(("Normal",), 0.0, 1, oldest_first=True)),
    "total": ("Total", lambda vod: vod.videos(("Normal",), 0.0, 1, oldest_first=True)),
    "delete": ("RequestId", lambda vod: vod.delete_video(VIDEO_ID)),
    "forbidden": ("ForbiddenVideoIds", lambda vod: vod.delete_video(VIDEO_ID)),
    "play": ("VideoMeta", lambda vod: vod.play_auth(VIDEO_ID, 100)),
}
"""What is called, and the member of the answer that is odd."""

SOUND = {
    "VideoId": VIDEO_ID,
    "Status": "Normal",
    "CreationTime": "2026-11-24T12:00:00Z",
}
ODD: list[Any] = [
    *(None, 5, -1, True, 1e300, "text", "", [], [5], ["text"], [None], [[]], {}, {"Video": 5}),
    *({"Video": [5]}, {"Video": "text"}, {"Video": {"VideoId": 5}}, {"VideoId": VIDEO_ID}),
    {**SOUND, "Size": "1", "UserData": [], "Title": 5, "Duration": [], "CoverURL": {}},
    {**SOUND, "CreationTime": "9999-99-99T99:99:99Z"},
    {**SOUND, "CreationTime": 10**30},
    [{**SOUND, "Status": None}],
    {"Video": [{**SOUND, "VideoId": []}]},
]


def outcome(call: Callable[[Vod], object], fake: FakeVod) -> object:
    """The value or the foreseen exception. Any other exception fails the test."""
    try:
        return call(fake.vod())
    except (Refusal, NotFoundAtVod, Rejected) as fault:
        return fault


@pytest.mark.parametrize("name", CALLS)
def test_a_member_of_another_type_is_foreseen(fake: FakeVod, name: str) -> None:
    member, call = CALLS[name]
    for odd in ODD:
        fake.body = json.dumps({"RequestId": "A", "Total": 1, **SOUND, member: odd}).encode()
        outcome(call, fake)


@pytest.mark.parametrize(
    "odd", [{**SOUND, "Status": None}, {**SOUND, "CreationTime": "soon"}, {"VideoId": VIDEO_ID}, {}]
)
def test_a_listed_video_that_cannot_be_read_hides_no_other(fake: FakeVod, odd: Any) -> None:
    listed = {"Video": [odd, {**SOUND, "VideoId": OTHER_ID}]}
    fake.body = json.dumps({"RequestId": "A", "Total": 2, "VideoList": listed}).encode()
    found, total = fake.vod().videos(("Normal",), 0.0, 1, oldest_first=True)
    assert [one and one.video_id for one in found] == [None, OTHER_ID]
    assert total == 2


@pytest.mark.parametrize("depth", [33, 500, 900, 2000, 100_000])
@pytest.mark.parametrize("name", CALLS)
def test_an_answer_that_is_nested_deep_is_refused(fake: FakeVod, name: str, depth: int) -> None:
    member, call = CALLS[name]
    for before, after in (("[", "]"), ('{"a":', "}")):
        nested = before * depth + "1" + after * depth
        fake.body = json.dumps({**SOUND, member: "NESTED"}).replace('"NESTED"', nested).encode()
        assert isinstance(outcome(call, fake), UpstreamError)


@pytest.mark.parametrize(
    "date",
    ["Fri, 31 Dec 9999 23:59:59 -2359", "soon", " ", "1" * 5000],
)
def test_a_date_that_is_no_time_is_refused(fake: FakeVod, date: str) -> None:
    fake.body, fake.date = json.dumps({"Video": SOUND}).encode(), date
    assert isinstance(outcome(lambda vod: vod.video(video_id=VIDEO_ID), fake), UpstreamError)


ANOTHER = {**SOUND, "VideoId": OTHER_ID, "Size": 5, "FileMD5": "0" * 32}


@pytest.mark.parametrize("name", ["refresh", "video", "source", "play"])
def test_an_answer_for_another_video_is_refused(fake: FakeVod, name: str) -> None:
    """A credential for it would be a power over somebody else's video."""
    pair = credential_of(OTHER_ID)
    meta = {"VideoMeta": ANOTHER, "PlayAuth": "a"}
    fake.body = json.dumps({**pair, **meta, "Video": ANOTHER, "Mezzanine": ANOTHER}).encode()
    assert isinstance(outcome(CALLS[name][1], fake), UpstreamError)
    fake.body = fake.body.replace(OTHER_ID.encode(), VIDEO_ID.encode())
    assert not isinstance(outcome(CALLS[name][1], fake), Exception)


def credential_of(video_id: str) -> dict[str, str]:
    """The upload credential of an answer."""
    keys = ("AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration")
    address = ("Endpoint", "Bucket", "FileName")
    return {
        "VideoId": video_id,
        "UploadAuth": encoded(dict.fromkeys(keys, "a")),
        "UploadAddress": encoded(dict.fromkeys(address, "a")),
    }


def encoded(value: Any) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize("deep", ["UploadAuth", "UploadAddress"])
def test_a_credential_that_is_nested_deep_is_refused(fake: FakeVod, deep: str) -> None:
    nested = base64.b64encode(b"[" * 50_000).decode()
    fake.body = json.dumps({**credential_of(VIDEO_ID), deep: nested}).encode()
    for name in ("create", "refresh"):
        assert isinstance(outcome(CALLS[name][1], fake), UpstreamError)


PARTS = [
    *[("UploadAuth", name) for name in ("AccessKeyId", "AccessKeySecret", "SecurityToken")],
    *[("UploadAddress", name) for name in ("Endpoint", "Bucket", "FileName")],
]


@pytest.mark.parametrize(("half", "part"), PARTS)
@pytest.mark.parametrize("odd", [None, "", 5, True, [], {}], ids=repr)
def test_a_credential_whose_parts_are_no_text_is_refused(
    fake: FakeVod, half: str, part: str, odd: Any
) -> None:
    """The official clients hang on a malformed pair."""
    pair = credential_of(VIDEO_ID)
    fake.body = json.dumps(
        {**pair, half: encoded({**json.loads(base64.b64decode(pair[half])), part: odd})}
    ).encode()
    for name in ("create", "refresh"):
        assert isinstance(outcome(CALLS[name][1], fake), UpstreamError)
