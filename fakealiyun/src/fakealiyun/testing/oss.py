"""OSS as its clients speak it: oss2, a browser's ali-oss, and bytes on a socket."""

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
    # Compiled for the first time, oss2 warns of escapes in its own texts.
    warnings.simplefilter("ignore")
    import oss2

BUCKET = "outin-00000000000011ee0000000000000000"
PAGE = "http://app.example:8080"
#: What ali-oss sends along.
ASKED = "authorization,content-md5,content-type,x-oss-date,x-oss-notification,x-oss-security-token"


def sdk(cloud: FakeCloud, credential: Credential, version: str = "v1") -> oss2.Bucket:
    """oss2 on the bucket, as a client of UploadAddress would set it up."""
    auth = oss2.StsAuth(
        credential.access_key_id,
        credential.access_key_secret,
        credential.security_token,
        auth_version=version,
    )
    return oss2.Bucket(auth, cloud.url, BUCKET, region="cn-shanghai")


def md5(data: bytes) -> bytes:
    """The MD5 of `data`, which ETags and Content-MD5 are made of."""
    return hashlib.md5(data, usedforsecurity=False).digest()


@dataclass(frozen=True)
class Reply:
    """An answer off the wire. `headers` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def element(self, name: str) -> str:
        """The text of an XML element; empty if there is none."""
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
) -> Reply:
    """Send exactly these headers, with Content-Length if there is a body, and nothing else."""
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
            return Reply(response.status, found, content)


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
    """What ali-oss in a browser sends: V1, `x-oss-date` for the date, the token signed.

    The signature is made by oss2, so that it is not our own that is tested against itself.
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
) -> Reply:
    """A request as ali-oss sends it on an IP endpoint: no bucket in the URL."""
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
) -> Reply:
    """Ask as a browser does, on its own account, before a page's request."""
    headers = {"Origin": origin, "Access-Control-Request-Method": method}
    if asked:
        headers["Access-Control-Request-Headers"] = asked
    return send(cloud, "OPTIONS", target, headers, host=host)
