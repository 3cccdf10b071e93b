"""The receivers of the guide, in each language that this machine has."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.stack import PROJECT
from shared.events.event import Event
from shared.events.webhook import NotDelivered, Webhook, sign
from tests.docs.guides.test_bodies import shown
from tests.support.waiting import PATIENCE

SAMPLES = PROJECT / "docs" / "examples"
FIRST, SECOND, FOREIGN = b"first" * 5, bytes(range(64)), b"foreign!" * 4


@dataclass
class Receiver:
    """A running sample. It knows the secrets FIRST and SECOND."""

    process: subprocess.Popen[str]
    port: int

    def deliver(self, event: Event, *known: bytes) -> bool:
        """Whether it accepts a delivery from vodpass, signed with these secrets."""
        url = f"http://127.0.0.1:{self.port}/webhooks/vod?a=b"
        try:
            Webhook(url, known, private=True).deliver(event, 10)
        except NotDelivered:
            return False
        return True

    def post(self, body: bytes, headers: dict[str, str]) -> int:
        """The status of its answer to a request by hand."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("POST", "/", body, headers)
            return connection.getresponse().status

    def noted(self) -> list[str]:
        """The lines that it printed since the last call: one for each event."""
        last = event(type="vod.event", subject=secrets.token_hex(16))
        assert self.deliver(last, FIRST)
        assert self.process.stdout is not None
        lines: list[str] = []
        while not lines or lines[-1] != f"vod.event {last.content['subject']}":
            lines.append(self.process.stdout.readline().strip())
            assert lines[-1], "the receiver has ended"
        # Other lines come from the server library.
        return [line for line in lines[:-1] if line.startswith(("upload.", "video.", "media."))]


def command(name: str, folder: Path) -> list[str]:
    """The command that runs a sample. Skips if this machine lacks the language."""
    if name.endswith(".py"):
        return [sys.executable, str(SAMPLES / name)]
    tool = shutil.which("node" if name.endswith(".mjs") else "go")
    if tool is None:
        pytest.skip(f"this machine cannot run {name}")
    if name.endswith(".mjs"):
        return [tool, str(SAMPLES / name)]
    built = folder / "receiver"
    subprocess.run([tool, "build", "-o", str(built), str(SAMPLES / name)], check=True)
    return [str(built)]


@pytest.fixture(
    scope="module",
    params=[
        "receiver.py",
        "receiver.mjs",
        # The first build also compiles the Go standard library.
        pytest.param("receiver.go", marks=pytest.mark.timeout(600)),
    ],
)
def sample(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], subprocess.Popen[str]]:
    """Starts a receiver of the guide with a text of VODPASS_WEBHOOK_SECRETS."""
    run = command(request.param, tmp_path_factory.mktemp("sample"))
    return lambda secrets: started(run, secrets)


