"""Requests and answers of Function Compute's API on the wire."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from fakealiyun.fc import errors
from fakealiyun.openapi import ApiError
from fakealiyun.openapi.wire import RawRequest

if TYPE_CHECKING:
    from fakealiyun.identity import Credential

MAX_PACKAGE = 50 * 1024 * 1024
"""Bytes of a zip inside a request. The real limit is not known; larger ones go through OSS."""
MAX_BODY = MAX_PACKAGE * 4 // 3 + 256 * 1024
_MAX_DEPTH = 32
_CHUNK = 256 * 1024


@dataclass(frozen=True)
class Call:
    """One accepted request: who calls has been checked, and that they may."""

    action: str
    names: Mapping[str, str]
    """The names in the path, decoded: `function`, `trigger`, `domain`, …"""
    query: Mapping[str, str]
    raw: RawRequest = field(repr=False)
    caller: Credential
    request_id: str

    @property
    def function(self) -> str:
        """The function that the path names."""
        return self.names["function"]

    def json(self) -> dict[str, Any]:
        """The body, which must be one JSON object. Raises ApiError. A null counts as absent."""
        content_type = (self.raw.header("Content-Type") or "").partition(";")[0].strip().lower()
        if content_type != "application/json":
            raise errors.unsupported_media_type()
        value = parse_json(self.raw.body, "the body")
        return {name: item for name, item in value.items() if item is not None}


@dataclass(frozen=True)
class Answer:
    """The answer to a call: an object is sent as JSON, bytes as they are."""

    status: int = 200
    body: Mapping[str, Any] | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def parse_json(text: bytes | str, what: str) -> dict[str, Any]:
    """One JSON object. Raises ApiError for anything else: a key twice, NaN, deep nesting."""
    try:
        value = json.loads(text, object_pairs_hook=_pairs, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise errors.invalid_argument(f"{what} must be well-formed JSON") from None
    if not isinstance(value, dict) or _depth(value) > _MAX_DEPTH:
        raise errors.invalid_argument(f"{what} must be a JSON object")
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _no_constant(_name: str) -> Any:
    raise ValueError("not a number of JSON")


def _depth(value: Any) -> int:
    children = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        return 0
    return 1 + max((_depth(child) for child in children), default=0)


async def read(request: web.Request, limit: int = MAX_BODY) -> RawRequest:
    """The whole request. Raises ApiError EntityTooLarge as soon as it is longer than `limit`."""
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
    """`1-<seconds>-<8>-<12>`, hexadecimal, as Function Compute 3.0 writes it."""
    return f"1-{int(time.time()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(6)}"


def response(answer: Answer, request_id: str) -> web.Response:
    """The HTTP answer of a call."""
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


def refusal(error: ApiError, request_id: str) -> web.Response:
    """The HTTP answer that refuses a call."""
    body = {
        "RequestId": request_id,
        "Code": error.code,
        "Message": error.message,
        **error.details,
    }
    return response(Answer(error.status, body, error.headers), request_id)
