"""The store's connection: what it says, when it is used again, and every reason to give up."""

from __future__ import annotations

import contextlib
import errno
import json
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from shared.limits import store as module
from shared.limits.resp import MAX_ANSWER, answer, encoded
from shared.limits.script import LUA, keys
from shared.limits.store import Store, StoreAway

if TYPE_CHECKING:
    import ssl

KEYS = keys("user")
QUESTION = {"rates": [["plays_per_minute", 2, 60, 1]]}
AMPLE = 30.0
RESET = b"reset"


class Redis:
    """Sends prepared answers, one for each piece that it receives. An empty one ends the
    connection, RESET resets it."""

    def __init__(self) -> None:
        self.answers: list[bytes] = [b"+new\r\n"]
        self.heard: list[bytes] = []
        self.accepted = 0
        self._open: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, user: str = "", database: str = "") -> str:
        return f"redis://{user}127.0.0.1:{self.port}{database}"

    def end_connections(self) -> None:
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.end_connections()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.accepted += 1
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            while heard := connection.recv(65536):
                self.heard.append(heard)
                said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if said == RESET:
                    now = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
                if said in (b"", RESET):
                    return
                connection.sendall(said)


@pytest.fixture
def redis() -> Iterator[Redis]:
    with contextlib.closing(Redis()) as made:
        yield made


Open = Callable[..., Store]


@pytest.fixture
def connect() -> Iterator[Open]:
    with contextlib.ExitStack() as opened:

        def make(url: str) -> Store:
            return opened.enter_context(contextlib.closing(Store(url)))

        yield make


def asked(*beside: list[str]) -> bytes:
    """What a question is, on the wire."""
    text = json.dumps(QUESTION, separators=(",", ":"))
    return b"".join(map(encoded, [["EVALSHA", module._SHA, "3", *KEYS, text], *beside]))


def test_a_question_is_one_command_by_the_digest_of_the_script(redis: Redis, connect: Open) -> None:
    store = connect(redis.url())
    assert repr(store) == "Store()"
    assert store.ask(KEYS, QUESTION, AMPLE) == "new"
    redis.answers = [b"+again\r\n"]
    assert store.ask(KEYS, QUESTION, AMPLE) == "again"
    assert redis.heard == [asked(), asked()]
    assert redis.accepted == 1


def test_the_script_is_sent_where_it_is_not_known(redis: Redis, connect: Open) -> None:
    redis.answers = [b"-NOSCRIPT No matching script.\r\n", b"+new\r\n"]
    assert connect(redis.url()).ask(KEYS, QUESTION, AMPLE) == "new"
    text = json.dumps(QUESTION, separators=(",", ":"))
    assert redis.heard[1:] == [encoded(["EVAL", LUA, "3", *KEYS, text])]


@pytest.mark.parametrize(
    ("user", "database", "greeting"),
    [
        ("", "", []),
        ("", "/0", []),
        (":word@", "", [["AUTH", "word"]]),
        ("name:word@", "", [["AUTH", "name", "word"]]),
        ("", "/3", [["SELECT", "3"]]),
        ("name:word@", "/3", [["AUTH", "name", "word"], ["SELECT", "3"]]),
    ],
)
def test_a_new_connection_begins_with_user_and_database(
    redis: Redis, connect: Open, user: str, database: str, greeting: list[list[str]]
) -> None:
    redis.answers = [b"+OK\r\n" * len(greeting) + b"+new\r\n", b"+again\r\n"]
    store = connect(redis.url(user, database))
    assert store.ask(KEYS, QUESTION, AMPLE) == "new"
    assert store.ask(KEYS, QUESTION, AMPLE) == "again"
    assert redis.heard == [b"".join(map(encoded, greeting)) + asked(), asked()]


@pytest.mark.parametrize("said", [b"-WRONGPASS no\r\n+new\r\n", b"-ERR no\r\n-NOAUTH no\r\n"])
def test_a_refused_greeting_is_a_wrong_password_and_ends_the_connection(
    redis: Redis, connect: Open, said: bytes
) -> None:
    redis.answers = [said]
    store = connect(redis.url(":word@"))
    for _ in range(2):
        with pytest.raises(StoreAway) as fault:
            store.ask(KEYS, QUESTION, AMPLE)
        assert fault.value.kind == str(fault.value) == "password"
    assert redis.accepted == 2


