"""The HTTP transport below the SDK: one deadline, no redirects or proxies, verified TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import certifi
import pytest

from shared.transport import (
    BrokenAnswer,
    ConnectionLost,
    DeadlinePassed,
    HttpAnswer,
    Transport,
    TransportError,
)
from tests.support.tls import self_signed

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
Handler = Callable[[socket.socket], None]


class Server:
    """Accepts connections on loopback and passes each to ``handle`` in a new thread."""

    def __init__(self, handle: Handler) -> None:
        self.accepted = 0
        self._handle = handle
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.accepted += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            self._handle(connection)

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def serve() -> Iterator[Callable[[Handler], Server]]:
    with contextlib.ExitStack() as stack:
        yield lambda handle: stack.enter_context(contextlib.closing(Server(handle)))


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport()
    yield made
    for connection, _ in made._resting.values():
        connection.close()


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            raise OSError
        data += chunk
    return data


def always(answer: bytes) -> Handler:
    def handle(connection: socket.socket) -> None:
        while True:
            read_request(connection)
            connection.sendall(answer)

    return handle


def once(answer: bytes) -> Handler:
    def handle(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(answer)

    return handle


def ask(
    transport: Transport,
    server: Server,
    *,
    timeout: float = 5.0,
    limit: int = 1000,
    path: str = "/",
) -> HttpAnswer:
    return transport.exchange(
        "POST", server.host, path, {"x-a": "b"}, b"", tls=False, timeout=timeout, limit=limit
    )


def test_a_connection_is_kept(transport: Transport, serve: Callable[[Handler], Server]) -> None:
    server = serve(always(OK))

    assert [ask(transport, server).body for _ in range(3)] == [b"ok"] * 3
    assert server.accepted == 1


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"HTTP/1.1 200 OK\r\n",  # bytes after the end of the answer
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ],
)
def test_a_connection_that_cannot_be_trusted_is_not_used_again(
    transport: Transport, serve: Callable[[Handler], Server], answer: bytes
) -> None:
    server = serve(always(answer))

    assert [ask(transport, server).body for _ in range(2)] == [b"ok"] * 2
    assert server.accepted == 2


def test_a_connection_that_the_server_closed_is_not_used_again(
    transport: Transport, serve: Callable[[Handler], Server]
) -> None:
    server = serve(once(OK))

    for _ in range(3):
        assert ask(transport, server).body == b"ok"
        resting, _ = next(iter(transport._resting.values()))
        resting.settimeout(5)
        assert resting.recv(1, socket.MSG_PEEK) == b""  # the server has closed the connection
    assert server.accepted == 3


def test_a_connection_that_was_idle_too_long_is_not_used_again(
    transport: Transport, serve: Callable[[Handler], Server]
) -> None:
    """A frozen instance does not notice that the server closes the connection."""
    server = serve(always(OK))
    ask(transport, server)
    transport._resting = {
        key: (connection, since - 60) for key, (connection, since) in transport._resting.items()
    }

    ask(transport, server)

    assert server.accepted == 2


def test_a_chunked_answer_is_read_completely(
    transport: Transport, serve: Callable[[Handler], Server]
) -> None:
    server = serve(always(CHUNKED + b"1\r\no\r\n1\r\nk\r\n0\r\n\r\n"))

    assert [ask(transport, server).body for _ in range(2)] == [b"ok"] * 2
    assert server.accepted == 1


def test_many_small_chunks_do_not_count_more_than_the_body(
    transport: Transport, serve: Callable[[Handler], Server]
) -> None:
    body = b"x" * 128 * 1024
    server = serve(once(CHUNKED + b"8\r\nxxxxxxxx\r\n" * (len(body) // 8) + b"0\r\n\r\n"))

    assert ask(transport, server, limit=len(body)).body == body


@pytest.mark.parametrize("read_body", [True, False])
def test_an_interim_answer_is_not_the_answer(
    transport: Transport, serve: Callable[[Handler], Server], read_body: bool
) -> None:
    """Proxies in front of a receiver may send them unasked (RFC 9110, section 15.2)."""
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 5\r\n\r\n"
    server = serve(always(b"HTTP/1.1 100 Continue\r\n\r\n" + hints * 2 + OK))

    for _ in range(2):
        answer = transport.exchange(
            "GET", server.host, "/", {}, b"", tls=False, timeout=5, read_body=read_body
        )
        assert (answer.status, "link" in answer.headers) == (200, False)
        assert answer.body == (b"ok" if read_body else b"")
    assert server.accepted == (1 if read_body else 2)


SHORT, LARGE, ODD = "the answer is cut short", "the answer is too large", "not an HTTP answer"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", SHORT),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok", ODD),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"x" * 1001, LARGE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 2000, LARGE),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2000, LARGE),
        (CHUNKED + b"-1\r\n" + b"x" * 300_000, LARGE),  # http.client reads it to its end
        (CHUNKED + b"2\r\nok\r\n0\r\n" + b"a: b\r\n" * 50_000, LARGE),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000, LARGE),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 10_000, LARGE),
        (b"SSH-2.0-OpenSSH_9.2\r\n", ODD),
        (b"HTTP/1.1 two hundred\r\n\r\n", ODD),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500, ODD),
    ],
)
def test_an_answer_that_is_cut_short_too_large_or_not_http_is_refused(
    transport: Transport, serve: Callable[[Handler], Server], answer: bytes, said: str
) -> None:
    with pytest.raises(BrokenAnswer, match=f"^{said}$") as caught:
        ask(transport, serve(once(answer)))

    assert caught.value.sent


def test_a_redirect_is_an_answer_like_any_other(
    transport: Transport, serve: Callable[[Handler], Server]
) -> None:
    elsewhere = serve(always(OK))
    moved = f"HTTP/1.1 302 Found\r\nLocation: http://{elsewhere.host}/\r\nContent-Length: 0\r\n\r\n"

    assert ask(transport, serve(always(moved.encode()))).status == 302
    assert elsewhere.accepted == 0


def test_proxy_variables_are_ignored(
    transport: Transport, serve: Callable[[Handler], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, server = serve(always(OK)), serve(always(OK))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{proxy.host}")

    ask(transport, server)

    assert (proxy.accepted, server.accepted) == (0, 1)


def drip(connection: socket.socket) -> None:
    read_request(connection)
    for position in range(len(OK)):
        connection.sendall(OK[position : position + 1])
        time.sleep(0.05)  # a slow server; its answer as a whole takes two seconds


def silent(connection: socket.socket) -> None:
    read_request(connection)
    connection.recv(1)


@pytest.mark.parametrize("handle", [drip, silent])
def test_the_deadline_holds_for_every_kind_of_delay(
    transport: Transport, serve: Callable[[Handler], Server], handle: Handler
) -> None:
    with pytest.raises(DeadlinePassed) as caught:
        ask(transport, serve(handle), timeout=0.3)

    assert caught.value.sent


def test_a_deadline_that_passes_between_two_parts_of_an_answer_may_have_taken_effect(
    transport: Transport, serve: Callable[[Handler], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    later = 0.0
    monotonic = time.monotonic
    monkeypatch.setattr("shared.transport.time.monotonic", lambda: monotonic() + later)

    def half(connection: socket.socket) -> None:
        nonlocal later
        read_request(connection)
        later = 60.0
        connection.sendall(OK[:20])
        connection.recv(1)

    with pytest.raises(DeadlinePassed, match=r"^the deadline passed$") as caught:
        ask(transport, serve(half), timeout=30)

    assert caught.value.sent


def test_a_refused_connection_was_not_sent(transport: Transport) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(ConnectionLost, match=r"^no connection$") as caught:
            transport.exchange("GET", host, "/", {}, b"", tls=False, timeout=5)

    assert not caught.value.sent


def hangs_up(connection: socket.socket) -> None:
    read_request(connection)


def resets(connection: socket.socket) -> None:
    read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize(
    ("handle", "fault", "said"),
    [
        (hangs_up, BrokenAnswer, "not an HTTP answer"),
        (resets, ConnectionLost, "the connection broke off"),
    ],
)
def test_a_connection_that_breaks_off_may_have_taken_effect(
    transport: Transport,
    serve: Callable[[Handler], Server],
    handle: Handler,
    fault: type[TransportError],
    said: str,
) -> None:
    with pytest.raises(fault, match=f"^{said}$") as caught:
        ask(transport, serve(handle))

    assert caught.value.sent


@pytest.mark.parametrize("value", ["a\r\nx-b: c", "a\nb", "a\rb"])
def test_a_line_break_in_a_request_is_refused(
    transport: Transport, serve: Callable[[Handler], Server], value: str
) -> None:
    server = serve(always(OK))
    with pytest.raises(BrokenAnswer):
        transport.exchange("GET", server.host, "/", {"x-a": value}, b"", tls=False, timeout=5)
    with pytest.raises(BrokenAnswer):
        ask(transport, server, path=f"/{value}")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "0.0.0.0",
        "::1",
        "fe80::1%lo",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::1",
        "224.0.0.1",
        *("100.100.100.200", "192.0.0.10", "192.88.99.1", "198.18.0.1", "203.0.113.9"),
        *("240.0.0.1", "255.255.255.255", "172.16.0.1"),
        *("::", "::8.8.8.8", "::ffff:8.8.8.8", "::ffff:0:8.8.8.8", "fec0::1", "ff02::1"),
        *("64:ff9b::8.8.8.8", "64:ff9b:1::a00:1", "100::1", "2001::1", "2001:db8::1", "3fff::1"),
        *("2002:808:808::1", "5f00::1", "2408:4001::5efe:a00:1", "2408:4001::200:5efe:a00:1"),
        *("2408:4001::1%eth0", "no address"),
    ],
)
def test_a_public_transport_connects_only_to_public_addresses(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """The check covers the addresses that the transport would connect to."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    found = [(family, socket.SOCK_STREAM, 6, "", (address, 9))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("the transport connected"))

    with pytest.raises(ConnectionLost):
        Transport(public_only=True).exchange(
            "POST", "hooks.example.com", "/", {}, b"", tls=False, timeout=1
        )


