"""Reports what the functions and the cloud do to the stream: one message for each call."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Middleware

from fakealiyun.guard import is_control
from fakealiyun.routing import service_of
from local.gateway import FunctionLogs, LogLine
from local.stream import Stream

_START = "FC Invoke Start RequestId: "
_LATE_SECONDS = 0.05
_DURATION = re.compile(r"Duration: ([0-9.]+) ms, Billed Duration: ")
_COLD = re.compile(r"Cold Start: ([0-9.]+) ms ")
_LOGGED = ("status", "code", "decision", "subject", "cloud_request_ids")
_SECRET = frozenset({"UploadAuth", "UploadAddress", "PlayAuth", "SecurityToken"})

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ObservedLogs(FunctionLogs):
    """The functions' logs. Each invocation is also sent to the stream, as `invocation`.

    Its data: `function`, `requestId`, `ms`, `cold` (the milliseconds of a cold start, else null),
    and from the function's own log line `status`, `code`, `decision`, `subject` and
    `cloud_request_ids`. No other text of a log line is sent.
    """

    def __init__(self, stream: Stream, echo: Callable[[str], None] | None = None) -> None:
        super().__init__(echo)
        self._stream = stream
        self.keep: Callable[[LogLine], None] | None = None
        """Called with each line, to keep it elsewhere too."""
        self._running: dict[str, dict[str, Any]] = {}
        self._finished: dict[str, dict[str, Any]] = {}

    def write(self, line: LogLine) -> None:
        """See FunctionLogs."""
        super().write(line)
        if self.keep is not None:
            self.keep(line)
        finished = self._finished.get(line.instance)
        if line.request_id is None:
            cold = _COLD.match(line.text)
            if cold is not None and finished is not None:
                finished["cold"] = float(cold[1])
            return
        if line.text.startswith(_START):
            self._running[line.request_id] = {
                "function": line.function,
                "requestId": line.request_id,
                "cold": None,
            }
        duration = _DURATION.match(line.text)
        if duration is not None:
            seen = self._running.pop(line.request_id, {})
            self._finish(line.instance, {**seen, "ms": float(duration[1])})
            return
        # The function's own line may come through its pipe after the end of the invocation.
        record = self._running.get(line.request_id, finished)
        if record is not None and record.get("requestId") == line.request_id:
            logged = _json_object(line.text)
            record.update({name: logged[name] for name in _LOGGED if name in logged})

    def _finish(self, instance: str, data: dict[str, Any]) -> None:
        """Send the message after the lines that follow soon. A cold start is one of them."""
        earlier = self._finished.get(instance)
        if earlier is not None:
            self._send(instance, earlier)
        self._finished[instance] = data
        try:
            asyncio.get_running_loop().call_later(_LATE_SECONDS, self._send, instance, data)
        except RuntimeError:  # called from another thread
            self._send(instance, data)

    def _send(self, instance: str, data: dict[str, Any]) -> None:
        if self._finished.get(instance) is data:
            del self._finished[instance]
            self._stream.publish("invocation", data)


def _json_object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def observed_calls(stream: Stream) -> Middleware:
    """A middleware of the cloud that sends each API call to the stream, as `cloud`.

    Its data: `service`, `action`, `status`, `requestId` and `ms`; of AssumeRole also `policy`, the
    session policy. Control routes are left out, and so are calls that OSS accepts: an upload has
    too many of them.
    """

    @web.middleware
    async def observed(request: web.Request, handler: _Handler) -> web.StreamResponse:
        if is_control(request):
            return await handler(request)
        started = time.perf_counter()
        response = await handler(request)
        identifier = next(
            (
                response.headers[name]
                for name in ("x-acs-request-id", "x-oss-request-id", "x-mns-request-id")
                if name in response.headers
            ),
            None,
        )
        service = service_of(request.raw_path, request.headers)
        if service == "oss" and response.status < 400:
            return response
        action = request.headers.get("x-acs-action") or request.query.get("Action")
        stream.publish(
            "cloud",
            {
                "service": service,
                "action": (action or request.method)[:64],
                "status": response.status,
                "requestId": identifier,
                "ms": round((time.perf_counter() - started) * 1000, 1),
                **({"policy": request.query["Policy"]} if "Policy" in request.query else {}),
            },
        )
        return response

    return observed


def without_credentials(value: Any) -> Any:
    """The same JSON value, with every credential in it replaced by `…`."""
    if isinstance(value, dict):
        return {
            name: "…" if name in _SECRET else without_credentials(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [without_credentials(item) for item in value]
    return value