def started(run: list[str], known: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        run,
        env={**os.environ, "VODPASS_WEBHOOK_SECRETS": known, "PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def text_of(*secrets: bytes) -> str:
    return ",".join("whsec_" + base64.b64encode(one).decode() for one in secrets)


@pytest.fixture(scope="module")
def receiver(sample: Callable[[str], subprocess.Popen[str]]) -> Iterator[Receiver]:
    process = sample(text_of(FIRST, SECOND))
    assert process.stdout is not None
    with process:
        first = process.stdout.readline()
        try:
            assert first.startswith("listening on http://127.0.0.1:"), first
            yield Receiver(process, int(first.rpartition(":")[2]))
        finally:
            process.kill()


@pytest.mark.parametrize(
    "known",
    [
        "",
        ",",
        "whsec_",
        text_of(b"s" * 23),
        text_of(FIRST) + ",",
        text_of(FIRST, b""),
        text_of(FIRST, b"short"),
        text_of(FIRST)[:-1],
        "whsec_" + "!" * 40,
        "a secret that is no base64 but long enough",
    ],
)
def test_does_not_start_with_an_empty_or_short_secret(
    sample: Callable[[str], subprocess.Popen[str]], known: str
) -> None:
    with sample(known) as process:
        assert process.stdout is not None
        try:
            said = process.stdout.readline()
            assert not said.startswith("listening"), "it started"
            said += process.stdout.read()
        finally:
            process.kill()
        assert process.wait() != 0
    for secret in known.split(","):
        assert len(secret) < 10 or secret not in said


def event(name: str = "upload_completed", **changes: Any) -> Event:
    """An event of the guide with a new id."""
    event_id = f"vp_{secrets.token_hex(16)}"
    return Event(event_id, {**shown(name), "id": event_id, **changes})


def signed(
    secret: bytes = FIRST,
    *,
    age: int = 0,
    moment: str | None = None,
    later: int = 0,
    body: bytes | None = None,
    **changes: str | None,
) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a delivery, signed `age` seconds ago, or at `moment`, a text. `later`
    seconds are added to the header only. `changes` replace headers; None removes one."""
    content = event()
    given = json.dumps(content.content).encode()
    timestamp = str(int(time.time()) - age) if moment is None else moment
    headers: dict[str, str | None] = {
        "webhook-id": content.event_id,
        "webhook-timestamp": str(int(timestamp) + later) if later else timestamp,
        "webhook-signature": sign((secret,), content.event_id, timestamp, given),
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    kept = {name: value for name, value in headers.items() if value is not None}
    return given if body is None else body, kept


def test_accepts_what_vodpass_signs_and_counts_each_event_once(receiver: Receiver) -> None:
    receiver.noted()
    first, second = event(), event("media_deleted")
    for known in ((FIRST,), (SECOND,), (FOREIGN, FIRST), (FIRST, FOREIGN)):
        assert receiver.deliver(first, *known)
    assert receiver.deliver(second, FIRST)
    lines = [f"{one.content['type']} {one.content['subject']}" for one in (first, second)]
    assert receiver.noted() == lines


def test_accepts_any_text(receiver: Receiver) -> None:
    receiver.noted()
    data = {**shown("upload_completed")["data"], "owner": 'é 雪 \U0001f3bf "\\\n'}
    assert receiver.deliver(event(data=data), FIRST)
    unicode = {"id": "vp_1", "type": "video.ready", "subject": "雪"}
    body = json.dumps(unicode, ensure_ascii=False).encode()
    timestamp = str(int(time.time()))
    signature = sign((SECOND,), "vp_1", timestamp, body)
    headers = {"Webhook-Id": "vp_1", "WEBHOOK-TIMESTAMP": timestamp}
    assert receiver.post(body, {**headers, "webhook-signature": f"v1a,AAAA {signature}"}) == 204
    assert receiver.noted()[1:] == ["video.ready 雪"]


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": FOREIGN},
        {"age": 302},
        {"age": -310},  # it comes nearer until the receiver judges it
        {"body": b"{}"},
        {"body": b""},
        {"webhook_id": "vp_another"},
        {"webhook_id": None},
        {"webhook_timestamp": None},
        {"moment": ""},
        {"moment": "soon"},
        {"moment": "NaN"},
        {"moment": "9" * 400},
        {"moment": "-" + "9" * 5000},
        {"later": 1},
        {"age": 302, "later": 302},
        {"webhook_signature": None},
        {"webhook_signature": ""},
        {"webhook_signature": "v1"},
        {"webhook_signature": "v1,"},
        {"webhook_signature": "v1,AAAA"},
        {"webhook_signature": "v1," + "é" * 44},
        {"webhook_signature": "v2," + "A" * 43 + "="},
    ],
    ids=repr,
)
def test_refuses_a_wrong_signature_or_time(receiver: Receiver, changes: dict[str, Any]) -> None:
    assert receiver.post(*signed()) == 204
    assert receiver.post(*signed(**changes)) == 401


def test_does_not_remember_an_event_that_it_refused(receiver: Receiver) -> None:
    receiver.noted()
    refused = event("video_failed")
    assert not receiver.deliver(refused, FOREIGN)
    assert receiver.noted() == []
    assert receiver.deliver(refused, FIRST)
    assert receiver.noted() == [f"video.failed {refused.content['subject']}"]


def test_keeps_running_after_invalid_requests(receiver: Receiver) -> None:
    for content in (b"x" * 2 * 1024 * 1024, b"\0" * 100):
        with contextlib.suppress(OSError, http.client.HTTPException):
            assert receiver.post(*signed(body=content)) >= 400
    with contextlib.suppress(OSError, http.client.HTTPException):
        assert receiver.post(b"", {**signed()[1], "Content-Length": "-5"}) >= 400
    assert receiver.deliver(event(), SECOND)


def test_a_sender_that_stops_in_the_middle_holds_nobody_up(receiver: Receiver) -> None:
    """Anybody who reaches the receiver could keep it from taking events."""
    begun = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=PATIENCE) as connection:
        connection.sendall(begun)
        assert receiver.deliver(event(), FIRST)
