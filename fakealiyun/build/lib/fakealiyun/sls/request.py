"""One request to Simple Log Service: its host, path, query and body, and who signed it.

The date is compared with the wall clock. A token expires by the cloud's clock.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from fakealiyun import strict_json
from fakealiyun.clock import Clock
from fakealiyun.guard import split_host
from fakealiyun.identity import Credential, Identities, TokenError, TokenExpired
from fakealiyun.sls.errors import SlsError
from fakealiyun.sls.log_group import MAX_BODY

MAX_SKEW = 900  # seconds, either way
VERSION = "0.6.0"
HOST = re.compile(
    r"(?:(?P<project>[a-z0-9-]{3,63})\.)?(?P<region>[a-z]{2}-[a-z0-9-]+?)"
    r"(-intranet|-share)?\.log\.(aliyuncs\.com|localhost)",
    re.ASCII,
)
"""`PROJECT.REGION.log.aliyuncs.com`, or without a project to list and create projects."""

_AUTHORIZATION = re.compile(r"LOG ([A-Za-z0-9._-]{1,128}):([A-Za-z0-9+/]{27,43}=)", re.ASCII)
_METHODS = {"hmac-sha1": hashlib.sha1, "hmac-sha256": hashlib.sha256}


@dataclass(frozen=True)
class SlsRequest:
    """A complete request. The names of `headers` are lower case."""

    method: str
    project: str
    region: str
    path: str
    query: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    source_ip: str = ""
    secure: bool = False

    def json(self) -> dict[str, Any]:
        """The body, a JSON object. Raises SlsError."""
        try:
            return strict_json.parse_object(self.body, max_depth=16)
        except strict_json.StrictJsonError:
            raise SlsError("MalformedJson") from None


async def read(request: web.Request) -> SlsRequest:
    """Read one request. Raises SlsError for a body that is too large."""
    body = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > MAX_BODY:
            raise SlsError("PostBodyTooLarge")
    parts = split_host(request.headers.get("Host", ""))
    host = None if parts is None else HOST.fullmatch(parts[0])
    path, _, query = request.raw_path.partition("?")
    pairs = [part.partition("=") for part in query.split("&") if part]
    return SlsRequest(
        request.method,
        (host["project"] or "") if host else "",
        host["region"] if host else "",
        unquote(path),
        {_decode(name): _decode(value) for name, _, value in pairs},
        {name.lower(): value for name, value in request.headers.items()},
        bytes(body),
        request.remote or "",
        request.secure,
    )


def _decode(text: str) -> str:
    return unquote(text.replace("+", " "))


def authenticate(request: SlsRequest, identities: Identities, clock: Clock) -> Credential:
    """The credential that signed the request. Raises SlsError."""
    version = request.headers.get("x-log-apiversion")
    if version is None:
        raise SlsError("MissingAPIVersion")
    if version != VERSION:
        raise SlsError("InvalidAPIVersion")
    digest = _METHODS.get(request.headers.get("x-log-signaturemethod", ""))
    if digest is None:
        raise SlsError("InvalidSignatureMethod")
    claim = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if claim is None:
        raise SlsError("Unauthorized")
    _check_date(request, clock)
    caller = identities.find(claim[1])
    if caller is None or not caller.active:
        raise SlsError("Unauthorized")
    secret = caller.access_key_secret.encode()
    made = hmac.new(secret, string_to_sign(request).encode(), digest).digest()
    if not hmac.compare_digest(base64.b64encode(made).decode(), claim[2]):
        raise SlsError("SignatureNotMatch")
    try:
        identities.check_token(caller, request.headers.get("x-acs-security-token"))
    except TokenExpired:
        raise SlsError("Unauthorized", "The security token you provided has expired.") from None
    except TokenError:
        raise SlsError("Unauthorized", "The security token you provided is invalid.") from None
    if request.body:
        given = request.headers.get("content-md5", "").upper()
        if given != hashlib.md5(request.body, usedforsecurity=False).hexdigest().upper():
            raise SlsError("InvalidContentMD5")
    return caller


def string_to_sign(request: SlsRequest) -> str:
    """What the client has signed: method, MD5, type, date, headers of the service, resource."""
    headers = request.headers
    own = sorted(name for name in headers if name.startswith(("x-log-", "x-acs-")))
    lines = [request.method]
    lines += [headers.get(name, "") for name in ("content-md5", "content-type", "date")]
    lines += [f"{name}:{headers[name]}" for name in own]
    query = "&".join(f"{name}={value}" for name, value in sorted(request.query.items()))
    return "\n".join([*lines, request.path + (f"?{query}" if query else "")])


def _check_date(request: SlsRequest, clock: Clock) -> None:
    date = request.headers.get("date")
    if date is None:
        raise SlsError("MissingDate")
    try:
        moment = parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, IndexError):
        raise SlsError("InvalidDateFormat") from None
    if abs(clock.wall() - moment) > MAX_SKEW:
        raise SlsError("RequestTimeExpired")


def rendered(value: Any) -> bytes:
    """An answer's JSON."""
    return json.dumps(value, ensure_ascii=False).encode()
