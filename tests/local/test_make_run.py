"""`python -m local`, which `make run` starts: it serves everything, guards it and stops cleanly."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import oss2
import pytest

from fakealiyun.testing.mp4 import film
from local.checkout_keys import load_keys
from local.limits_store import LimitsStore
from tests.support import event_schemas
from tests.support.app_receiver import AppReceiver
from tests.support.ports import own_port
from tests.support.processes import alive, children
from tests.support.reply import Reply
from tests.support.waiting import wait_for

PROJECT = Path(__file__).resolve().parents[2]
READY = re.compile(
    r"vodpass ready: functions (http://127\.0\.0\.1:(\d+))  cloud (http://127\.0\.0\.1:(\d+))"
)
JSON = {"Content-Type": "application/json"}
FRONT_END = "http://localhost:5173"
ELSEWHERE = "https://app.example.com"
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()


@dataclass
class Run:
    """A running `python -m local`."""

    process: subprocess.Popen[str]
    url: str
    port: int
    cloud_url: str

    def call(
        self,
        target: str,
        *,
        method: str = "GET",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        data = body if body is None or isinstance(body, bytes) else json.dumps(body)
        try:
            connection.request(method, target, body=data, headers=dict(headers or {}))
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def token(self, body: Any, headers: Mapping[str, str] = JSON) -> Reply:
        return self.call("/_local/token", method="POST", body=body, headers=headers)


def start(**variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "local"],
        cwd=PROJECT,
        env={**os.environ, "PORT": "0", "CLOUD_PORT": "0", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ready(process: subprocess.Popen[str]) -> Run:
    assert process.stdout is not None
    line = process.stdout.readline()
    found = READY.match(line)
    if found is None:
        process.kill()
        raise AssertionError(f"not ready: {line!r} {process.communicate()!r}")
    return Run(process, found[1], int(found[2]), found[3])


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    process = start(
        DEVELOPER_SECRET="do not leak",
        VODPASS_REGION="cn-beijing",
        VODPASS_CORS_ORIGINS=f"{FRONT_END},{ELSEWHERE}",
    )
    served = ready(process)
    yield served
    process.terminate()
    process.communicate(timeout=30)


def test_limits_get_a_store_of_their_own_that_ends_with_it(limits_store: LimitsStore) -> None:
    assert limits_store.port, "redis-server is on this machine"
    process = start(VODPASS_LIMITS='{"plays_per_minute":2}', VODPASS_LIMITS_BUDGET="5000")
    run = ready(process)
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(2)]
    assert told[-1] == "limits: a redis-server of its own counts for all instances\n"
    token = run.token({"sub": "alice"}).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    target = f"/play?VideoId={'0' * 32}"
    assert [run.call(target, headers=headers).status for _ in range(3)] == [404, 404, 429]
    names = children(process.pid)
    assert "redis-server" in names.values()
    process.terminate()
    process.communicate(timeout=30)
    wait_for(lambda: not any(alive(pid) for pid in names), "every process has ended")


def test_the_start_says_where_the_page_is(run: Run) -> None:
    assert run.process.stdout is not None
    told = ""
    while not told.startswith("check it: "):
        told = run.process.stdout.readline()
        if told == f"page: open {run.url} in a browser\n":
            return
    pytest.fail(f"the last line was {told!r}")


def test_the_functions_accept_a_development_token(run: Run) -> None:
    before = int(time.time())
    answer = run.token({"sub": "alice"})
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    token = answer.json()["token"]
    keys = load_keys(PROJECT / ".local")
    assert jwt.get_unverified_header(token)["kid"] == keys.kid
    claims = jwt.decode(
        token, keys.secret, algorithms=["HS256"], audience="vodpass", issuer="vodpass-local"
    )
    assert claims["sub"] == "alice"
    assert set(claims["scope"].split()) == {"vod:upload", "vod:refresh", "vod:play", "vod:sts"}
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["iat"] >= before
    assert "vod" not in claims


def test_a_development_token_has_the_requested_claims(run: Run) -> None:
    asked = {"sub": "b", "scope": "vod:play", "vod": {"play": "*"}, "expires_in": 86400}
    claims = jwt.decode(run.token(asked).json()["token"], options={"verify_signature": False})
    assert (claims["scope"], claims["vod"]) == ("vod:play", {"play": "*"})
    assert claims["exp"] - claims["iat"] == 86400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sub": ""},
        {"sub": 5},
        {"sub": "a" * 129},
        {"sub": "\ud800"},
        {"sub": "a", "scope": "vod:everything"},
        {"sub": "a", "scope": ["vod:play"]},
        {"sub": "a", "vod": "*"},
        {"sub": "a", "vod": {"paly": "*"}},
        {"sub": "a", "expires_in": 0},
        {"sub": "a", "expires_in": 86401},
        {"sub": "a", "expires_in": 60.5},
        {"sub": "a", "expires_in": True},
        {"sub": "a", "iss": "mine"},
        [],
        b"{",
        b'{"sub": "a", "sub": "b"}',
    ],
)
def test_the_token_route_refuses_any_other_body(run: Run, body: Any) -> None:
    answer = run.token(body)
    assert answer.status == 400
    assert "token" not in answer.json()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 415),
        ({"Content-Type": "text/plain"}, 415),
        ({**JSON, "Origin": "https://evil.example"}, 403),
        ({**JSON, "Origin": "null"}, 403),
        ({**JSON, "Sec-Fetch-Site": "cross-site"}, 403),
        ({**JSON, "Host": "evil.example"}, 421),
    ],
)
def test_the_token_route_is_closed_to_foreign_pages(
    run: Run, headers: Mapping[str, str], status: int
) -> None:
    answer = run.token({"sub": "alice"}, headers)
    assert answer.status == status
    assert "Access-Control-Allow-Origin" not in answer.headers
    own = run.token({"sub": "alice"}, {**JSON, "Origin": run.url})
    assert own.status == 200


def preflight(run: Run, target: str, origin: str) -> Reply:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    return run.call(target, method="OPTIONS", headers=asked)


def test_a_front_end_on_another_port_gets_tokens_and_calls_the_functions(run: Run) -> None:
    allowed = preflight(run, "/_local/token", FRONT_END)
    assert allowed.status == 204
    assert allowed.headers["Access-Control-Allow-Origin"] == FRONT_END
    assert allowed.headers["Access-Control-Allow-Methods"] == "POST"
    assert allowed.headers["Access-Control-Allow-Headers"] == "Content-Type"
    issued = run.token({"sub": "alice"}, {**JSON, "Origin": FRONT_END})
    assert issued.status == 200
    assert issued.headers["Access-Control-Allow-Origin"] == FRONT_END
    bearer = {"Authorization": f"Bearer {issued.json()['token']}", "Origin": FRONT_END}
    played = run.call(f"/play?VideoId={'0' * 32}", headers=bearer)
    assert played.json()["Code"] == "VideoNotFound"
    assert played.headers["Access-Control-Allow-Origin"] == FRONT_END


@pytest.mark.parametrize("origin", [ELSEWHERE, "http://localhost:5174", "http://127.0.0.1:5173"])
def test_no_other_origin_gets_tokens(run: Run, origin: str) -> None:
    for answer in (
        preflight(run, "/_local/token", origin),
        run.token({"sub": "alice"}, {**JSON, "Origin": origin}),
    ):
        assert answer.status == 403
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/_local/token"),
        ("GET", "/_local/config"),
        ("GET", "/_local/events"),
        ("GET", "/_local/stream"),
        ("GET", "/_local/instances"),
        ("GET", "/_local/clock"),
        ("POST", "/_local/clock"),
        ("GET", "/_local/faults"),
        ("POST", "/_local/faults"),
        ("OPTIONS", "/_local/clock"),
        ("POST", "/_local/webhook"),
    ],
)
def test_no_other_control_route_opens_to_the_front_end(run: Run, method: str, target: str) -> None:
    answer = run.call(target, method=method, body={}, headers={**JSON, "Origin": FRONT_END})
    assert answer.status == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_page_moves_the_clouds_clock_and_sets_faults_through_the_gateway(run: Run) -> None:
    own = {**JSON, "Origin": run.url}
    before = run.call("/_local/clock", headers=own).json()["offset"]
    moved = run.call("/_local/clock", method="POST", body={"advance": 5}, headers=own).json()
    assert moved["offset"] == pytest.approx(before + 5)
    with urllib.request.urlopen(f"{run.cloud_url}/_local/clock") as answer:
        assert json.load(answer)["offset"] == pytest.approx(before + 5)
    fault = {"service": "sts", "action": "AssumeRole", "kind": "throttle", "count": 2}
    set_ = run.call("/_local/faults", method="POST", body=fault, headers=own)
    assert set_.json()["faults"] == [fault]
    cleared = run.call("/_local/faults", method="POST", body={"clear": True}, headers=own)
    assert cleared.json()["faults"] == []
    for route in ("state", "reset", "queues/vodpass-watch/messages"):
        assert run.call(f"/_local/{route}", method="POST", body={}, headers=own).status == 404


def test_the_configuration_for_the_page_contains_no_secret(run: Run) -> None:
    answer = run.call("/_local/config")
    config = answer.json()
    assert config["cloudUrl"] == run.cloud_url
    assert {"upload", "refresh", "play"} <= set(config["functions"])
    keys = load_keys(PROJECT / ".local")
    text = answer.body.decode()
    assert keys.kid not in text
    assert keys.owner_keys.partition(":")[2] not in text
    assert keys.callback_path not in text


def test_a_token_gets_an_upload_credential_from_the_fake_cloud(run: Run) -> None:
    token = run.token({"sub": "alice"}).json()["token"]
    answer = run.call(
        "/upload",
        method="POST",
        body={"FileName": "film.mp4"},
        headers={**JSON, "Authorization": f"Bearer {token}"},
    )
    assert answer.status == 200, answer.body
    assert {"VideoId", "UploadAddress", "UploadAuth"} <= set(answer.json())


def delivered(run: Run, video_id: str) -> list[dict[str, Any]]:
    """The bodies of the webhooks about a video that the receiver lists."""
    events = run.call("/_local/events").json()["events"]
    for event in events:
        event_schemas.check(event["body"])
    return [event["body"] for event in events if event["body"].get("subject") == video_id]


def move_clock(run: Run, seconds: int) -> None:
    asked = urllib.request.Request(
        f"{run.cloud_url}/_local/clock",
        data=json.dumps({"advance": seconds}).encode(),
        headers=JSON,
    )
    with urllib.request.urlopen(asked, timeout=60) as answer:
        assert answer.status == 200


def begin_upload(run: Run) -> dict[str, Any]:
    token = run.token({"sub": "alice"}).json()["token"]
    headers = {**JSON, "Authorization": f"Bearer {token}"}
    body = {"FileName": "film.mp4"}
    answer = run.call("/upload", method="POST", body=body, headers=headers).json()
    assert isinstance(answer, dict)
    return answer


def test_the_receiver_lists_verified_events_of_a_finished_upload(run: Run) -> None:
    upload = begin_upload(run)
    address, keys = (
        json.loads(base64.b64decode(upload[name])) for name in ("UploadAddress", "UploadAuth")
    )
    auth = oss2.StsAuth(
        keys["AccessKeyId"], keys["AccessKeySecret"], keys["SecurityToken"], auth_version="v1"
    )
    bucket = oss2.Bucket(auth, address["Endpoint"], address["Bucket"])
    bucket.put_object(address["FileName"], film())
    wait_for(
        lambda: (
            {"upload.completed", "video.ready"}
            <= {body["type"] for body in delivered(run, upload["VideoId"])}
        ),
        "both events arrive",
    )
    assert all(
        body["data"]["owner"] == "alice"
        for body in delivered(run, upload["VideoId"])
        if body["type"] == "upload.completed"
    )


def test_the_watch_follows_the_clouds_clock_also_after_a_reset(run: Run) -> None:
    asked = urllib.request.Request(f"{run.cloud_url}/_local/reset", data=b"{}", headers=JSON)
    with urllib.request.urlopen(asked, timeout=60) as answer:
        assert answer.status == 200
    video_id = begin_upload(run)["VideoId"]
    wait_for(lambda: delivered(run, video_id), "VOD calls back")
    move_clock(run, 2700)
    wait_for(
        lambda: "upload.expiring" in {body["type"] for body in delivered(run, video_id)},
        "the timer fires",
    )


def test_webhooks_go_to_the_developers_receiver_if_both_variables_are_set() -> None:
    receiver = AppReceiver()
    process = start(
        VODPASS_WEBHOOK_URL=receiver.url, VODPASS_WEBHOOK_SECRETS=f"{receiver.secret},{OTHER}"
    )
    try:
        served = ready(process)
        video_id = begin_upload(served)["VideoId"]
        wait_for(lambda: receiver.of(video_id), "the event arrives there")
        assert delivered(served, video_id) == []
        assert receiver.faults == []
    finally:
        process.terminate()
        process.communicate(timeout=30)
        receiver.close()


def refused(**variables: str) -> str:
    """What is printed if it cannot start with these variables."""
    process = start(**variables)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert output == ""
    return errors


def test_half_a_setting_is_refused() -> None:
    assert refused(VODPASS_WEBHOOK_URL="http://127.0.0.1:9/") == (
        "vodpass cannot start: VODPASS_WEBHOOK_URL needs VODPASS_WEBHOOK_SECRETS too; set all of "
        "them in .env.local or in the environment, or none\n"
    )


def test_with_another_issuer_there_are_no_development_tokens() -> None:
    key = {"kty": "oct", "kid": "mine", "alg": "HS256", "k": "b" * 64}
    process = start(
        VODPASS_JWT_KEYS=json.dumps({"keys": [key]}),
        VODPASS_JWT_ISSUER="https://login.example.com/",
        VODPASS_JWT_AUDIENCE="app",
        VODPASS_CORS_ORIGINS=FRONT_END,
    )
    try:
        served = ready(process)
        assert served.token({"sub": "alice"}).status == 404
        assert preflight(served, "/_local/token", FRONT_END).status == 404
        assert served.call("/_local/config").json()["issuesTokens"] is False
        secret = base64.urlsafe_b64decode("b" * 64)
        now = int(time.time())
        claims = {
            "iss": "https://login.example.com/",
            "aud": "app",
            "sub": "carol",
            "scope": "vod:play",
            "iat": now,
            "exp": now + 60,
        }
        own = jwt.encode(claims, secret, algorithm="HS256", headers={"kid": "mine"})
        answer = served.call(
            f"/play?VideoId={'0' * 32}", headers={"Authorization": f"Bearer {own}"}
        )
        assert answer.json()["Code"] == "VideoNotFound"
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_says_which_settings_it_uses() -> None:
    process = start(
        VODPASS_CORS_ORIGINS=FRONT_END,
        VODPASS_REGION="cn-beijing",
        VODPASS_OWNER_KEYS="replace me",
    )
    try:
        ready(process)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert lines == [
        "settings accepted from the environment: VODPASS_CORS_ORIGINS\n",
        "settings not used from the environment, because the local account has its own: "
        "VODPASS_REGION\n",
        "settings ignored, because the value is still 'replace me': VODPASS_OWNER_KEYS\n",
    ]


def test_functions_run_only_with_local_settings(run: Run) -> None:
    run.call("/play")
    [instance] = [
        found
        for found in run.call("/_local/instances").json()["instances"]
        if found["function"] == "play"
    ]
    variables = Path(f"/proc/{instance['pid']}/environ").read_bytes().split(b"\0")
    names = {variable.partition(b"=")[0] for variable in variables}
    assert {b"VODPASS_LOCAL", b"VODPASS_VOD_ENDPOINT", b"VODPASS_OWNER_KEYS"} <= names
    assert b"DEVELOPER_SECRET" not in names
    assert b"VODPASS_REGION=cn-shanghai" in variables


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_and_the_port_is_free_at_once(number: signal.Signals) -> None:
    port = own_port()
    process = start(PORT=str(port))
    run = ready(process)
    run.call("/play")
    pids = [found["pid"] for found in run.call("/_local/instances").json()["instances"]]
    assert pids
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "Traceback" not in output + errors
    assert not any(alive(pid) for pid in pids)
    again = start(PORT=str(port))
    try:
        assert ready(again).port == port
    finally:
        again.terminate()
        again.communicate(timeout=30)


@pytest.mark.parametrize("variable", ["PORT", "CLOUD_PORT"])
def test_a_port_in_use_is_reported_in_one_line(variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        process = start(**{variable: str(port)})
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert output == ""
    [line] = errors.splitlines()
    assert str(port) in line
    assert f"make run {variable}=" in line


@pytest.mark.parametrize("value", ["-1", "65536"])
def test_an_invalid_port_is_reported_in_one_line(value: str) -> None:
    process = start(PORT=value)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors == "vodpass cannot start: PORT must be a whole number from 0 to 65535\n"


def test_nothing_listens_beyond_loopback(run: Run) -> None:
    table = Path("/proc/net/tcp")
    if not table.exists():
        pytest.skip("the table of sockets is in /proc on Linux only")
    port = f"{run.port:04X}"

    def found() -> set[str]:
        lines = [line.split() for line in table.read_text().splitlines()[1:]]
        return {line[1] for line in lines if line[3] == "0A" and line[1].endswith(port)}

    # The table may lack a line when sockets come and go while it is read.
    listening = wait_for(found, "the gateway listens")
    assert f"0100007F:{port}" in listening
    assert f"00000000:{port}" not in listening


def test_the_printed_command_of_the_doctor_works_as_pasted() -> None:
    process = start(VODPASS_CORS_ORIGINS=FRONT_END)
    try:
        run = ready(process)
        assert process.stdout is not None
        command = ""
        while not command:
            command = process.stdout.readline().strip().partition("check it: ")[2]
        [settings] = re.findall(r"--settings (\S+)", command)
        assert (PROJECT / settings).stat().st_mode & 0o777 == 0o600
        move = {"advance": 7200}
        moved = run.call("/_local/clock", method="POST", body=move, headers=JSON)
        assert moved.status == 200
        done = subprocess.run(
            ["bash", "-eu", "-c", command],
            cwd=PROJECT,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "vodpass-upload: its policies and trust match ram/vodpass-upload" in done.stdout
        assert "the fake cloud's clock was moved" in done.stdout
        summary = done.stdout.splitlines()[-1]
        reasons = re.search(r"(?:^|\n)not checked:\n((?:  - .*\n(?:      .*\n)*)+)", done.stdout)
        assert reasons is not None
        count = reasons[1].count("  - ")
        assert summary == f"0 findings, 0 could not be checked, {count} not checked"
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert not (PROJECT / settings).exists()
