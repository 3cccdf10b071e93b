"""A webhook address that leads into the function's own network: no delivery reaches it.

A real server listens on loopback. The settings are read as a deployment reads them.
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest

from shared.config.settings import Settings, load
from shared.config.uses import USES
from shared.events.event import Event
from shared.events.webhook import NotDelivered, Receivers
from tests.support.tls import self_signed

EVENT = Event("vp_a", {"id": "vp_a", "type": "upload.refreshed", "data": {}})


class Neighbour:
    """A TLS server in the network of the functions. It answers 204 and keeps what it gets."""

    def __init__(self, certificate: tuple[Path, Path]) -> None:
        self.accepted = 0
        self.received: list[bytes] = []
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(*certificate)
        self._sockets = [socket.create_server(("127.0.0.1", 0))]
        self.port = self._sockets[0].getsockname()[1]
        with contextlib.suppress(OSError):  # a machine without IPv6
            self._sockets.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        self._threads = [
            threading.Thread(target=self._accept, args=(one,), daemon=True) for one in self._sockets
        ]
        for thread in self._threads:
            thread.start()

    def _accept(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                self.accepted += 1
                with contextlib.suppress(OSError), connection:
                    connection.settimeout(10)
                    with self._tls.wrap_socket(connection, server_side=True) as safe:
                        self.received.append(safe.recv(65536))
                        safe.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    def close(self) -> None:
        for one in self._sockets:
            one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def neighbour(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Neighbour]:
    certificate = self_signed(tmp_path_factory.mktemp("tls"))
    monkeypatch.setattr(certifi, "where", lambda: str(certificate[0]))
    with contextlib.closing(Neighbour(certificate)) as made:
        yield made


def settings(host: str, port: int, **changes: str) -> Settings:
    """The settings of `watch` with both webhook addresses at a host."""
    secret = "whsec_" + base64.b64encode(b"w" * 32).decode()
    other = "whsec_" + base64.b64encode(b"c" * 32).decode()
    given = {
        "VODPASS_REGION": "cn-shanghai",
        "VODPASS_ISSUER_ALIAS": "main",
        "VODPASS_OWNER_KEYS": "k1:" + base64.b64encode(b"o" * 32).decode(),
        "VODPASS_WEBHOOK_URL": f"https://{host}:{port}/events",
        "VODPASS_WEBHOOK_SECRETS": secret,
        "VODPASS_CREDENTIAL_WEBHOOK_URL": f"https://{host}:{port}/credentials",
        "VODPASS_CREDENTIAL_WEBHOOK_SECRETS": other,
        **changes,
    }
    return load(given, USES["watch"])


HOSTS = [
    "127.0.0.1",
    "localhost",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0",
    "0.0.0.0",
]


@pytest.mark.parametrize("credentials", [False, True])
@pytest.mark.parametrize("host", HOSTS)
def test_no_event_reaches_a_private_address(
    neighbour: Neighbour, host: str, credentials: bool
) -> None:
    receiver = Receivers().of(settings(host, neighbour.port), credentials=credentials)
    with pytest.raises(NotDelivered):
        receiver.deliver(EVENT)
    assert neighbour.accepted == 0


MAPPED = ["::ffff:127.0.0.1", "::1", "::", "::ffff:0.0.0.0"]


@pytest.mark.parametrize("address", MAPPED)
def test_no_event_reaches_a_private_address_behind_a_public_name(
    neighbour: Neighbour, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever controls the name's zone chooses the address."""
    port = neighbour.port
    found = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    receiver = Receivers().of(settings("hooks.example.com", port))
    with pytest.raises(NotDelivered):
        receiver.deliver(EVENT)
    assert neighbour.accepted == 0


@pytest.mark.parametrize("credentials", [False, True])
def test_an_event_reaches_a_private_address_if_that_is_allowed(
    neighbour: Neighbour, credentials: bool
) -> None:
    """Else the tests above would show nothing."""
    allowed = settings("127.0.0.1", neighbour.port, VODPASS_WEBHOOK_PRIVATE="1")
    Receivers().of(allowed, credentials=credentials).deliver(EVENT)
    [request] = neighbour.received
    head, _, body = request.partition(b"\r\n\r\n")
    path = b"/credentials" if credentials else b"/events"
    assert head.startswith(b"POST " + path + b" HTTP/1.1\r\n")
    content: Any = json.loads(body)
    assert content == EVENT.content