def test_what_is_sent_beside_is_answered_before_the_next_question(
    redis: Redis, connect: Open
) -> None:
    link = ["SET", "vodpass:media:1", "user", "EX", "100"]
    redis.answers = [b"+done\r\n+OK\r\n", b"$4\r\nuser\r\n", b"$-1\r\n", b"$0\r\n\r\n"]
    store = connect(redis.url())
    assert store.ask(KEYS, QUESTION, AMPLE, [link]) == "done"
    assert [store.get("vodpass:media:1", AMPLE) for _ in range(3)] == ["user", "", ""]
    assert redis.heard[:2] == [asked(link), encoded(["GET", "vodpass:media:1"])]


Call = Callable[[Store], object]
CALLS: list[Call] = [
    lambda store: store.ask(KEYS, QUESTION, AMPLE),
    lambda store: store.get("key", AMPLE),
]


@pytest.mark.parametrize("call", CALLS)
def test_an_error_is_a_refusal_and_keeps_the_connection(
    redis: Redis, connect: Open, call: Call
) -> None:
    redis.answers = [b"-NOPERM this user has no permissions\r\n"]
    store = connect(redis.url())
    for _ in range(2):
        with pytest.raises(StoreAway) as fault:
            call(store)
        assert fault.value.kind == "refused"
    assert redis.accepted == 1


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("end", "kind"), [(b"", "answer"), (RESET, "connection")])
def test_a_connection_that_ended_while_it_rested_is_replaced_once(
    redis: Redis, connect: Open, call: Call, end: bytes, kind: str
) -> None:
    """The store closes it when it wants, and that may become known only with the question."""
    redis.answers = [b"+new\r\n", end, b"+again\r\n"]
    store = connect(redis.url())
    call(store)
    assert call(store) == "again"
    assert redis.accepted == 2
    redis.answers = [end]
    with pytest.raises(StoreAway) as fault:
        call(store)
    assert fault.value.kind == kind
    assert redis.accepted == 3, "a new connection that ends is not tried again"
    assert store._connection is None


class Half(socket.socket):
    """A connection that brings half an answer, and then ``end``."""

    end: bytes | Exception
    _begun = False

    def recv(self, *_: Any) -> bytes:
        if not self._begun:
            self._begun = True
            return b"+ne"
        if isinstance(self.end, Exception):
            raise self.end
        return self.end


@pytest.mark.parametrize(("end", "kind"), [(b"", "answer"), (ConnectionResetError(), "connection")])
def test_half_an_answer_is_no_reason_to_ask_again(
    redis: Redis, connect: Open, end: bytes | Exception, kind: str
) -> None:
    """The question may have been counted."""
    store = connect(redis.url())
    store.ask(KEYS, QUESTION, AMPLE)
    ours, theirs = socket.socketpair()
    assert store._connection is not None
    store._connection.close()
    store._connection = Half(fileno=ours.detach())
    store._connection.end = end
    with theirs, pytest.raises(StoreAway) as fault:
        store.ask(KEYS, QUESTION, AMPLE)
    assert fault.value.kind == kind
    assert redis.accepted == 1


