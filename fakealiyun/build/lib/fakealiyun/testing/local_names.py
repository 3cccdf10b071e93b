"""Resolves the names below `localhost` to this machine, as browsers do and RFC 6761 advises.

Some clients put a project or an account in front of the endpoint's name. Most resolvers of Linux
know `localhost` alone.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def names_below_localhost() -> Iterator[None]:
    """In this process, `anything.localhost` is 127.0.0.1."""
    real = socket.getaddrinfo

    def resolve(host: Any, *arguments: Any, **named: Any) -> Any:
        if isinstance(host, str) and host.endswith(".localhost"):
            host = "127.0.0.1"
        return real(host, *arguments, **named)

    socket.getaddrinfo = resolve
    try:
        yield
    finally:
        socket.getaddrinfo = real