@pytest.mark.parametrize("address", ["8.8.8.8", "47.100.1.1", "2408:4001::1", "2606:4700::1111"])
def test_a_public_transport_connects_to_public_addresses(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    found = [(family, socket.SOCK_STREAM, 6, "", (address, 9))]
    connected = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    def connect(_: socket.socket, to: tuple[str, int]) -> None:
        connected.append(to)
        raise OSError

    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(ConnectionLost):
        Transport(public_only=True).exchange(
            "POST", "hooks.example.com", "/", {}, b"", tls=False, timeout=1
        )
    assert connected == [(address, 9)]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return self_signed(tmp_path_factory.mktemp("tls"))


def over_tls(certificate: tuple[Path, Path]) -> Handler:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def handle(connection: socket.socket) -> None:
        with (
            contextlib.suppress(OSError),
            context.wrap_socket(connection, server_side=True) as safe,
        ):
            always(OK)(safe)

    return handle


def test_a_server_with_a_trusted_certificate_is_accepted(
    transport: Transport,
    serve: Callable[[Handler], Server],
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(certifi, "where", lambda: str(certificate[0]))
    server = serve(over_tls(certificate))

    for _ in range(2):
        answer = transport.exchange("GET", server.host, "/", {}, b"", tls=True, timeout=5)
        assert answer.body == b"ok"
    assert server.accepted == 1


def test_an_untrusted_certificate_is_refused(
    transport: Transport, serve: Callable[[Handler], Server], certificate: tuple[Path, Path]
) -> None:
    server = serve(over_tls(certificate))

    with pytest.raises(ConnectionLost) as caught:
        transport.exchange("GET", server.host, "/", {}, b"", tls=True, timeout=5)
    assert not caught.value.sent


def test_a_certificate_for_another_name_is_refused(
    transport: Transport,
    serve: Callable[[Handler], Server],
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(certifi, "where", lambda: str(certificate[0]))
    host = serve(over_tls(certificate)).host.replace("127.0.0.1", "localhost")

    with pytest.raises(ConnectionLost):
        transport.exchange("GET", host, "/", {}, b"", tls=True, timeout=5)