def test_a_connection_that_rested_is_used_without_a_wait(
    redis: Redis, connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[Any] = []

    def look(read: Any, write: Any, other: Any, *wait: float) -> Any:
        waits.append(wait)
        return select.select(read, write, other, 0)

    monkeypatch.setattr(module, "select", SimpleNamespace(select=look))
    store = connect(redis.url())
    for _ in range(2):
        store.ask(KEYS, QUESTION, AMPLE)
    assert waits == [(0,)]
    assert redis.accepted == 1


def test_the_longest_answer_is_taken(redis: Redis, connect: Open) -> None:
    text = "x" * MAX_ANSWER
    redis.answers = [b"$%d\r\n%s\r\n" % (len(text), text.encode())]
    assert connect(redis.url()).get("key", AMPLE) == text


@pytest.mark.parametrize(
    ("seconds", "kept"), [(0, True), (60, True), (61, False), (3600, False), (-1, False)]
)
def test_a_connection_rests_for_a_minute_by_the_wall_clock(
    redis: Redis, connect: Open, monkeypatch: pytest.MonkeyPatch, seconds: int, kept: bool
) -> None:
    now = 1_800_000_000.0
    shown = SimpleNamespace(time=lambda: now, monotonic=time.monotonic)
    monkeypatch.setattr(module, "time", shown)
    store = connect(redis.url())
    store.ask(KEYS, QUESTION, AMPLE)
    first = store._connection
    assert first is not None
    now += seconds
    store.ask(KEYS, QUESTION, AMPLE)
    assert redis.accepted == (1 if kept else 2)
    assert (first.fileno() == -1) is not kept


def test_bytes_before_a_question_belong_to_another(redis: Redis, connect: Open) -> None:
    store = connect(redis.url())
    store.ask(KEYS, QUESTION, AMPLE)
    ours, theirs = socket.socketpair()
    assert store._connection is not None
    store._connection.close()
    store._connection = ours
    theirs.sendall(b"+again\r\n")
    assert store.ask(KEYS, QUESTION, AMPLE) == "new"
    assert ours.fileno() == -1
    theirs.close()


def test_a_store_without_time_left_is_not_asked(redis: Redis, connect: Open) -> None:
    store = connect(redis.url())
    store.ask(KEYS, QUESTION, AMPLE)
    for budget in (0.0, -1.0):
        with pytest.raises(StoreAway) as fault:
            store.ask(KEYS, QUESTION, budget)
        assert fault.value.kind == "time"
    assert len(redis.heard) == 1


class Network:
    """Stands for sockets and time. An address in ``dead`` takes all the time it gets, but for
    ``early`` seconds. There are no addresses of IPv6."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, redis: Redis, *addresses: str) -> None:
        self.now = 1000.0
        self.dead = {"10.0.0.1", "10.0.0.2"}
        self.early = 0.0
        self.tried: list[tuple[str, float]] = []
        self.made: list[socket.socket] = []
        self.lookups: list[Any] = []
        network = self

        class Socket(socket.socket):
            def __init__(self, family: int, *given: Any) -> None:
                if family == socket.AF_INET6:
                    raise OSError(errno.EAFNOSUPPORT, "no IPv6 here")
                super().__init__(family, *given)
                network.made.append(self)

            def settimeout(self, seconds: float | None) -> None:
                # By the clock that stands still: a busy machine is no reason to fail.
                self.seconds = seconds
                super().settimeout(AMPLE)

            def gettimeout(self) -> float | None:
                return self.seconds

            def connect(self, address: Any) -> None:
                share = self.gettimeout()
                assert share is not None
                network.tried.append((address[0], share))
                if address[0] not in network.dead:
                    super().connect(("127.0.0.1", redis.port))
                    return
                network.now += share - network.early
                raise TimeoutError

        def look_up(*given: Any, **options: Any) -> list[Any]:
            self.lookups.append((given, options))
            kinds = [socket.AF_INET6 if ":" in one else socket.AF_INET for one in addresses]
            return [
                (kind, socket.SOCK_STREAM, 6, "", (one, 6379))
                for kind, one in zip(kinds, addresses, strict=True)
            ]

        shown = {**vars(socket), "getaddrinfo": look_up, "socket": Socket}
        monkeypatch.setattr(module, "socket", SimpleNamespace(**shown))
        clock = SimpleNamespace(time=lambda: self.now, monotonic=lambda: self.now)
        monkeypatch.setattr(module, "time", clock)


def test_each_address_of_a_store_has_a_share_of_the_budget(
    redis: Redis, connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Network(monkeypatch, redis, "10.0.0.1", "10.0.0.2", "10.0.0.3")
    store = connect("redis://store.example.com:6380")
    assert store.ask(KEYS, QUESTION, 6.0) == "new"
    assert network.tried == [("10.0.0.1", 2.0), ("10.0.0.2", 2.0), ("10.0.0.3", 2.0)]
    assert [one.fileno() == -1 for one in network.made] == [True, True, False]
    assert network.made[2].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
    kind = {"type": socket.SOCK_STREAM}
    assert network.lookups == [(("store.example.com", 6380), kind)]
    store.close()
    network.tried.clear()
    network.dead.clear()
    assert store.ask(KEYS, QUESTION, 6.0) == "new"
    assert network.tried == [("10.0.0.1", 2.0)]
    assert len(network.lookups) == 1, "the addresses are kept while one answers"


def test_a_store_that_no_address_leads_to_is_looked_up_again(
    redis: Redis, connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Network(monkeypatch, redis, "10.0.0.1", "10.0.0.2")
    store = connect("redis://store.example.com")
    for number in (1, 2):
        with pytest.raises(StoreAway) as fault:
            store.ask(KEYS, QUESTION, 6.0)
        assert fault.value.kind == "time"
        assert len(network.lookups) == number
    assert network.tried == [("10.0.0.1", 3.0), ("10.0.0.2", 3.0)] * 2
    assert {one.fileno() for one in network.made} == {-1}


def test_a_timeout_that_ends_a_moment_early_has_used_the_budget_all_the_same(
    redis: Redis, connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Network(monkeypatch, redis, "10.0.0.1")
    network.early = 0.001
    with pytest.raises(StoreAway) as fault:
        connect("redis://store.example.com").ask(KEYS, QUESTION, 6.0)
    assert fault.value.kind == "time"


@pytest.mark.parametrize(
    "addresses", [["fd00::1", "10.0.0.3"], ["10.0.0.1", "fd00::1", "10.0.0.3"]]
)
def test_an_address_of_a_kind_that_the_machine_lacks_is_left_out(
    redis: Redis, connect: Open, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    network = Network(monkeypatch, redis, *addresses)
    assert connect("redis://store.example.com").ask(KEYS, QUESTION, 6.0) == "new"
    assert [address for address, _ in network.tried] == [one for one in addresses if ":" not in one]


@pytest.mark.parametrize("addresses", [["fd00::1"], ["10.0.0.1", "fd00::1"]])
def test_without_another_address_the_store_is_not_connected(
    redis: Redis, connect: Open, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    Network(monkeypatch, redis, *addresses)
    with pytest.raises(StoreAway) as fault:
        connect("redis://store.example.com").ask(KEYS, QUESTION, 6.0)
    assert fault.value.kind == "connection"


def test_a_budget_may_be_a_part_of_a_second(
    redis: Redis, connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Network(monkeypatch, redis, "10.0.0.1", "10.0.0.3")
    store = connect("redis://store.example.com")
    assert store.ask(KEYS, QUESTION, AMPLE) == "new"
    store.close()
    network.tried.clear()
    assert store.ask(KEYS, QUESTION, 0.5) == "new"
    assert network.tried == [("10.0.0.1", 0.25), ("10.0.0.3", 0.25)]
    assert network.made[-1].gettimeout() == 0.25


def test_the_handshake_of_tls_has_the_rest_of_the_budget(
    redis: Redis, connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []

    class Context:
        def wrap_socket(self, plain: socket.socket, server_hostname: str) -> socket.socket:
            given.append((server_hostname, plain.gettimeout()))
            return plain

    network = Network(monkeypatch, redis, "10.0.0.3", "10.0.0.4")
    store = connect("rediss://store.example.com")
    store._tls = cast("ssl.SSLContext", Context())
    assert store.ask(KEYS, QUESTION, 6.0) == "new"
    assert network.tried == [("10.0.0.3", 3.0)]
    assert given == [("store.example.com", 6.0)]


@pytest.mark.parametrize(
    ("got", "position", "expected"),
    [
        (b"+OK\r\n", 0, ("OK", 5)),
        (b":12\r\n", 0, ("12", 5)),
        (b"$3\r\nnew\r\n", 0, ("new", 9)),
        (b"$0\r\n\r\n", 0, ("", 6)),
        (b"$-1\r\n", 0, ("", 5)),
        (b"-ERR some words\r\n", 0, ("-ERR", 17)),
        (b"-ERR\r\n", 0, ("-ERR", 6)),
        (b"+OK\r\n+new\r\n", 5, ("new", 11)),
        (b"+\xff\r\n", 0, ("\ufffd", 4)),
        (b"$1\r\n\xff\r\n", 0, ("\ufffd", 7)),
        (b"$4\r\na\r\nb\r\n", 0, ("a\r\nb", 10)),
        *(
            (cut, 0, None)
            for cut in (b"", b"+OK", b"+OK\r", b"$3\r\n", b"$3\r\nnew", b"$3\r\nnew\r")
        ),
        (b"+OK\r\n+ne", 5, None),
        (b"$4096\r\n" + b"x" * 4096 + b"\r\n", 0, ("x" * 4096, 4105)),
    ],
)
def test_an_answer_is_read_when_it_is_complete(
    got: bytes, position: int, expected: tuple[str, int] | None
) -> None:
    assert answer(got, position) == expected


@pytest.mark.parametrize("got", [b"*1\r\n", b"HTTP/1.1\r\n", b"\r\n", b"$x\r\n", b"$4097\r\n"])
def test_another_answer_is_refused(got: bytes) -> None:
    assert MAX_ANSWER == 4096
    with pytest.raises(ValueError):  # noqa: PT011  int() says why
        answer(got, 0)
