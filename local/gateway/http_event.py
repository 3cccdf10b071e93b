"""Turns an HTTP request into the event of a function (Function Compute's documentation)."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qsl, unquote

from aiohttp import web

from fakealiyun.guard import split_host
from local.gateway import errors
from local.gateway.function import Function
from local.gateway.times import iso_time

MAX_HEADER_BYTES = 8 * 1024
MAX_TARGET_BYTES = 4 * 1024  # path and query
MAX_BODY_BYTES = 32 * 1024 * 1024
MAX_ASYNC_BODY_BYTES = 128 * 1024

# Hop-by-hop headers. `x-fc-*` is dropped too, because functions do not reliably see it.
_HOP_BY_HOP = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer"
    " transfer-encoding upgrade".split()
)
# Which content types count as text is not documented. All others arrive as base64.
_TEXT_TYPES = frozenset(
    "application/json application/xml application/javascript application/graphql"
    " application/x-www-form-urlencoded".split()
)


def target_of(request: web.BaseRequest) -> tuple[str, str]:
    """Raw path and raw query of a request. Raises FcError (400) if over 4 KB or not ASCII."""
    target = request.raw_path
    if len(target.encode("utf-8", "surrogateescape")) > MAX_TARGET_BYTES:
        raise errors.invalid_argument(f"path and query exceed {MAX_TARGET_BYTES} bytes")
    if not target.startswith("/") or not target.isascii() or not target.isprintable():
        raise errors.invalid_argument("the request target must be an ASCII path")
    path, _, query = target.partition("?")
    return path, query


def check_headers(request: web.BaseRequest) -> None:
    """Raises FcError (400) if the headers of the request exceed 8 KB."""
    size = sum(len(name) + len(value) + 4 for name, value in request.raw_headers)
    if size > MAX_HEADER_BYTES:
        raise errors.invalid_argument(f"request headers exceed {MAX_HEADER_BYTES} bytes")


async def read_body(request: web.BaseRequest, limit: int) -> bytes:
    """The body of a request. Raises FcError (413) as soon as it is longer than `limit` bytes."""
    if request.content_length is not None and request.content_length > limit:
        raise errors.too_large(limit)
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise errors.too_large(limit)
    return bytes(body)


def decoded_path(raw_path: str) -> str:
    """`requestContext.http.path`: the path, percent-decoded."""
    return unquote(raw_path, errors="replace")


def build_event(
    request: web.BaseRequest,
    body: bytes,
    function: Function,
    *,
    account_id: str,
    request_id: str,
    now: float,
    prefix: str = "",
) -> bytes:
    """The event for the function's handler. `now` is the cloud's time in epoch seconds.

    `prefix` is removed from the path: only the local address of a function has it.
    """
    raw_path, query = target_of(request)
    raw_path = raw_path.removeprefix(prefix) or "/"
    headers = _joined(
        (_canonical(name.decode("ascii", "replace")), value.decode("utf-8", "replace"))
        for name, value in request.raw_headers
    )
    text = _as_text(body, request.content_type if "Content-Type" in headers else "")
    host = (split_host(request.headers.get("Host", "")) or ("", ""))[0]
    event: dict[str, Any] = {
        "version": "v1",
        "rawPath": raw_path,
        "headers": {
            name: value
            for name, value in headers.items()
            if name.lower() not in _HOP_BY_HOP and not name.startswith("X-Fc-")
        },
        "queryParameters": _joined(parse_qsl(query, keep_blank_values=True, errors="replace")),
        "body": base64.b64encode(body).decode() if text is None else text,
        "isBase64Encoded": text is None,
        "requestContext": {
            "accountId": account_id,
            "triggerId": _trigger_id(function),
            "domainName": host,
            "domainPrefix": host.partition(".")[0],
            "requestId": request_id,
            "time": iso_time(now),
            "timeEpoch": str(int(now * 1000)),
            "http": {
                "method": request.method,
                "path": decoded_path(raw_path),
                "protocol": f"HTTP/{request.version.major}.{request.version.minor}",
                "sourceIp": request.remote or "",
                "userAgent": headers.get("User-Agent", ""),
            },
        },
    }
    return json.dumps(event, ensure_ascii=False).encode()


def _canonical(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))


def _joined(pairs: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _as_text(body: bytes, content_type: str) -> str | None:
    """The body as text, or None if the event must carry it as base64."""
    textual = (
        content_type in _TEXT_TYPES
        or content_type.startswith("text/")
        or content_type.endswith(("+json", "+xml"))
        or not content_type
    )
    if not textual:
        return None if body else ""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _trigger_id(function: Function) -> str:
    digest = hashlib.sha256(f"{function.name}/{function.http}".encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
