"""Every fault that a question to the store can have, and to which questions it cannot happen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.reliability.faults import CLOCK, HUGE, LEAK
from tests.reliability.store.wire import LOOK_UP, Asked, Handle, pass_on


@dataclass(frozen=True)
class StoreFault:
    """One fault. ``damage`` handles a command at the wire; without it the fault lies elsewhere."""

    name: str
    damage: Handle | None = None
    hits: str = ""
    """The one command that is damaged, instead of the question."""
    before: str = ""
    """What stands in the way before the question: `refused`, `no name`, `public` or `rested`."""
    tls: str = ""
    """What the function meets where it expects TLS: `stranger`, `other host` or `plain`."""
    clock: int = 0
    """Seconds by which the instance's clock is ahead."""
    impatient: bool = False
    """Whether the store keeps the function waiting until it gives up."""
    opening: bool = False
    """Whether it happens to a new connection only."""
    not_for: Mapping[str, str] = field(default_factory=dict)
    """Operation -> why this fault cannot happen to it."""

    def inapplicable(self, operation: str, *, first: bool) -> str:
        """Why it cannot happen to a question; empty if it can. ``first``: of an instance."""
        if self.opening and not first:
            return "it uses the connection of the question before it"
        return self.not_for.get(operation, "")


def _reset_before(asked: Asked) -> None:
    asked.reset()


def _reset_after(asked: Asked) -> None:
    asked.forward()
    asked.reset()


def _closed(asked: Asked) -> None:
    asked.forward()
    asked.connection.close()


def _silent(asked: Asked) -> None:
    asked.forward()
    asked.wait_until_given_up()


def _half(asked: Asked) -> None:
    answer = asked.forward()
    asked.connection.sendall(answer[: len(answer) // 2])


def _half_and_silent(asked: Asked) -> None:
    _half(asked)
    asked.wait_until_given_up()


def _cut_short(asked: Asked) -> None:
    _half(asked)
    asked.connection.close()


def _two_pieces(asked: Asked) -> None:
    answer = asked.forward()
    half = len(answer) // 2
    asked.connection.sendall(answer[:half])
    asked.connection.sendall(answer[half:])


def _says(answer: bytes) -> Handle:
    """Another answer than that of the Redis, after the effect."""

    def damage(asked: Asked) -> None:
        asked.forward()
        asked.connection.sendall(answer)

    return damage


def _fails(code: str) -> Handle:
    """An error of Redis, without an effect."""
    return lambda asked: asked.connection.sendall(f"-{code} {LEAK}\r\n".encode())


def _forgot(asked: Asked) -> None:
    (_fails("NOSCRIPT") if asked.command == "EVALSHA" else pass_on)(asked)


_NO_SCRIPT = {LOOK_UP: "it runs no script"}
_ERRORS = {
    "OOM": "its memory is full",
    "READONLY": "it is a replica",
    "NOAUTH": "it wants a password",
    "NOPERM": "its user may not",
    "LOADING": "it has just started",
    "MOVED": "another node of a cluster has the key",
    "CLUSTERDOWN": "its cluster is down",
    "BUSY": "another script blocks it",
    "ERR": "any other error",
}

_ANSWERS = (
    ("no RESP", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    ("wrong type: a list", b"*1\r\n$3\r\nnew\r\n"),
    ("wrong type: a number", b":1\r\n"),
    ("wrong type: nothing", b"$-1\r\n"),
    ("a length that is no number", b"$many\r\n"),
    ("a word that nobody knows", b"$6\r\nplenty\r\n"),
    ("3 MiB, with its length", b"$%d\r\n" % HUGE + b" " * HUGE + b"\r\n"),
    ("3 MiB without an end", b"+" * HUGE),
)

STORE_FAULTS: tuple[StoreFault, ...] = (
    StoreFault("the connection is refused", before="refused"),
    StoreFault("the name does not resolve", before="no name"),
    StoreFault("the name leads to a public address", before="public"),
    StoreFault("the kept connection has ended", before="rested"),
    StoreFault("reset before the effect", _reset_before),
    StoreFault("reset after the effect", _reset_after),
    StoreFault("closed without an answer", _closed),
    StoreFault("no answer within the budget", _silent, impatient=True),
    StoreFault("half an answer within the budget", _half_and_silent, impatient=True),
    StoreFault("the answer comes in two pieces", _two_pieces),
    StoreFault("cut short", _cut_short),
    *(StoreFault(name, _says(answer)) for name, answer in _ANSWERS),
    StoreFault("`NOSCRIPT`: it forgot the script", _forgot, not_for=_NO_SCRIPT),
    StoreFault("`NOSCRIPT` for the script itself too", _fails("NOSCRIPT"), not_for=_NO_SCRIPT),
    *(StoreFault(f"`{code}`: {why}", _fails(code)) for code, why in _ERRORS.items()),
    StoreFault(
        "`WRONGPASS`: the password is wrong",
        _fails("WRONGPASS"),
        hits="AUTH",
        opening=True,
    ),
    StoreFault("TLS: an unknown CA", tls="stranger", opening=True),
    StoreFault("TLS: the certificate of another host", tls="other host", opening=True),
    StoreFault("no TLS where `rediss://` expects it", tls="plain", opening=True),
    StoreFault("the instance's clock is ten minutes fast", clock=CLOCK),
    StoreFault("the instance's clock is ten minutes slow", clock=-CLOCK),
)
"""In the order of `docs/reliability.md`."""
