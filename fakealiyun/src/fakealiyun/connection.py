"""One connection to the server. It words errors of the HTTP parser like the services do.

The parser knows nothing of a request that it cannot read. So the bytes that arrived last show which
service was meant, and nothing of them is repeated in the answer.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping

from aiohttp import web
from aiohttp.http import SERVER_SOFTWARE, RawRequestMessage
from multidict import CIMultiDict

from fakealiyun.guard import MalformedRequest
from fakealiyun.refusal import Refusal
from fakealiyun.routing import ServiceName, service_of

_REMEMBERED = 4096  # bytes

Answer = Callable[[ServiceName | None, web.BaseRequest, Refusal], web.Response]
"""Words a refusal like a service; without a service, like the control routes."""


class _Answer(web.Response):
    """An answer that does not name the HTTP library."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        if self.headers.get("Server") == SERVER_SOFTWARE:
            del self.headers["Server"]


class Connection(web.RequestHandler):
    """aiohttp's protocol for one connection, with error answers by `answer`."""

    __slots__ = ("_answer", "_latest")

    def __init__(
        self,
        manager: web.Server,
        *,
        loop: asyncio.AbstractEventLoop,
        answer: Answer,
        **options: object,
    ) -> None:
        super().__init__(manager, loop=loop, **options)  # type: ignore[arg-type]
        self._answer = answer
        self._latest = b""

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._latest = data[:_REMEMBERED]
        super().data_received(data)
        # aiohttp would let a handler wait forever for the rest of a body that cannot be read.
        request = self._current_request
        if request is None or request.content.is_eof() or not self._messages:
            return
        if not isinstance(self._messages[-1][0], RawRequestMessage):
            request.content.set_exception(MalformedRequest())
            self.close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,  # noqa: ARG002 - aiohttp gives it
        message: str | None = None,  # noqa: ARG002 - it may quote the request
    ) -> web.StreamResponse:
        """The answer to a request that cannot be read, or to a defect. Then the connection ends."""
        if request.writer.output_size > 0:
            raise ConnectionError("part of an answer has been sent already")
        if status >= 500:
            refusal = Refusal(status, "InternalError", "An internal error has occurred.")
        else:
            malformed = MalformedRequest(status)
            refusal = Refusal(status, malformed.code, malformed.reason)
        worded = self._answer(_meant_for(self._latest), request, refusal)
        response = _Answer(status=worded.status, body=worded.body, headers=worded.headers)
        response.force_close()
        return response


class Site(web.BaseSite):
    """A listening socket whose connections are `Connection`s. `options` are aiohttp's."""

    def __init__(
        self,
        runner: web.AppRunner,
        address: str,
        port: int,
        *,
        answer: Answer,
        options: Mapping[str, object],
    ) -> None:
        super().__init__(runner)
        self._address, self._wanted = address, port
        self._answer, self._options = answer, options

    @property
    def name(self) -> str:
        """The address as a URL."""
        return f"http://{self._address}:{self._wanted}"

    async def start(self) -> None:
        """Listen. Raises OSError if the port is in use."""
        await super().start()
        loop = asyncio.get_running_loop()
        manager = self._runner.server
        if manager is None:
            raise RuntimeError("the runner has not been set up")

        def connected() -> Connection:
            return Connection(manager, loop=loop, answer=self._answer, **self._options)

        self._server = await loop.create_server(
            connected, self._address, self._wanted, backlog=self._backlog
        )


def _meant_for(head: bytes) -> ServiceName | None:
    """The service that the beginning of a request looks meant for; OSS if it looks like nothing.

    None for the control routes.
    """
    lines = head.decode("latin-1").split("\r\n\r\n")[0].splitlines() or [""]
    target = next((word for word in lines[0].split(" ")[1:2] if word.startswith("/")), "")
    if re.match(r"/_local(?![^/?])", target):
        return None
    headers: CIMultiDict[str] = CIMultiDict()
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers.add(name.strip(), value.strip())
    return service_of(target or "/*", headers)
