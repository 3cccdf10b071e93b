"""Sends an answer: the headers, then the body in pieces. Applies faults on the way."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

from aiohttp import web

from fakealiyun import xml
from fakealiyun.faults import Fault
from fakealiyun.oss.call import OssAnswer
from fakealiyun.oss.compression import Gzip
from fakealiyun.oss.errors import OssError

_CHUNK = 256 * 1024
_DRIPS = 20
_PAGE = b"<html><head><title>Error</title></head><body><h1>Bad Gateway</h1></body></html>\n"


async def send(
    request: web.Request, answer: OssAnswer, common: Mapping[str, str], fault: Fault | None
) -> web.StreamResponse:
    """Send `answer` and the headers `common`, changed by `fault`."""
    try:
        if fault is not None:
            answer = _distort(answer, fault)
        return await _write(request, answer, common, fault)
    finally:
        if answer.file is not None:
            answer.file.close()


async def apply_before(request: web.Request, fault: Fault | None) -> None:
    """Apply a fault before the operation: an error answer, a reset, a wait, or nothing.

    Raises OssError for an error answer, and ConnectionResetError after a reset.
    """
    if fault is None:
        return
    if fault.kind in ("throttle", "error"):
        code = "ServiceUnavailable" if fault.kind == "throttle" else "InternalError"
        status = 503 if fault.kind == "throttle" else 500
        raise OssError(
            fault.text("code", code),
            fault.text("message", ""),
            status=int(fault.number("status", status)),
            ec="",
        )
    if fault.kind == "reset_before":
        reset(request)
        raise ConnectionResetError
    if fault.kind == "slow":
        await asyncio.sleep(fault.number("seconds", 1))


def reset(request: web.Request) -> None:
    """Close the connection with a TCP reset, so that the client sees an error, not an end."""
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _write(
    request: web.Request,
    answer: OssAnswer,
    common: Mapping[str, str],
    fault: Fault | None,
) -> web.StreamResponse:
    size = len(answer.body) if answer.length is None else answer.length
    bodiless = answer.status in (204, 304)
    headers = {**answer.headers, **common}
    if "Vary" in answer.headers and "Vary" in common:
        headers["Vary"] = f"{answer.headers['Vary']}, {common['Vary']}"
    if answer.file is None and answer.length is None and fault is None and not bodiless:
        # Headers and body in one piece: this is most answers, and the fastest way.
        return web.Response(status=answer.status, headers=headers, body=answer.body)
    response = web.StreamResponse(status=answer.status, headers=headers)
    if answer.gzip:
        response.enable_chunked_encoding()
    elif not bodiless:
        response.content_length = size
    try:
        await response.prepare(request)
        if request.method != "HEAD" and not bodiless:
            await _write_body(response, answer, size, fault)
    except ConnectionError:
        # The client disconnected, or a fault cuts the body.
        if request.transport is not None:
            request.transport.close()
    return response


async def _write_body(
    response: web.StreamResponse, answer: OssAnswer, size: int, fault: Fault | None
) -> None:
    kind = fault.kind if fault else ""
    left = size // 2 if kind == "truncated" else size
    pause = fault.number("seconds", 1) / _DRIPS if fault and kind == "drip" else 0.0
    step = max(1, size // _DRIPS) if kind == "drip" else _CHUNK
    if answer.pace is not None:
        step = min(step, answer.pace.step)
    pieces = _pieces(answer, left, step)
    async for chunk in _compressed(pieces) if answer.gzip else pieces:
        if answer.pace is not None:
            await answer.pace.passed(len(chunk))
        await response.write(chunk)
        if pause:
            await asyncio.sleep(pause)
    if kind == "truncated":
        raise ConnectionResetError


async def _pieces(answer: OssAnswer, left: int, step: int) -> AsyncIterator[bytes]:
    if answer.file is None:
        for start in range(0, left, step):
            yield answer.body[start : min(start + step, left)]
        return
    answer.file.seek(answer.start)
    while left > 0:
        chunk = answer.file.read(min(step, left))
        if not chunk:
            raise ConnectionResetError("the file became shorter")
        left -= len(chunk)
        yield chunk


async def _compressed(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    gzip = Gzip()
    async for piece in pieces:
        chunk = gzip.add(piece)
        if chunk:
            yield chunk
    yield gzip.end()


def _distort(answer: OssAnswer, fault: Fault) -> OssAnswer:
    if fault.kind == "non_json":
        status = int(fault.number("status", 502))
        return _replaced(answer, status, "text/html", _PAGE)
    if fault.kind == "empty":
        return _replaced(answer, int(fault.number("status", 200)), "application/xml", b"")
    if fault.kind == "wrong_type":
        body = f"{xml.DECLARATION}\n<Unexpected>1</Unexpected>\n".encode()
        return _replaced(answer, answer.status, "application/xml", body)
    return answer


def _replaced(answer: OssAnswer, status: int, content_type: str, body: bytes) -> OssAnswer:
    if answer.file is not None:
        answer.file.close()
    headers = {"Content-Type": content_type}
    return replace(
        answer,
        status=status,
        headers=headers,
        body=body,
        file=None,
        start=0,
        length=None,
        gzip=False,
    )
