"""The HTTP transport below the SDK: kept-alive connections, one deadline for each exchange.

The SDK's own transport has no total deadline, follows redirects, obeys proxy variables, can log
headers, and costs a third of a cold start. This one does none of that. It also reports whether a
request may have taken effect, which decides whether the caller may send it again.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import io
import select
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl

MAX_ANSWER = 1024 * 1024  # bytes
MAX_HEAD = 64 * 1024  # bytes
MAX_REST = 15.0  # seconds unused; a frozen instance does not notice that the server closed


class TransportError(Exception):
    """There is no usable answer. ``sent``: the request may have reached the server."""

    def __init__(self, kind: str, *, sent: bool) -> None:
        super().__init__(kind)
        self.sent = sent


class DeadlinePassed(TransportError):
    """The deadline passed before the answer was complete."""


class ConnectionLost(TransportError):
    """There was no connection, or it broke."""


class BrokenAnswer(TransportError):
    """The answer is cut short, too large, or not HTTP."""


@dataclass(frozen=True)
class HttpAnswer:
    """A complete HTTP answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Transport:
    """The connections of one instance, one for each host. Not for several threads."""

    def __init__(self, *, public_only: bool = False, beside: Transport | None = None) -> None:
        """``public_only``: refuse private addresses. ``beside``: shares its TLS context."""
        self._public_only = public_only
        own = functools.cache(_tls_context)  # called when it is first needed
        self._tls: Callable[[], ssl.SSLContext] = beside._tls if beside else own
        self._resting: dict[tuple[bool, str], tuple[socket.socket, float]] = {}

    def exchange(
        self,
        method: str,
        host: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        tls: bool,
        timeout: float,
        limit: int = MAX_ANSWER,
        read_body: bool = True,
    ) -> HttpAnswer:
        """Sends one request to ``host`` (a name, optionally with a port) and reads the answer.

        ``timeout`` (seconds) covers everything but the lookup of the host name. An answer over
        ``limit`` bytes is an error, and so is one with a long head. Without ``read_body`` only the
        head is read. Follows no redirect. Raises TransportError.
        """
        deadline = time.monotonic() + timeout
        connection = self._take(tls, host) or self._connect(tls, host, deadline)
        try:
            connection.settimeout(_left(deadline, sent=False))
            connection.sendall(_request(method, host, path, headers, body))
            answer, reusable = _read(connection, method, deadline, limit if read_body else 0)
        except TransportError:
            connection.close()
            raise
        except TimeoutError:
            connection.close()
            raise DeadlinePassed("no answer in time", sent=True) from None
        except (http.client.HTTPException, ValueError):
            connection.close()
            raise BrokenAnswer("not an HTTP answer", sent=True) from None
        except OSError:
            connection.close()
            raise ConnectionLost("the connection broke off", sent=True) from None
        if reusable:
            self._resting[(tls, host)] = (connection, time.time())
        else:
            connection.close()
        return answer

    def _take(self, tls: bool, host: str) -> socket.socket | None:
        connection, since = self._resting.pop((tls, host), (None, 0.0))
        if connection is None:
            return None
        # Wall time: the monotonic clock may stop while the instance is frozen.
        rested = 0 <= time.time() - since <= MAX_REST
        # Bytes before a request: the server closed, or they belong to another answer.
        if rested and not select.select([connection], [], [], 0)[0]:
            return connection
        connection.close()
        return None

    def _connect(self, tls: bool, host: str, deadline: float) -> socket.socket:
        name, port = _split(host, 443 if tls else 80)
        try:
            addresses = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):  # UnicodeError for an impossible host name
            raise ConnectionLost("the host's name does not resolve", sent=False) from None
        if self._public_only:
            from shared.web.public_address import is_public

            # Check the addresses that are used: a second lookup could return others.
            addresses = [found for found in addresses if is_public(str(found[4][0]))]
        late = False  # whether the last address took all the time
        for position, (family, kind, protocol, _, address) in enumerate(addresses):
            # Each address gets a share of the time: a dead one must not use all of it.
            share = _left(deadline, sent=False) / (len(addresses) - position)
            try:
                plain = socket.socket(family, kind, protocol)
            except OSError:  # this machine has no such addresses, such as those of IPv6
                late = False
                continue
            try:
                plain.settimeout(share)
                plain.connect(address)
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                plain.settimeout(_left(deadline, sent=False))
                return self._tls().wrap_socket(plain, server_hostname=name) if tls else plain
            except (OSError, TransportError) as fault:
                plain.close()
                late = isinstance(fault, (TimeoutError, DeadlinePassed))
        if late:  # not by the clock: a timeout may end a moment before the deadline
            raise DeadlinePassed("the deadline passed", sent=False)
        raise ConnectionLost("no connection", sent=False)


def _tls_context() -> ssl.SSLContext:
    """A new TLS context. Making one costs 25 ms."""
    import ssl

    import certifi

    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _split(host: str, default_port: int) -> tuple[str, int]:
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit():
        return name.strip("[]"), int(port)
    return host.strip("[]"), default_port


def _left(deadline: float, *, sent: bool) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise DeadlinePassed("the deadline passed", sent=sent)
    return left


def _request(method: str, host: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Accept-Encoding: identity"]
    lines += [f"{name}: {value}" for name, value in headers.items() if name.lower() != "host"]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a line break in the request")
    return "\r\n".join((*lines, f"Content-Length: {len(body)}", "", "")).encode("latin-1") + body


def _read(
    connection: socket.socket, method: str, deadline: float, limit: int
) -> tuple[HttpAnswer, bool]:
    most = MAX_HEAD + 2 * limit  # twice, because each chunk of a body has marks of its own
    reader = _Reader(_BoundedReader(connection, deadline, most))
    response = http.client.HTTPResponse(reader, method=method)  # type: ignore[arg-type]
    with contextlib.closing(response):
        response.begin()
        while 100 <= response.status < 200:  # such as 103: another head follows (RFC 9110, 15.2)
            response.headers = None  # type: ignore[assignment]  # else begin() does nothing
            response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        if limit == 0:
            return HttpAnswer(response.status, headers, b""), False
        body = response.read(limit + 1)
        if len(body) > limit:
            raise BrokenAnswer("the answer is too large", sent=True)
        if response.length:
            raise BrokenAnswer("the answer is cut short", sent=True)
        reusable = not response.will_close and response.isclosed() and not reader.left_over
        return HttpAnswer(response.status, headers, body), reusable


class _BoundedReader(io.RawIOBase):
    """Stops at the deadline and after ``most`` bytes: HTTPResponse itself may read far more."""

    def __init__(self, connection: socket.socket, deadline: float, most: int) -> None:
        super().__init__()
        self._connection = connection
        self._deadline = deadline
        self._most = most
        self.done = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.done:
            return 0
        if self._most <= 0:
            raise BrokenAnswer("the answer is too large", sent=True)
        self._connection.settimeout(_left(self._deadline, sent=True))
        read = self._connection.recv_into(buffer)
        self._most -= read
        return read


class _Reader(io.BufferedReader):
    """Records, when closed, whether unread bytes were left: then the connection is unusable."""

    raw: _BoundedReader
    left_over = False

    def makefile(self, *_: Any) -> _Reader:  # HTTPResponse takes it for a socket
        return self

    def close(self) -> None:
        if not self.closed:
            self.raw.done = True
            self.left_over = bool(self.peek(1))
        super().close()
