"""Keys behind a URL: how long they are kept, and what callers get when the issuer fails."""

from __future__ import annotations

import base64
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import jwt
import pytest

from shared.auth.caller import Caller
from shared.auth.published_keys import (
    FRESH,
    LIMIT,
    PAUSE,
    PAUSE_AFTER_FAILURE,
    STALE,
    PublishedKeys,
)
from shared.auth.token import authenticate
from shared.config.settings import Settings
from shared.errors import InvalidToken, Unavailable
from tests.support.issuer import PATH, JwksServer, Key

ISSUER = "https://login.example.com/"
CLAIMS = {"iss": ISSUER, "aud": "vodpass", "sub": "alice"}
SETTINGS = Settings(jwt_issuer=ISSUER, jwt_audience="vodpass", issuer_alias="main")
OLD, NEW, OTHER = Key("old"), Key("new"), Key("other", "ES256")


class Clock:
    """The clock that decides how long keys are kept: the machine's clock, moved ahead."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def time(self) -> float:
        return time.time() + self.ahead

    def advance(self, seconds: float) -> None:
        self.ahead += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("shared.auth.published_keys.time", SimpleNamespace(time=clock.time))
    return clock


@pytest.fixture
def server() -> Iterator[JwksServer]:
    with JwksServer(OLD.jwk) as serving:
        yield serving


@pytest.fixture
def published(server: JwksServer, clock: Clock) -> PublishedKeys:
    return PublishedKeys(server.url)


def believed(key: Key, published: PublishedKeys) -> Caller:
    return authenticate(f"Bearer {key.sign(CLAIMS)}", SETTINGS, published)


def refused(key: Key, published: PublishedKeys) -> str:
    with pytest.raises(InvalidToken) as caught:
        believed(key, published)
    return caught.value.reason


def test_keys_are_fetched_only_for_a_well_formed_token(
    server: JwksServer, published: PublishedKeys
) -> None:
    for authorization in (
        None,
        "Basic YTpi",
        "Bearer a.b.c",
        f"Bearer {OLD.sign(CLAIMS, crit=[])}",
    ):
        with pytest.raises(InvalidToken):
            authenticate(authorization, SETTINGS, published)
    assert server.fetched == []


def test_many_tokens_cause_one_fetch(
    server: JwksServer, published: PublishedKeys, clock: Clock
) -> None:
    for _ in range(50):
        assert believed(OLD, published).subject == "alice"
        clock.advance((FRESH - 10) / 50)
    assert server.fetched == [PATH]
    clock.advance(20)
    assert believed(OLD, published)
    assert server.fetched == [PATH] * 2


def test_a_rotation_refuses_nobody(
    server: JwksServer, published: PublishedKeys, clock: Clock
) -> None:
    assert believed(OLD, published)
    clock.advance(PAUSE + 1)
    server.publish(NEW.jwk, OLD.jwk)
    for _ in range(3):
        assert believed(NEW, published)
        assert believed(OLD, published)
    assert len(server.fetched) == 2
    server.publish(NEW.jwk)
    clock.advance(FRESH + 1)
    assert believed(NEW, published)
    assert refused(OLD, published) == "unknown_key"


def test_a_rotation_right_after_a_fetch_refuses_nobody(
    server: JwksServer, published: PublishedKeys, clock: Clock
) -> None:
    assert believed(OLD, published)
    server.publish(NEW.jwk, OLD.jwk)
    clock.advance(1)
    assert believed(NEW, published)


def test_a_withdrawn_key_verifies_until_the_next_fetch(
    server: JwksServer, published: PublishedKeys, clock: Clock
) -> None:
    assert believed(OLD, published)
    server.publish(NEW.jwk)
    clock.advance(FRESH - 10)
    assert believed(OLD, published)
    clock.advance(20)
    assert refused(OLD, published) == "unknown_key"


def test_unknown_kids_cause_at_most_one_fetch_a_minute(
    server: JwksServer, published: PublishedKeys, clock: Clock
) -> None:
    assert believed(OLD, published)
    clock.advance(PAUSE + 1)
    for number in range(40):
        assert refused(Key(f"made-up-{number}", private=OTHER.private, alg="ES256"), published) == (
            "unknown_key"
        )
        clock.advance(5)
    # 200 seconds: one fetch at once, then one for each full minute.
    assert len(server.fetched) == 1 + 4
    assert believed(OLD, published)


def test_a_token_without_kid_uses_the_only_key(
    server: JwksServer, published: PublishedKeys
) -> None:
    token = jwt.encode({**CLAIMS, "exp": time.time() + 60}, OLD.private, algorithm="RS256")
    assert authenticate(f"Bearer {token}", SETTINGS, published).subject == "alice"


def test_the_last_good_set_serves_for_a_day_while_the_issuer_is_down(
    server: JwksServer, published: PublishedKeys, clock: Clock
) -> None:
    assert believed(OLD, published)
    server.send(b"", 503)
    clock.advance(FRESH + 1)
    for _ in range(5):
        assert believed(OLD, published)
    assert len(server.fetched) == 2
    clock.advance(PAUSE_AFTER_FAILURE + 1)
    assert believed(OLD, published)
    assert len(server.fetched) == 3
    clock.advance(STALE - FRESH - 60)
    assert believed(OLD, published)
    clock.advance(60)
    with pytest.raises(Unavailable) as unavailable:
        believed(OLD, published)
    assert int(unavailable.value.headers["Retry-After"]) >= 1
    server.publish(OLD.jwk)
    clock.advance(PAUSE_AFTER_FAILURE + 1)
    assert believed(OLD, published)


def test_the_caller_may_retry_if_the_url_does_not_answer(clock: Clock) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        published = PublishedKeys(f"http://127.0.0.1:{port}/keys")
        with pytest.raises(Unavailable):
            believed(OLD, published)


def test_a_clock_that_is_turned_back_does_not_stop_the_keys(
    server: JwksServer, published: PublishedKeys, clock: Clock
) -> None:
    assert believed(OLD, published)
    server.publish(NEW.jwk, OLD.jwk)
    clock.advance(-3 * STALE)
    assert believed(NEW, published)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


WEAK = {"kty": "RSA", "kid": "old", "alg": "RS256", "n": _text(b"\xc1" * 128), "e": "AQAB"}
SECRET = {"kty": "oct", "kid": "old", "alg": "HS256", "k": _text(b"s" * 48)}
GOOD = json.dumps({"keys": [OLD.jwk]}).encode()


def keys(*jwks: Any) -> bytes:
    return json.dumps({"keys": list(jwks)}).encode()


BAD = {
    "nothing": (200, {}, b""),
    "garbage": (200, {}, b"\xff\xfe<html>"),
    "a page": (200, {"Content-Type": "text/html"}, b"<html>down for maintenance</html>"),
    "no object": (200, {}, b"[]"),
    "no list": (200, {}, b'{"keys": {"old": {}}}'),
    "no keys": (200, {}, keys()),
    "nested deep": (200, {}, b'{"keys": ' + b"[" * 30_000),
    "too large": (200, {}, keys(OLD.jwk, {"x": "a" * LIMIT})),
    "an error with keys": (500, {}, GOOD),
    "another status": (203, {}, GOOD),
    "a redirect": (302, {"Location": "/elsewhere"}, GOOD),
    "compressed": (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b\x08" + GOOD),
    "cut short": (200, {"Content-Length": str(len(GOOD) + 10)}, GOOD),
    "a shared secret": (200, {}, keys(SECRET)),
    "a weak key": (200, {}, keys(WEAK)),
    "one kid twice": (200, {}, keys(OLD.jwk, {**NEW.jwk, "kid": "old"})),
    "for encryption": (200, {}, keys({**OLD.jwk, "use": "enc"})),
    "a private key": (200, {}, keys({**OLD.jwk, "d": _text(b"d" * 256)})),
    "another algorithm": (200, {}, keys({**OLD.jwk, "alg": "RSA-OAEP"})),
    "no kid": (200, {}, keys({**OLD.jwk, "kid": None})),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_an_answer_that_is_not_a_valid_key_set_is_refused(
    server: JwksServer, published: PublishedKeys, clock: Clock, name: str
) -> None:
    status, headers, body = BAD[name]
    server.send(body, status, **headers)
    with pytest.raises(Unavailable):
        believed(OLD, published)
    server.publish(OLD.jwk)
    clock.advance(PAUSE_AFTER_FAILURE + 1)
    assert believed(OLD, published)
    # It does not replace the last good set either.
    server.send(body, status, **headers)
    clock.advance(FRESH + 1)
    assert believed(OLD, published)
    assert set(server.fetched) == {PATH}
    assert len(server.fetched) == 3


def test_unusable_keys_are_skipped_and_the_others_used(
    server: JwksServer, published: PublishedKeys
) -> None:
    others = [SECRET | {"kid": "s"}, WEAK | {"kid": "w"}, {}, {**NEW.jwk, "use": "enc"}]
    server.send(keys(*others, OLD.jwk, OTHER.jwk))
    assert believed(OLD, published)
    assert believed(OTHER, published)
    assert refused(NEW, published) == "unknown_key"
    forged = jwt.encode(CLAIMS, b"s" * 48, algorithm="HS256", headers={"kid": "s"})
    with pytest.raises(InvalidToken) as caught:
        authenticate(f"Bearer {forged}", SETTINGS, published)
    assert caught.value.reason == "unknown_key"


def test_a_published_key_cannot_be_used_as_an_hmac_secret(
    server: JwksServer, published: PublishedKeys
) -> None:
    assert believed(OLD, published)
    payload = _text(json.dumps({**CLAIMS, "exp": int(time.time()) + 60}).encode())
    header = _text(b'{"alg":"HS256","kid":"old"}')
    signed = f"{header}.{payload}"
    for secret in (OLD.jwk["n"].encode(), json.dumps(OLD.jwk).encode()):
        mac = _text(hmac.digest(secret, signed.encode(), "sha256"))
        with pytest.raises(InvalidToken) as caught:
            authenticate(f"Bearer {signed}.{mac}", SETTINGS, published)
        assert caught.value.reason == "algorithm"


@pytest.mark.parametrize("pieces", [0, 1000])
def test_a_fetch_that_takes_too_long_is_given_up(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, pieces: int
) -> None:
    """The server sends nothing, or one byte at a time. The total time is limited."""
    monkeypatch.setattr("shared.auth.published_keys.TIMEOUT", 0.3)
    given_up = threading.Event()

    def drip(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" if pieces else b""
            )
            for _ in range(pieces):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return
                if given_up.wait(0.02):
                    return
            given_up.wait(30)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening,))
        thread.start()
        published = PublishedKeys(f"http://127.0.0.1:{listening.getsockname()[1]}/keys")
        with pytest.raises(Unavailable):
            believed(OLD, published)
        given_up.set()
        thread.join(timeout=30)
        assert not thread.is_alive()
