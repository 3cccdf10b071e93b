"""Reads requests and writes answers of the API of Function Compute."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from fakealiyun import strict_json
from fakealiyun.fc import errors
from fakealiyun.openapi import ApiError
from fakealiyun.openapi.wire import RawRequest

if TYPE_CHECKING:
    from fakealiyun.identity import Credential

MAX_PACKAGE = 50 * 1024 * 1024
"""Bytes of a zip inside a request. The real limit is not known. Larger zips go through OSS."""
MAX_BODY = MAX_PACKAGE * 4 // 3 + 256 * 1024
_MAX_DEPTH = 32
_CHUNK = 256 * 1024


@dataclass(frozen=True)
class FcCall:
    """One accepted request. The caller and the permission have been checked."""

    action: str
    names: Mapping[str, str]
    """The names in the path, decoded: `function`, `trigger`, `domain`, …"""
    query: Mapping[str, str]
    raw: RawRequest = field(repr=False)
    caller: Credential
    request_id: str

    @property
    def function(self) -> str:
        """The name of the function in the path."""
        return self.names["function"]

    def json(self) -> dict[str, Any]:
        """The JSON object in the body, without fields that are null. Raises ApiError."""
        content_type = (self.raw.header("Content-Type") or "").partition(";")[0].strip().lower()
        if content_type != "application/json":
            raise errors.unsupported_media_type()
        value = parse_json(self.raw.body, "the body")
        return {name: item for name, item in value.items() if item is not None}


@dataclass(frozen=True)
class FcAnswer:
    """The answer to a call. An object is sent as JSON, bytes are sent unchanged."""

    status: int = 200
    body: Mapping[str, Any] | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def parse_json(text: bytes | str, what: str) -> dict[str, Any]:
    """One strict JSON object. Raises ApiError for anything else. `what` is its name in messages."""
    try:
        return strict_json.parse_object(text, max_depth=_MAX_DEPTH)
    except strict_json.StrictJsonError:
        raise errors.invalid_argument(f"{what} must be a well-formed JSON object") from None


async def read(request: web.Request, limit: int = MAX_BODY) -> RawRequest:
    """The complete request. Raises ApiError EntityTooLarge if its body exceeds `limit` bytes."""
    path, _, query = request.raw_path.partition("?")
    if request.content_length is not None and request.content_length > limit:
        raise errors.too_large(limit)
    body = bytearray()
    async for chunk in request.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > limit:
            raise errors.too_large(limit)
    return RawRequest(
        method=request.method,
        path=path,
        query=query,
        headers=request.headers,
        body=bytes(body),
        host=request.headers.get("Host", ""),
        source_ip=request.remote or "",
        secure=request.secure,
    )


def new_request_id() -> str:
    """A new request id in the form of Function Compute 3.0: `1-<seconds>-<8>-<12>` in hex."""
    return f"1-{int(time.time()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(6)}"


def response(answer: FcAnswer, request_id: str) -> web.Response:
    """The HTTP answer to a call."""
    headers = {
        "X-Fc-Request-Id": request_id,
        "x-acs-request-id": request_id,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        **answer.headers,
    }
    if answer.body is None:
        return web.Response(status=answer.status, headers=headers)
    if isinstance(answer.body, bytes):
        headers.setdefault("Content-Type", "application/octet-stream")
        return web.Response(status=answer.status, body=answer.body, headers=headers)
    headers["Content-Type"] = "application/json"
    text = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":"))
    return web.Response(
        status=answer.status, body=text.encode("utf-8", "surrogatepass"), headers=headers
    )


def refusal(error: ApiError, request_id: str, path: str = "") -> web.Response:
    """The HTTP answer for an error. The fields depend on the API version in `path`."""
    if path.startswith("/2016-08-15/"):
        # The client of that version reads these two, and the request id from the header.
        old = {"ErrorCode": error.code, "ErrorMessage": error.message}
        return response(FcAnswer(error.status, old, error.headers), request_id)
    body = {
        "RequestId": request_id,
        "Code": error.code,
        "Message": error.message,
        **error.details,
    }
    return response(FcAnswer(error.status, body, error.headers), request_id)
