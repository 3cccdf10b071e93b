"""Applies faults to answers: errors, resets, and broken or slow bodies."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from typing import Any

from aiohttp import web

from fakealiyun.faults import Fault
from fakealiyun.openapi import errors
from fakealiyun.openapi.types import ApiError

_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"


def reset(request: web.Request) -> web.Response:
    """Reset the connection (RST, not FIN) without an answer."""
    transport = request.transport
    if transport is not None:
        sock = transport.get_extra_info("socket")
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response(status=500)  # aiohttp needs a value; no client receives it


def raise_refusal(fault: Fault) -> None:
    """Raise ApiError if the fault is an error or throttling. Otherwise return."""
    if fault.kind == "throttle":
        milliseconds = fault.parameters.get("retry_after")
        raise errors.throttled(
            fault.text("code", "Throttling.User"),
            fault.text("message", "Request was denied due to user flow control."),
            int(fault.number("status", 400)),
            None if milliseconds is None else int(milliseconds),
        )
    if fault.kind == "error":
        raise ApiError(
            int(fault.number("status", 500)),
            fault.text("code", "InternalError"),
            fault.text("message", errors.internal().message),
        )


async def apply(fault: Fault, request: web.Request, whole: web.Response) -> web.StreamResponse:
    """Send `whole`, the intended answer, with the damage that `fault` describes."""
    body = whole.body if isinstance(whole.body, bytes) else b""
    if fault.kind == "non_json":
        status = int(fault.number("status", 502))
        return web.Response(status=status, body=_PAGE, content_type="text/html")
    if fault.kind == "empty":
        return web.Response(status=int(fault.number("status", 200)))
    if fault.kind == "wrong_type":
        whole.body = _retyped(body, fault.text("field", ""))
        return whole
    if fault.kind == "truncated":
        return await _truncated(request, whole, body)
    if fault.kind == "drip":
        return await _drip(request, whole, body, fault.number("seconds", 1.0))
    return whole


def _retyped(body: bytes, name: str) -> bytes:
    def other(value: Any) -> Any:
        return [value] if isinstance(value, int | float) else 12345

    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return b"12345"  # the answer is XML; this has no element
    if not isinstance(fields, dict) or (name and name not in fields):
        return b"[]"
    changed = {k: other(v) if name in ("", k) else v for k, v in fields.items()}
    return json.dumps(changed, separators=(",", ":")).encode()


async def _begin(request: web.Request, whole: web.Response, length: int) -> web.StreamResponse:
    answer = web.StreamResponse(status=whole.status, headers=whole.headers)
    answer.content_length = length
    await answer.prepare(request)
    return answer


async def _truncated(request: web.Request, whole: web.Response, body: bytes) -> web.StreamResponse:
    answer = await _begin(request, whole, len(body) or 1)
    await answer.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return answer


async def _drip(
    request: web.Request, whole: web.Response, body: bytes, seconds: float
) -> web.StreamResponse:
    answer = await _begin(request, whole, len(body))
    for start in range(len(body)):
        await answer.write(body[start : start + 1])
        await asyncio.sleep(seconds / len(body))
    await answer.write_eof()
    return answer
