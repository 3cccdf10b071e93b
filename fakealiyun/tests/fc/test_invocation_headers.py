"""What an invocation answers, the temporary bucket's hosts, and errors for the old client."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fakealiyun import FakeCloud
from fakealiyun.fc.compute import LATEST, Compute
from fakealiyun.fc.operations.invocation import _answer
from fakealiyun.fc.state import Function
from fakealiyun.testing.fc import Fc
from fakealiyun.testing.vod import JsonReply, send

TOKEN = "/2016-08-15/tempBucketToken"
INSTANCE = "c-6a2b1f00-1b2c3d4e-0a1b2c3d4e5f"


@dataclass
class Returned:
    payload: bytes = b"{}"
    error_type: str | None = None
    log_tail: bytes = b""
    instance_id: str = INSTANCE


class Runner:
    """A runner whose functions all return the same."""

    async def put(self, _deployed: object) -> None: ...

    async def invoke(self, *_: object) -> Returned:
        return Returned()

    def url(self, name: str, _qualifier: str) -> str:
        return f"http://127.0.0.1/{name}"

    def clear(self) -> None: ...


def test_an_invocation_names_the_instance(fc: Fc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fc.cloud.fc._context, "compute", cast(Compute, Runner()))
    fc.create("shop-upload")
    answer = fc.invoke("shop-upload")
    assert answer.headers["x-fc-instance-id"] == INSTANCE


def test_without_an_instance_none_is_named() -> None:
    code = SimpleNamespace(checksum="1")
    function = cast(Function, SimpleNamespace(package=code, version=lambda _qualifier: None))
    answer = _answer(function, LATEST, Returned(instance_id=""), tail=False)
    assert "X-Fc-Instance-Id" not in answer.headers


def old_call(cloud: FakeCloud, path: str = TOKEN, **changes: Any) -> JsonReply:
    """A call signed as the client of 2016-08-15 signs it."""
    date = formatdate(usegmt=True)
    message = f"GET\n\n\n{date}\n{path}"
    secret = cloud.admin.access_key_secret.encode()
    digest = hmac.new(secret, message.encode(), hashlib.sha256).digest()
    authorization = f"FC {cloud.admin.access_key_id}:{base64.b64encode(digest).decode()}"
    headers = {"Date": date, "Authorization": authorization, **changes}
    return send(cloud, "GET", path, headers)


@pytest.mark.parametrize("where", ["oss-accelerate", "oss-cn-hangzhou"])
def test_code_can_be_sent_to_each_host_of_the_temporary_bucket(fc: Fc, where: str) -> None:
    given = old_call(fc.cloud).json()
    keys, bucket = given["credentials"], given["ossBucket"]
    name = f"{fc.cloud.account_id}/{given['objectName']}"
    date = formatdate(usegmt=True)
    token = keys["SecurityToken"]
    message = f"PUT\n\n\n{date}\nx-oss-security-token:{token}\n/{bucket}/{name}"
    digest = hmac.new(keys["AccessKeySecret"].encode(), message.encode(), hashlib.sha1).digest()
    headers = {
        "Host": f"{bucket}.{where}.aliyuncs.com",
        "Date": date,
        "x-oss-security-token": token,
        "Authorization": f"OSS {keys['AccessKeyId']}:{base64.b64encode(digest).decode()}",
    }
    assert send(fc.cloud, "PUT", f"/{name}", headers, b"zip").status == 200
    (stored,) = fc.cloud.storage.objects(bucket)
    assert stored.key == name


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"Authorization": "FC LTAInobody:x"}, TOKEN, "InvalidAccessKeyID"),
        ({"Date": "yesterday"}, TOKEN, "InvalidArgument"),
        ({}, "/2016-08-15/services", "PathNotSupported"),
    ],
)
def test_an_error_has_the_fields_that_the_old_client_reads(
    fc: Fc, changes: dict[str, str], path: str, code: str
) -> None:
    answer = old_call(fc.cloud, path, **changes)
    assert answer.status in (400, 403)
    assert list(answer.json()) == ["ErrorCode", "ErrorMessage"]
    assert answer.json()["ErrorCode"] == code
    assert answer.headers["X-Fc-Request-Id"]


def test_newer_versions_keep_their_fields(fc: Fc) -> None:
    answer = send(fc.cloud, "GET", "/2023-03-30/functions")
    assert list(answer.json()) == ["RequestId", "Code", "Message"]
