"""What the transport sends, where it connects to, and when it uses a connection again."""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from shared import transport as module
from shared.transport import BrokenAnswer, ConnectionLost, DeadlinePassed, HttpAnswer, Transport
from tests.support.scripted_server import ScriptedServer, reply

TEXTS = {
    "no answer in time",
    "not an HTTP answer",
    "the connection broke off",
    "the deadline passed",
    "the host's name does not resolve",
    "no connection",
    "the answer is too large",
    "the answer is cut short",
}
"""What a fault says. It never quotes the request or the answer."""


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with contextlib.closing(ScriptedServer()) as made:
        yield made


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport()
    yield made
    for connection, _ in made._resting.values():
        connection.close()


def ask(transport: Transport, host: str, method: str = "GET", **options: Any) -> HttpAnswer:
    given = {"tls": False, "timeout": 5.0, **options}
    return transport.exchange(method, host, "/a?b=c", {"X-A": "b", "HOST": "d"}, b"text", **given)


def test_a_request_is_sent_as_it_is_given(transport: Transport, server: ScriptedServer) -> None:
    ask(transport, server.host, "PUT")
    assert (
        server.asked[0].raw
        == (
            b"PUT /a?b=c HTTP/1.1\r\n"
            b"Host: %s\r\n"
            b"Accept-Encoding: identity\r\n"
            b"X-A: b\r\n"
            b"Content-Length: 4\r\n"
            b"\r\n"
            b"text"
        )
        % server.host.encode()
    )


def test_a_header_may_hold_any_byte(transport: Transport, server: ScriptedServer) -> None:
    transport.exchange("GET", server.host, "/", {"X-A": "é"}, b"", tls=False, timeout=5)
    assert server.asked[0].headers["x-a"] == "é"


def test_an_answer_is_read_as_it_is_sent(transport: Transport, server: ScriptedServer) -> None:
    server.say(reply(b"text", 404, {"X-Some": "Thing"}))
    answer = ask(transport, server.host)
    assert (answer.status, answer.body, answer.headers["x-some"]) == (404, b"text", "Thing")
    assert "Thing" not in repr(answer)
    assert "text" not in repr(answer)


def test_an_answer_to_head_has_no_body(transport: Transport, server: ScriptedServer) -> None:
    server.say(reply(b"", headers={"Content-Length": "2000"}))
    assert ask(transport, server.host, "HEAD").body == b""
    assert ask(transport, server.host, "HEAD").status == 200
    assert server.accepted == 1


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("size", "fits"), [(99, True), (100, True), (101, False)])
def test_an_answer_may_be_as_large_as_the_limit(
    transport: Transport, server: ScriptedServer, size: int, fits: bool, chunked: bool
) -> None:
    body = b"x" * size
    sent = reply(body)
    if chunked:
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        sent = head + b"%x\r\n%s\r\n0\r\n\r\n" % (size, body)
    server.say(sent)
    if fits:
        assert ask(transport, server.host, limit=100).body == body
        assert ask(transport, server.host, limit=100).body == body
        assert server.accepted == 1
        return
    with pytest.raises(BrokenAnswer) as raised:
        ask(transport, server.host, limit=100)
    assert raised.value.sent
    assert not transport._resting


def test_the_limit_is_a_mebibyte_unless_another_is_given(
    transport: Transport, server: ScriptedServer
) -> None:
    server.say(reply(b"x" * 1024 * 1024))
    assert len(ask(transport, server.host).body) == 1024 * 1024
    server.say(reply(b"x" * (1024 * 1024 + 1)))
    with pytest.raises(BrokenAnswer):
        ask(transport, server.host)


def test_without_the_body_only_the_head_is_read(
    transport: Transport, server: ScriptedServer
) -> None:
    server.say(reply(b"text", 202, {"Content-Length": "99999999", "X-A": "b"}))
    for _ in range(2):
        answer = ask(transport, server.host, read_body=False)
        assert (answer.status, answer.headers["x-a"], answer.body) == (202, "b", b"")
    assert server.accepted == 2, "the rest of the body is still to come"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", BrokenAnswer),
        (b"SSH-2.0-OpenSSH_9.2\r\n", BrokenAnswer),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", DeadlinePassed),
        (b"HTTP/1.1 200", DeadlinePassed),
    ],
)
def test_a_fault_after_the_request_may_have_taken_effect_and_ends_the_connection(
    transport: Transport,
    server: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
    answer: bytes,
    kind: type[Exception],
) -> None:
    made: list[socket.socket] = []
    connect = Transport._connect

    def noted(*given: Any) -> socket.socket:
        made.append(connect(*given))
        return made[-1]

    monkeypatch.setattr(Transport, "_connect", noted)
    server.say(answer)
    with pytest.raises(kind) as raised:
        ask(transport, server.host, timeout=0.2 if kind is DeadlinePassed else 5.0)
    assert raised.value.sent is True  # type: ignore[attr-defined]
    assert str(raised.value) in TEXTS
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert [one.fileno() for one in made] == [-1]


