"""Form uploads: with a signed policy a browser can post one file."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.oss import signature_v1, signature_v4
from fakealiyun.testing.oss import BUCKET, OssReply, send
from tests.oss.conftest import Issue, PassTime

BOUNDARY = "----form7MA4YWxkTrZu0gW"
PAGE = {"Origin": "http://app.example"}


def policy(*conditions: Any, seconds: float = 600) -> str:
    until = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    document = {
        "expiration": until.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "conditions": [
            {"bucket": BUCKET},
            ["starts-with", "$key", "u/42/"],
            *conditions,
        ],
    }
    return base64.b64encode(json.dumps(document).encode()).decode()


def fields_v1(credential: Credential, encoded: str) -> dict[str, str]:
    return {
        "OSSAccessKeyId": credential.access_key_id,
        "policy": encoded,
        "Signature": signature_v1.signature(credential.access_key_secret, encoded.encode()),
        "x-oss-security-token": credential.security_token or "",
    }


def fields_v4(credential: Credential, encoded: str, *, ago: float = 0) -> dict[str, str]:
    at = datetime.fromtimestamp(datetime.now(timezone.utc).timestamp() - ago, timezone.utc)
    date_time = at.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{date_time[:8]}/cn-shanghai/oss/aliyun_v4_request"
    return {
        "x-oss-signature-version": "OSS4-HMAC-SHA256",
        "x-oss-credential": f"{credential.access_key_id}/{scope}",
        "x-oss-date": date_time,
        "policy": encoded,
        "x-oss-signature": signature_v4.signature(
            credential.access_key_secret, date_time[:8], "cn-shanghai", encoded.encode()
        ),
        "x-oss-security-token": credential.security_token or "",
    }


def form(fields: dict[str, str], file: bytes | None = b"content") -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    if file is not None:
        parts.append(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a b.mp4"\r\n'
            "Content-Type: video/mp4\r\n\r\n".encode()
            + file
            + b"\r\n"
        )
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def post(
    cloud: FakeCloud,
    fields: dict[str, str],
    file: bytes | None = b"content",
    *,
    key: str = "u/42/${filename}",
    body: bytes | None = None,
) -> OssReply:
    headers = {**PAGE, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    content = form({"key": key, **fields}, file) if body is None else body
    port = cloud.endpoint.partition(":")[2]
    return send(cloud, "POST", "/", headers, content, host=f"{BUCKET}.oss.localhost:{port}")


def test_a_form_with_either_signature(cloud: FakeCloud, owner: Credential) -> None:
    told = []
    cloud.storage.on_stored(lambda stored: told.append(stored.key))
    for number, fields in enumerate((fields_v1, fields_v4)):
        file = f"content {number}".encode()
        reply = post(cloud, fields(owner, policy()), file)
        assert (reply.status, reply.body) == (204, b"")
        assert reply.headers["etag"]
        assert reply.headers["access-control-allow-origin"] == "*"
        stored = cloud.storage.get(BUCKET, "u/42/a b.mp4")
        assert stored is not None
        assert stored.path.read_bytes() == file
        assert stored.content_type == "video/mp4"
    assert told == ["u/42/a b.mp4"] * 2


def test_a_form_in_path_style(cloud: FakeCloud, owner: Credential) -> None:
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    content = form({"key": "u/42/x", **fields_v1(owner, policy())})
    assert send(cloud, "POST", f"/{BUCKET}/", headers, content).status == 204
    assert send(cloud, "POST", f"/{BUCKET}", headers, content).status == 204


@pytest.mark.parametrize(
    ("asked", "status"), [("200", 200), ("201", 201), ("204", 204), ("x", 204)]
)
def test_the_status_that_the_form_asks_for(
    cloud: FakeCloud, owner: Credential, asked: str, status: int
) -> None:
    fields = {**fields_v1(owner, policy()), "success_action_status": asked}
    reply = post(cloud, fields)
    assert reply.status == status
    if status == 201:
        assert reply.element("Key") == "u/42/a b.mp4"
        assert reply.element("Location").endswith("/u/42/a%20b.mp4")


def test_a_key_outside_the_policy(cloud: FakeCloud, owner: Credential) -> None:
    reply = post(cloud, fields_v1(owner, policy()), key="u/43/a.mp4")
    assert (reply.status, reply.code) == (403, "AccessDenied")
    assert "Policy" in reply.element("Message")
    assert cloud.storage.objects(BUCKET) == []


def test_a_policy_for_another_bucket(cloud: FakeCloud, owner: Credential) -> None:
    encoded = policy({"bucket": "other-bucket"})
    assert post(cloud, fields_v1(owner, encoded)).code == "AccessDenied"


@pytest.mark.parametrize(
    ("condition", "value", "allowed"),
    [
        (["eq", "$x-oss-meta-a", "1"], "1", True),
        (["eq", "$x-oss-meta-a", "1"], "2", False),
        ({"x-oss-meta-a": "1"}, "1", True),
        ({"X-OSS-META-A": "1"}, "", False),
        (["in", "$x-oss-meta-a", ["1", "2"]], "2", True),
        (["in", "$x-oss-meta-a", ["1", "2"]], "3", False),
        (["not-in", "$x-oss-meta-a", ["1", "2"]], "3", True),
        (["not-in", "$x-oss-meta-a", ["1", "2"]], "2", False),
        (["starts-with", "$x-oss-meta-a", ""], "anything", True),
        (["eq", "$content-type", "video/mp4"], "", True),
        (["eq", "$content-type", "image/png"], "", False),
    ],
)
def test_conditions(
    cloud: FakeCloud, owner: Credential, condition: Any, value: str, allowed: bool
) -> None:
    fields = fields_v1(owner, policy(condition))
    reply = post(cloud, {**fields, "x-oss-meta-a": value})
    assert reply.status == (204 if allowed else 403)


def test_the_size_that_a_policy_allows(cloud: FakeCloud, owner: Credential) -> None:
    fields = fields_v1(owner, policy(["content-length-range", 2, 4]))
    assert post(cloud, fields, b"1").code == "EntityTooSmall"
    assert post(cloud, fields, b"12345").code == "EntityTooLarge"
    assert cloud.storage.objects(BUCKET) == []
    assert post(cloud, fields, b"1234").status == 204


@pytest.mark.parametrize(
    ("ranges", "allowed"),
    [
        ([(2, 4), (0, 1000)], {2, 4}),
        ([(0, 1000), (2, 4)], {2, 4}),
        ([(0, 4), (2, 1000), (1, 5)], {2, 4}),
        ([(2, 2), (5, 5)], set()),
        ([(5, 5), (2, 2)], set()),
    ],
)
def test_every_range_of_sizes_must_hold(
    cloud: FakeCloud, owner: Credential, ranges: list[tuple[int, int]], allowed: set[int]
) -> None:
    fields = fields_v1(owner, policy(*(["content-length-range", *pair] for pair in ranges)))
    replies = {size: post(cloud, fields, b"x" * size) for size in (1, 2, 4, 5)}
    assert {size for size, reply in replies.items() if reply.status == 204} == allowed
    refusals = {reply.code for reply in replies.values() if reply.status != 204}
    assert refusals <= {"EntityTooSmall", "EntityTooLarge"}


@pytest.mark.parametrize("fields_of", [fields_v1, fields_v4])
def test_a_policy_ends_by_the_clock_of_who_signed_it(
    cloud: FakeCloud,
    owner: Credential,
    pass_time: PassTime,
    fields_of: Callable[[Credential, str], dict[str, str]],
) -> None:
    cloud.clock.advance(1000)
    fields = fields_of(owner, policy())
    assert post(cloud, fields).status == 204
    pass_time(599)
    assert post(cloud, fields).status == 204
    pass_time(601)
    late = post(cloud, fields)
    assert (late.status, late.code) == (403, "AccessDenied")
    assert "expired" in late.element("Message")


def test_a_policy_ends_with_its_token(cloud: FakeCloud, issue: Issue) -> None:
    fields = fields_v1(issue(lifetime=900), policy(seconds=6000))
    assert post(cloud, fields).status == 204
    cloud.clock.advance(901)
    assert post(cloud, fields).code == "SecurityTokenExpired"


def test_who_signed(cloud: FakeCloud, owner: Credential, issue: Issue) -> None:
    for make in (fields_v1, fields_v4):
        good = make(owner, policy())
        changed = {**good, "policy": policy(seconds=6000)}
        assert post(cloud, changed).code == "SignatureDoesNotMatch"
        other = {**good, "x-oss-security-token": issue().security_token or ""}
        assert post(cloud, other).code == "AccessKeyIdAndSecurityTokenNotMatch"
        without = {n: v for n, v in good.items() if n != "x-oss-security-token"}
        assert post(cloud, without).code == "InvalidAccessKeyId"
    expiring = issue(lifetime=900)
    cloud.clock.advance(901)
    assert post(cloud, fields_v1(expiring, policy())).code == "SecurityTokenExpired"
    assert cloud.storage.objects(BUCKET) == []


def test_a_v4_form_signed_long_ago(cloud: FakeCloud, owner: Credential) -> None:
    reply = post(cloud, fields_v4(owner, policy(), ago=901))
    assert reply.code == "RequestTimeTooSkewed"


def test_a_credential_for_another_object(cloud: FakeCloud, issue: Issue) -> None:
    credential = issue(f"{BUCKET}/u/42/mine.mp4")
    fields = fields_v1(credential, policy())
    assert post(cloud, fields, key="u/42/mine.mp4").status == 204
    reply = post(cloud, fields, key="u/42/theirs.mp4")
    assert (reply.code, reply.element("EC")) == ("AccessDenied", "0003-00000301")


def test_a_form_without_policy(cloud: FakeCloud) -> None:
    assert post(cloud, {}).code == "AccessDenied"


@pytest.mark.parametrize(
    "encoded",
    [
        "not base64!",
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b"{}").decode(),
        base64.b64encode(b'{"expiration":"2999-01-01T00:00:00Z"}').decode(),
        base64.b64encode(b'{"expiration":1,"conditions":[]}').decode(),
        base64.b64encode(b'{"expiration":"2999-13-01T00:00:00Z","conditions":[]}').decode(),
        base64.b64encode(b'{"expiration":"2999-01-01T00:00:00Z","conditions":{}}').decode(),
        base64.b64encode(
            b'{"expiration":"2999-01-01T00:00:00Z","conditions":[["like","$key","*"]]}'
        ).decode(),
        base64.b64encode(
            b'{"expiration":"2999-01-01T00:00:00Z","conditions":[["content-length-range",9,1]]}'
        ).decode(),
        base64.b64encode(
            b'{"expiration":"2999-01-01T00:00:00Z","conditions":[["eq","key","x"]]}'
        ).decode(),
        base64.b64encode(b"[" * 20_000).decode(),
    ],
)
def test_a_policy_that_is_none(cloud: FakeCloud, owner: Credential, encoded: str) -> None:
    reply = post(cloud, fields_v1(owner, encoded))
    assert (reply.status, reply.code) == (400, "InvalidPolicyDocument")


def test_a_form_that_is_none(cloud: FakeCloud, owner: Credential) -> None:
    good = fields_v1(owner, policy())
    file_missing = post(cloud, good, None)
    nonsense = post(cloud, {}, body=b"nonsense")
    empty = post(cloud, {}, body=b"")
    nameless = post(cloud, {**good, "": "x"})
    huge = post(cloud, {**good, "x-oss-meta-a": "x" * 70_000})
    for reply in (file_missing, nonsense, empty, nameless, huge):
        assert (reply.status, reply.code) == (400, "MalformedPOSTRequest"), reply.body
    assert post(cloud, good, key="").code == "InvalidArgument"
    assert cloud.storage.objects(BUCKET) == []


def test_a_form_that_breaks_off_leaves_nothing(cloud: FakeCloud, owner: Credential) -> None:
    whole = form({"key": "u/42/a", **fields_v1(owner, policy())}, b"x" * 100_000)
    host, _, port = cloud.endpoint.partition(":")
    connection = socket.create_connection((host, int(port)), timeout=30)
    connection.sendall(
        f"POST /{BUCKET}/ HTTP/1.1\r\nHost: {cloud.endpoint}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        f"Content-Length: {len(whole)}\r\n\r\n".encode()
        + whole[:50_000]
    )
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65536):
        pass
    connection.close()
    assert cloud.storage.objects(BUCKET) == []
    assert list(cloud.storage.folder.iterdir()) == []
