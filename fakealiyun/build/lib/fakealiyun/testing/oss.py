"""Calls OSS like its clients: oss2, ali-oss in a browser, and plain HTTP requests."""

from __future__ import annotations

import hashlib
import http.client
import re
import warnings
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import quote

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential

with warnings.catch_warnings():
    # When Python compiles oss2 for the first time, it warns of escapes in its strings.
    warnings.simplefilter("ignore")
    import oss2

BUCKET = "outin-00000000000011ee0000000000000000"
PAGE = "http://app.example:8080"
ASKED = "authorization,content-md5,content-type,x-oss-date,x-oss-notification,x-oss-security-token"
"""The headers that ali-oss asks for in a preflight."""


def sdk(cloud: FakeCloud, credential: Credential, version: str = "v1") -> oss2.Bucket:
    """An oss2 bucket, made like a client of an UploadAddress makes it."""
    auth = oss2.StsAuth(
        credential.access_key_id,
        credential.access_key_secret,
        credential.security_token,
        auth_version=version,
    )
    return oss2.Bucket(auth, cloud.url, BUCKET, region="cn-shanghai")


def md5(data: bytes) -> bytes:
    """The MD5 of `data`, for ETags and Content-MD5."""
    return hashlib.md5(data, usedforsecurity=False).digest()


@dataclass(frozen=True)
class OssReply:
    """An HTTP answer of OSS. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def element(self, name: str) -> str:
        """The text of an XML element. Empty if there is none."""
        found = re.search(f"<{name}>(.*?)</{name}>", self.body.decode(), re.DOTALL)
        return found[1] if found else ""

    @property
    def code(self) -> str:
        """The error code."""
        return self.element("Code")


def send(
    cloud: FakeCloud,
    method: str,
    target: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    *,
    host: str | None = None,
) -> OssReply:
    """Send a request with exactly these headers, and Content-Length if it has a body."""
    connection = http.client.HTTPConnection(cloud.endpoint, timeout=30)
    with closing(connection):
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host or cloud.endpoint)
        for name, value in (headers or {}).items():
            connection.putheader(name, value.encode())
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        with connection.getresponse() as response:
            content = response.read()
            found = {name.lower(): value for name, value in response.getheaders()}
            return OssReply(response.status, found, content)


def browser_headers(
    credential: Credential,
    method: str,
    key: str,
    *,
    bucket: str = BUCKET,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    at: float | None = None,
) -> dict[str, str]:
    """The headers that ali-oss sends in a browser: signature V1, `x-oss-date`, the token signed.

    oss2 makes the signature, so that the fake's own code is not tested against itself.
    """
    request = oss2.http.Request(
        method,
        "http://unused.example",
        params=dict(query or {}),
        headers={"x-oss-date": formatdate(at, usegmt=True), **(headers or {})},
    )
    auth = oss2.StsAuth(
        credential.access_key_id, credential.access_key_secret, credential.security_token
    )
    auth._sign_request(request, bucket, key)
    ours = {name: str(value) for name, value in request.headers.items()}
    for name in ("date", "Date", "User-Agent", "Accept-Encoding"):
        ours.pop(name, None)
    return ours


def browser(
    cloud: FakeCloud,
    credential: Credential,
    method: str,
    key: str,
    body: bytes | None = None,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    signed_key: str | None = None,
    bucket: str = BUCKET,
) -> OssReply:
    """Send a request like ali-oss with an IP endpoint: without a bucket in the URL."""
    text = "&".join(f"{quote(n)}={quote(v, safe='')}" for n, v in (query or {}).items())
    return send(
        cloud,
        method,
        "/" + quote(key) + (f"?{text}" if text else ""),
        browser_headers(
            credential,
            method,
            key if signed_key is None else signed_key,
            query=query,
            headers=headers,
            bucket=bucket,
        ),
        body,
    )


def preflight(
    cloud: FakeCloud,
    target: str,
    method: str = "PUT",
    *,
    origin: str = PAGE,
    asked: str = ASKED,
    host: str | None = None,
) -> OssReply:
    """Send the preflight that a browser sends before the request of a page."""
    headers = {"Origin": origin, "Access-Control-Request-Method": method}
    if asked:
        headers["Access-Control-Request-Headers"] = asked
    return send(cloud, "OPTIONS", target, headers, host=host)
