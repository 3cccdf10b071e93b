"""The store's connection against a real Redis, beside the package `redis`, and against bad ones."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import ssl
import subprocess
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest
import redis
from redis.crc import key_slot

from local.limits_store import LimitsStore
from shared.limits import store as module
from shared.limits.resp import encoded
from shared.limits.script import LUA, keys
from shared.limits.store import Store, StoreAway
from tests.support.tls import Authority

AMPLE = 30.0  # seconds; a busy machine is no reason to fail
SHORT = 0.3
ONE = {"rates": [["plays_per_minute", 2, 60, 1]]}
KEYS = keys("user")


@pytest.fixture
def client(limits_store: LimitsStore) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(limits_store.url, decode_responses=True)
    client.flushall()
    yield client
    client.close()


Open = Callable[[str], Store]


@pytest.fixture
def connect() -> Iterator[Open]:
    """Makes stores, and ends their connections."""
    with contextlib.ExitStack() as opened:

        def make(url: str) -> Store:
            store = Store(url)
            opened.callback(store.close)
            return store

        yield make


@pytest.fixture
def store(limits_store: LimitsStore, client: redis.Redis, connect: Open) -> Store:
    return connect(limits_store.url)


def test_it_asks_what_the_package_asks(store: Store, client: redis.Redis) -> None:
    by_package = client.register_script(LUA)
    answers = [
        store.ask(KEYS, ONE, AMPLE),
        by_package(keys=KEYS, args=[json.dumps(ONE)]),
        store.ask(KEYS, ONE, AMPLE),
        by_package(keys=KEYS, args=[json.dumps(ONE)]),
    ]
    assert answers[:2] == ["new", "new"]
    for refused in answers[2:]:
        assert refused.partition(" ")[0] == "plays_per_minute"
    assert client.script_exists(module._SHA) == [True], "the same script, by the same digest"


@pytest.mark.parametrize(
    "command",
    [["PING"], ["SET", "k", ""], ["SET", "k", "a\r\nb é $3\r\n"], ["EVAL", LUA, "0", "{}"]],
)
def test_a_command_is_encoded_as_by_the_package(command: list[str]) -> None:
    package: Any = redis.connection.Connection()  # type: ignore[no-untyped-call]
    packed = package.pack_command(*command)
    assert b"".join(packed) == encoded(command)


def test_what_is_sent_beside_is_done_too(store: Store, client: redis.Redis) -> None:
    store.ask(KEYS, ONE, AMPLE, [["SET", "vodpass:media:1", "user", "EX", "100"]])
    assert store.get("vodpass:media:1", AMPLE) == "user"
    assert store.get("vodpass:media:2", AMPLE) == ""
    assert 0 < client.ttl("vodpass:media:1") <= 100


def test_a_store_that_forgot_the_script_gets_it_again(store: Store, client: redis.Redis) -> None:
    assert store.ask(KEYS, ONE, AMPLE) == "new"
    client.script_flush()
    assert store.ask(KEYS, ONE, AMPLE) == "new"


def test_a_connection_is_kept_and_replaced_when_it_is_gone(
    store: Store, client: redis.Redis
) -> None:
    store.ask(KEYS, ONE, AMPLE)
    first = store._connection
    store.ask(KEYS, ONE, AMPLE)
    assert store._connection is first
    assert client.client_kill_filter(skipme=True) >= 1
    assert store.ask(KEYS, ONE, AMPLE).startswith("plays_per_minute")
    assert store._connection is not first


def test_a_user_and_a_database_are_used(
    limits_store: LimitsStore, client: redis.Redis, connect: Open
) -> None:
    word = "p@ss:/?#[]%w rd é"
    client.acl_setuser(
        "vodpass-é", enabled=True, passwords=[f"+{word}"], keys=["*"], categories=["+@all"]
    )
    try:
        given = "p%40ss%3A%2F%3F%23%5B%5D%25w%20rd%20%C3%A9"
        url = f"redis://vodpass-%C3%A9:{given}@127.0.0.1:{limits_store.port}/3"
        assert connect(url).ask(KEYS, ONE, AMPLE) == "new"
        assert client.dbsize() == 0
        other = redis.Redis.from_url(limits_store.url.removesuffix("0") + "3")
        assert other.dbsize() == 1
        other.close()
    finally:
        client.acl_deluser("vodpass-é")


GUIDE = (Path(__file__).parents[3] / "docs" / "limits.md").read_text("utf-8")


def test_the_guide_names_every_command_that_the_user_of_the_store_needs(
    limits_store: LimitsStore, client: redis.Redis, connect: Open
) -> None:
    [sentence] = re.findall(r"The user in the URL needs (.+?)\. All\s+keys", GUIDE, re.DOTALL)
    commands = re.findall(r"`([A-Z]+)`", sentence)
    client.acl_setuser(
        "narrow",
        enabled=True,
        passwords=["+word"],
        keys=["vodpass:*"],
        commands=[f"+{command}" for command in commands],
    )
    try:
        store = connect(f"redis://narrow:word@127.0.0.1:{limits_store.port}")
        rates = ONE["rates"]
        upload = {"slot": "m", "rates": rates, "again": rates, "open": 1, "refreshes": 1}
        link = [["SET", "vodpass:media:1", "user", "EX", "100"]]
        assert store.ask(KEYS, upload, AMPLE) == "new"
        assert store.ask(KEYS, {"op": "link", "slot": "m", "video": "v"}, AMPLE, link) == "done"
        assert store.ask(KEYS, {"video": "v", "rates": [], "again": []}, AMPLE) == "again"
        for op in ("touch", "back", "end"):
            assert store.ask(KEYS, {"op": op, "slot": "m", "video": "v"}, AMPLE) == "done"
        other = {**upload, "slot": "n", "rates": []}
        assert store.ask(KEYS, other, AMPLE) == "new"
        assert store.ask(KEYS, {"op": "drop", "slot": "n"}, AMPLE) == "done"
        assert store.ask(KEYS, other, AMPLE) == "new"
        assert store.ask(KEYS, {**other, "slot": "o"}, AMPLE).startswith("open_uploads ")
        assert store.get("vodpass:media:1", AMPLE) == "user"
        client.script_flush()
        assert store.ask(KEYS, {"op": "end", "slot": "m"}, AMPLE) == "done"
    finally:
        client.acl_deluser("narrow")


def test_the_keys_of_a_user_are_in_one_slot_of_a_cluster() -> None:
    assert len({key_slot(key.encode()) for key in KEYS}) == 1
    assert key_slot(keys("another")[0].encode()) != key_slot(KEYS[0].encode())


@pytest.mark.parametrize("userinfo", ["", ":hunter2@", "nobody:hunter2@"])
def test_a_wrong_password_is_a_store_away_and_is_not_shown(
    limits_store: LimitsStore, connect: Open, userinfo: str
) -> None:
    store = connect(f"redis://{userinfo}127.0.0.1:{limits_store.port}")
    with pytest.raises(StoreAway) as fault:
        store.ask(KEYS, ONE, AMPLE)
    assert fault.value.kind == ("password" if userinfo else "refused")
    assert "hunter2" not in f"{fault.value!r}{store!r}"
    assert "hunter2" not in "".join(traceback.format_exception(fault.value))


class Impostor:
    """Something on a port that is no Redis. ``talk`` gets each connection."""

    def __init__(self, talk: Callable[[socket.socket], None]) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._talk = talk
        threading.Thread(target=self._serve, daemon=True).start()
        self.url = f"redis://127.0.0.1:{self._listening.getsockname()[1]}"

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with contextlib.suppress(OSError), connection:
                    self._talk(connection)

    def close(self) -> None:
        self._listening.close()


def says(answer: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)
        while connection.recv(65536):
            pass

    return talk


def trickle(connection: socket.socket) -> None:
    pause = threading.Event()
    for _ in range(1000):
        connection.sendall(b"+")
        pause.wait(0.05)


@pytest.mark.parametrize(
    ("talk", "kind"),
    [
        (says(b""), "time"),
        (trickle, "time"),
        (says(b"$3\r\nne"), "time"),
        (lambda connection: connection.recv(65536) and None, "answer"),
        (says(b"HTTP/1.1 200 OK\r\n\r\n"), "answer"),
        (says(b"*1\r\n$3\r\nnew\r\n"), "answer"),
        (says(b"$many\r\n"), "answer"),
        (says(b"$99999999999\r\n"), "answer"),
        (says(b"+" * 20_000), "answer"),
        (says(b"-LOADING Redis is loading the dataset in memory\r\n"), "refused"),
        (says(b"-READONLY You can't write against a read only replica.\r\n"), "refused"),
        (says(b"-OOM command not allowed when used memory > 'maxmemory'.\r\n"), "refused"),
        (says(b"-MOVED 3999 127.0.0.1:6381\r\n"), "refused"),
        (says(b"-\r\n"), "refused"),
    ],
)
def test_no_answer_and_a_bad_one_are_a_store_away(
    connect: Open, talk: Callable[[socket.socket], None], kind: str
) -> None:
    impostor = Impostor(talk)
    store = connect(impostor.url)
    with pytest.raises(StoreAway) as fault:
        store.ask(KEYS, ONE, SHORT if kind == "time" else AMPLE)
    assert fault.value.kind == kind
    assert store._connection is None or kind == "refused"
    impostor.close()


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        store = Store(f"redis://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(StoreAway, match=r"^connection$"):
            store.ask(KEYS, ONE, AMPLE)


def resolves_to(*addresses: str) -> Callable[..., list[Any]]:
    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        kinds = [socket.AF_INET6 if ":" in one else socket.AF_INET for one in addresses]
        return [
            (kind, socket.SOCK_STREAM, 6, "", (one, port))
            for kind, one in zip(kinds, addresses, strict=True)
        ]

    return look_up


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "0.0.0.0"]
)
def test_a_name_without_a_private_address_is_not_asked_in_the_clear(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolves_to(address))
    monkeypatch.setattr(socket, "socket", lambda *_: pytest.fail("a connection was made"))
    with pytest.raises(StoreAway, match=r"^address$"):
        Store("redis://store.example.com").ask(KEYS, ONE, AMPLE)


def test_of_several_addresses_only_the_private_one_is_asked(
    monkeypatch: pytest.MonkeyPatch, limits_store: LimitsStore, connect: Open
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolves_to("8.8.8.8", "127.0.0.1"))
    url = limits_store.url.replace("127.0.0.1", "store.example.com")
    assert connect(url).ask(KEYS, {"rates": []}, AMPLE) == "new"


def test_a_lookup_that_hangs_does_not_hold_up_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor the end of the process."""
    hold, ended = threading.Event(), threading.Event()
    daemons = []

    def hang(*_: Any, **__: Any) -> list[Any]:
        daemons.append(threading.current_thread().daemon)
        hold.wait(60)
        ended.set()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with pytest.raises(StoreAway):
        Store("redis://store.example.com").ask(KEYS, ONE, SHORT)
    assert not ended.is_set()
    hold.set()
    assert ended.wait(60)
    assert daemons == [True]