def test_a_deadline_that_has_passed_sends_nothing(
    transport: Transport, server: ScriptedServer
) -> None:
    ask(transport, server.host)
    server.say(reply())
    for timeout in (0.0, -1.0):
        with pytest.raises(DeadlinePassed) as raised:
            ask(transport, server.host, timeout=timeout)
        assert raised.value.sent is False
    assert server.asked == []


class Clock:
    """The time of the transport alone."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_800_000_000.0
        self.monotonic = 1000.0
        shown = SimpleNamespace(time=lambda: self.now, monotonic=lambda: self.monotonic)
        monkeypatch.setattr(module, "time", shown)


@pytest.mark.parametrize(
    ("seconds", "kept"), [(0, True), (15, True), (16, False), (3600, False), (-1, False)]
)
def test_a_connection_rests_for_fifteen_seconds_by_the_wall_clock(
    transport: Transport,
    server: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
    seconds: int,
    kept: bool,
) -> None:
    """An instance may be frozen meanwhile, and its clock may be set back."""
    clock = Clock(monkeypatch)
    ask(transport, server.host)
    [(first, _)] = transport._resting.values()
    clock.now += seconds
    ask(transport, server.host)
    assert server.accepted == (1 if kept else 2)
    assert (first.fileno() == -1) is not kept


def test_a_connection_with_an_unread_answer_is_not_used_again(
    transport: Transport, server: ScriptedServer
) -> None:
    """The bytes belong to another request."""
    ask(transport, server.host)
    [(first, _)] = transport._resting.values()
    ours, theirs = socket.socketpair()
    transport._resting[(False, server.host)] = (ours, time.time())
    theirs.sendall(reply(b"of another"))
    assert ask(transport, server.host).body == b""
    assert ours.fileno() == -1
    for one in (first, theirs):
        one.close()


def test_each_host_has_a_connection_of_its_own(
    transport: Transport, server: ScriptedServer
) -> None:
    with contextlib.closing(ScriptedServer()) as other:
        other.say(reply(b"other"))
        for _ in range(2):
            assert ask(transport, server.host).body == b""
            assert ask(transport, other.host).body == b"other"
        assert (server.accepted, other.accepted) == (1, 1)


@pytest.mark.parametrize(
    ("host", "tls", "looked_up"),
    [
        ("a.example.com", False, ("a.example.com", 80)),
        ("a.example.com", True, ("a.example.com", 443)),
        ("a.example.com:8443", True, ("a.example.com", 8443)),
        ("[2408::1]", True, ("2408::1", 443)),
        ("[2408::1]:8080", False, ("2408::1", 8080)),
    ],
)
def test_the_port_is_that_of_the_scheme_unless_the_host_names_one(
    transport: Transport,
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    tls: bool,
    looked_up: tuple[str, int],
) -> None:
    asked = []

    def look_up(name: str, port: int, **options: Any) -> list[Any]:
        asked.append((name, port))
        assert options == {"type": socket.SOCK_STREAM}
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(ConnectionLost) as raised:
        ask(transport, host, tls=tls)
    assert asked == [looked_up]
    assert raised.value.sent is False
    assert str(raised.value) in TEXTS


def test_a_host_name_that_cannot_be_is_one_that_does_not_resolve(transport: Transport) -> None:
    with pytest.raises(ConnectionLost) as raised:
        ask(transport, "a" * 300)
    assert raised.value.sent is False
    assert str(raised.value) in TEXTS


class Network:
    """Stands for sockets. The addresses in ``dead`` take all the time that they get, but for
    ``early`` seconds. There are no addresses of IPv6."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, server: ScriptedServer, addresses: list[str]
    ) -> None:
        self.clock = Clock(monkeypatch)
        self.dead = {"10.0.0.1", "10.0.0.2"}
        self.early = 0.0
        self.tried: list[tuple[str, float]] = []
        self.made: list[socket.socket] = []
        network = self

        class Socket(socket.socket):
            def __init__(self, family: int, *given: Any) -> None:
                if family == socket.AF_INET6:
                    raise OSError(errno.EAFNOSUPPORT, "no IPv6 here")
                super().__init__(family, *given)
                network.made.append(self)

            def connect(self, address: Any) -> None:
                share = self.gettimeout()
                assert share is not None
                network.tried.append((address[0], share))
                if address[0] not in network.dead:
                    super().connect(("127.0.0.1", server.port))
                    return
                network.clock.monotonic += share - network.early
                raise TimeoutError

        found = [
            (
                socket.AF_INET6 if ":" in one else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (one, 80),
            )
            for one in addresses
        ]
        shown = {**vars(socket), "getaddrinfo": lambda *_, **__: found, "socket": Socket}
        monkeypatch.setattr(module, "socket", SimpleNamespace(**shown))


