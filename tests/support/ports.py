"""Ports that stay free until they are used."""

from __future__ import annotations

import random
import socket
from pathlib import Path

_CANDIDATES = range(10_000, 32_768)


def own_port() -> int:
    """A free port on loopback that the kernel gives to nobody who asks for any port.

    A port from the kernel may be another process's before the test listens on it.
    """
    given_away = _given_away()
    ports = [port for port in _CANDIDATES if port not in given_away] or list(_CANDIDATES)
    while True:
        # Each worker chooses another one, whatever a test has done to `random`.
        port = random.SystemRandom().choice(ports)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def hold(port: int) -> socket.socket:
    """A socket that keeps a port of loopback, and on which every connection is refused.

    It refuses them until its method `listen` is called.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", port))
    return held


def _given_away() -> range:
    """The ports among which the kernel chooses."""
    try:
        first, last = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    except FileNotFoundError:
        return range(49_152, 65_536)  # not Linux
    return range(int(first), int(last) + 1)