@contextlib.contextmanager
def over_tls(limits_store: LimitsStore, authority: Authority) -> Iterator[int]:
    """A port where TLS leads to the store."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.cert, authority.key)
    behind = ("127.0.0.1", limits_store.port)

    def talk(connection: socket.socket) -> None:
        with (
            contextlib.suppress(OSError),
            context.wrap_socket(connection, server_side=True) as tls,
            socket.create_connection(behind) as plain,
        ):
            while asked := tls.recv(65536):
                plain.sendall(asked)
                tls.sendall(plain.recv(65536))

    impostor = Impostor(talk)
    yield int(impostor.url.rpartition(":")[2])
    impostor.close()


@pytest.mark.parametrize(
    ("certificate", "trusted", "expected"),
    [
        ("localhost", "own", "new"),
        ("localhost", "other", "connection"),
        ("localhost", "public", "new"),
        ("localhost", "none", "connection"),
        ("store.example.com", "own", "connection"),
    ],
)
def test_tls_trusts_the_ca_of_the_bundle_alone_and_checks_the_name(
    limits_store: LimitsStore,
    connect: Open,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    certificate: str,
    trusted: str,
    expected: str,
) -> None:
    for name in ("own", "other"):
        (tmp_path / name).mkdir()
    authority = Authority(tmp_path / "own", certificate)
    Authority(tmp_path / "other", certificate)
    monkeypatch.setattr(module, "CERTIFICATES", tmp_path / trusted / "ca.pem")
    if trusted == "public":  # a bundle without the file trusts the public CAs
        monkeypatch.setattr(certifi, "where", lambda: str(tmp_path / "own" / "ca.pem"))
    with over_tls(limits_store, authority) as port:
        store = connect(f"rediss://:{limits_store.password}@localhost:{port}")
        try:
            answer = store.ask(KEYS, {"rates": []}, AMPLE)
        except StoreAway as fault:
            answer = fault.kind
    assert answer == expected


def test_its_modules_load_nothing_heavy() -> None:
    """The package alone would load a hundred modules, asyncio and ssl among them."""
    done = subprocess.run(
        [
            "python3",
            "-c",
            "import sys, shared.limits.limiter; print(*sorted(sys.modules))",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    loaded = set(done.stdout.split())
    assert "shared.limits.store" in loaded
    assert not loaded & {
        "redis",
        "ssl",
        "asyncio",
        "urllib.request",
        "logging.handlers",
    }