def test_each_address_of_a_host_has_a_share_of_the_time(
    transport: Transport, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Network(monkeypatch, server, ["10.0.0.1", "10.0.0.2", "10.0.0.3"])
    assert ask(transport, "a.example.com", timeout=6.0).status == 200
    assert network.tried == [("10.0.0.1", 2.0), ("10.0.0.2", 2.0), ("10.0.0.3", 2.0)]
    assert [one.fileno() == -1 for one in network.made] == [True, True, False]
    nodelay = network.made[2].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert nodelay == 1, "a small request must not wait for the acknowledgement of another"


def test_a_host_without_an_address_that_answers_takes_all_the_time_and_no_more(
    transport: Transport, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Network(monkeypatch, server, ["10.0.0.1", "10.0.0.2"])
    with pytest.raises(DeadlinePassed) as raised:
        ask(transport, "a.example.com", timeout=6.0)
    assert raised.value.sent is False
    assert str(raised.value) in TEXTS
    assert network.tried == [("10.0.0.1", 3.0), ("10.0.0.2", 3.0)]
    assert server.accepted == 0


def test_a_timeout_that_ends_a_moment_early_is_the_deadline_all_the_same(
    transport: Transport, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Network(monkeypatch, server, ["10.0.0.1"])
    network.early = 0.001
    with pytest.raises(DeadlinePassed) as raised:
        ask(transport, "a.example.com", timeout=6.0)
    assert raised.value.sent is False
    assert str(raised.value) in TEXTS
    assert {one.fileno() for one in network.made} == {-1}


@pytest.mark.parametrize(
    "addresses", [["2408::1", "10.0.0.3"], ["10.0.0.1", "2408::1", "10.0.0.3"]]
)
def test_an_address_of_a_kind_that_the_machine_lacks_is_left_out(
    transport: Transport,
    server: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
    addresses: list[str],
) -> None:
    network = Network(monkeypatch, server, addresses)
    assert ask(transport, "a.example.com", timeout=6.0).status == 200
    assert [address for address, _ in network.tried] == [one for one in addresses if ":" not in one]


@pytest.mark.parametrize("addresses", [["2408::1"], ["10.0.0.1", "2408::1"]])
def test_without_another_address_there_is_no_connection(
    transport: Transport,
    server: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
    addresses: list[str],
) -> None:
    Network(monkeypatch, server, addresses)
    with pytest.raises(ConnectionLost) as raised:
        ask(transport, "a.example.com", timeout=6.0)
    assert raised.value.sent is False
    assert str(raised.value) in TEXTS


def test_no_tls_version_below_1_2_is_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    context = module._tls_context()
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert len(context.get_ca_certs()) > 50


def test_transports_share_the_tls_context_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making one takes long."""
    made: list[object] = []

    def make() -> object:
        made.append(object())
        return made[-1]

    monkeypatch.setattr(module, "_tls_context", make)
    first = Transport()
    beside = Transport(beside=first)
    assert made == [], "a deployment without TLS needs none"
    assert first._tls() is beside._tls() is first._tls()
    assert Transport()._tls() is not first._tls()


def stalled(connection: socket.socket) -> None:
    """Says nothing, so that no TLS handshake ends."""
    connection.recv(1)
    connection.recv(65536)
    while connection.recv(65536):
        pass


def reset(connection: socket.socket) -> None:
    """Resets the connection once the request has come."""
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextlib.contextmanager
def listening(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A host that talks to one connection so."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = bound.accept()
            with connection:
                talk(connection)

    with socket.create_server(("127.0.0.1", 0)) as bound:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{bound.getsockname()[1]}"
        with contextlib.suppress(OSError):
            bound.shutdown(socket.SHUT_RDWR)
        thread.join(30)
    assert not thread.is_alive()


def test_a_tls_handshake_that_stalls_ends_at_the_deadline(transport: Transport) -> None:
    with listening(stalled) as host, pytest.raises(DeadlinePassed) as raised:
        ask(transport, host, tls=True, timeout=0.3)
    assert raised.value.sent is False


def test_a_connection_that_is_reset_may_have_taken_effect(transport: Transport) -> None:
    with listening(reset) as host, pytest.raises(ConnectionLost) as raised:
        ask(transport, host)
    assert raised.value.sent is True
