"""The store of the limits: a Redis, asked by one script within a budget.

The package `redis` would do it too. Importing it takes 70 ms, as long as a whole cold start. So
this module sends the few commands itself. The tests send the same ones with the package.
"""

from __future__ import annotations

import hashlib
import json
import select
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.config.limits import Place, is_private, place
from shared.limits.resp import MAX_ANSWER, Command, answer, encoded
from shared.limits.script import LUA

if TYPE_CHECKING:
    import ssl

MAX_REST = 60.0  # seconds; a frozen instance misses that the server closed

CERTIFICATES = Path(__file__).resolve().parents[2] / "limits-ca.pem"
"""The CA of a rediss:// store. The bundle has it if the project has the file."""

_SHA = hashlib.sha1(LUA.encode("ascii"), usedforsecurity=False).hexdigest()


class StoreAway(Exception):
    """The store did not answer as it should. ``kind``: a word for the log."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class _Gone(StoreAway):
    """A connection that rested has ended. A new one may work."""


class Store:
    """The connection of one instance to the store. Not for several threads."""

    def __init__(self, url: str) -> None:
        self._place: Place = place(url)
        self._connection: socket.socket | None = None
        self._rested_since = 0.0
        self._addresses: list[Any] = []
        self._tls: ssl.SSLContext | None = None

    def __repr__(self) -> str:
        return "Store()"  # the URL holds a password

    def ask(
        self,
        keys: Sequence[str],
        question: Mapping[str, Any],
        budget: float,
        beside: Sequence[Command] = (),
    ) -> str:
        """The script's answer to a question. ``budget`` is in seconds. Raises StoreAway.

        ``beside``: commands that are sent with it.
        """
        given = [str(len(keys)), *keys, json.dumps(question, separators=(",", ":"))]
        answers = self._send([["EVALSHA", _SHA, *given], *beside], budget)
        if answers[0] == "-NOSCRIPT":
            answers = self._send([["EVAL", LUA, *given]], budget)
        if answers[0].startswith("-"):
            raise StoreAway("refused")
        return answers[0]

    def get(self, key: str, budget: float) -> str:
        """The text of a key; "" if there is none. Raises StoreAway."""
        found = self._send([["GET", key]], budget)[0]
        if found.startswith("-"):
            raise StoreAway("refused")
        return found

    def close(self) -> None:
        """Ends the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _send(self, commands: Sequence[Command], budget: float) -> list[str]:
        """The store's answers to the commands. Tries again once if a kept connection is gone."""
        if self._place.tls and self._tls is None:
            self._tls = _tls_context()  # 25 ms of work here, which the budget is not for
        deadline = time.monotonic() + budget
        try:
            return self._exchange(commands, deadline)
        except _Gone:
            return self._exchange(commands, deadline)

    def _exchange(self, commands: Sequence[Command], deadline: float) -> list[str]:
        """Sends the commands over one connection and reads their answers. Raises StoreAway."""
        connection = self._take()
        rested = connection is not None
        first = [] if rested else self._greeting()
        got = b""
        try:
            connection = connection or self._connect(deadline)
            connection.settimeout(_left(deadline))
            connection.sendall(b"".join(map(encoded, [*first, *commands])))
            answers: list[str] = []
            position = 0
            while len(answers) < len(first) + len(commands):
                found = answer(got, position)
                if found is None:
                    connection.settimeout(_left(deadline))
                    more = connection.recv(MAX_ANSWER)
                    if not more or len(got) > MAX_ANSWER:
                        raise (_Gone if rested and not got else StoreAway)("answer")
                    got += more
                    continue
                answers.append(found[0])
                position = found[1]
        except (StoreAway, OSError, ValueError) as fault:
            self._drop(connection)
            raise _away(fault, rested=rested and not got) from None
        if any(one.startswith("-") for one in answers[: len(first)]):
            connection.close()
            raise StoreAway("password")
        self._connection, self._rested_since = connection, time.time()
        return answers[len(first) :]

    def _greeting(self) -> list[Command]:
        """The commands that a new connection begins with."""
        greeting: list[Command] = []
        if self._place.password:
            user = [self._place.user] if self._place.user else []
            greeting.append(["AUTH", *user, self._place.password])
        if self._place.database:
            greeting.append(["SELECT", str(self._place.database)])
        return greeting

    def _take(self) -> socket.socket | None:
        """The kept connection, if it is still usable."""
        connection, self._connection = self._connection, None
        if connection is None:
            return None
        # Wall time: the monotonic clock may stop while the instance is frozen.
        rested = 0 <= time.time() - self._rested_since <= MAX_REST
        if rested and not select.select([connection], [], [], 0)[0]:
            return connection
        connection.close()
        return None

    def _drop(self, connection: socket.socket | None) -> None:
        if connection is None:
            self._addresses = []  # look the name up again
        else:
            connection.close()

    def _connect(self, deadline: float) -> socket.socket:
        """A new connection, within the deadline. Raises StoreAway or OSError."""
        if not self._addresses:
            self._addresses = _resolved(self._place, deadline)
        late = False  # whether the last address took all the time
        for position, (family, kind, protocol, _, address) in enumerate(self._addresses):
            # Each address gets a share of the time: a dead one must not use all of it.
            share = _left(deadline) / (len(self._addresses) - position)
            try:
                plain = socket.socket(family, kind, protocol)
            except OSError:  # this machine has no such addresses, such as those of IPv6
                late = False
                continue
            try:
                plain.settimeout(share)
                plain.connect(address)
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._tls is None:
                    return plain
                plain.settimeout(_left(deadline))
                return self._tls.wrap_socket(plain, server_hostname=self._place.host)
            except OSError as fault:
                plain.close()
                late = isinstance(fault, TimeoutError)
            except StoreAway:
                plain.close()
                raise
        # Not by the clock: a timeout may end a moment before the deadline.
        raise StoreAway("time" if late else "connection")


def _away(fault: Exception, *, rested: bool) -> StoreAway:
    """The StoreAway for a fault. ``rested``: the connection was a kept one, which may be gone."""
    if isinstance(fault, StoreAway):
        return fault
    if isinstance(fault, TimeoutError):
        return StoreAway("time")
    if isinstance(fault, ValueError):
        return StoreAway("answer")
    return _Gone("connection") if rested else StoreAway("connection")


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise StoreAway("time")
    return left


def _resolved(place: Place, deadline: float) -> list[Any]:
    """The addresses of the store. A plain connection goes to private ones only."""
    from threading import Thread

    found: list[Any] = []

    def look_up() -> None:
        try:
            found.extend(socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            return  # found stays empty

    # A lookup has no timeout of its own.
    thread = Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(_left(deadline))
    listed = [one for one in list(found) if place.tls or is_private(str(one[4][0]))]
    if not listed:
        raise StoreAway("address")
    return listed


def _tls_context() -> ssl.SSLContext:
    import ssl

    if not CERTIFICATES.is_file():
        import certifi

        context = ssl.create_default_context(cafile=certifi.where())
    else:
        context = ssl.create_default_context(cafile=str(CERTIFICATES))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
