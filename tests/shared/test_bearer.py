"""What a request without a usable token is told, and which keys a deployment verifies with."""

from __future__ import annotations

import base64
import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from unittest import mock

import pytest

from shared.auth.published_keys import PublishedKeys
from shared.auth.token import _pyjwt, authenticate, by_bearer_token
from shared.config.jwk import parse_key_set
from shared.config.settings import Settings
from shared.errors import InvalidToken, Unavailable
from shared.transport import DeadlinePassed, HttpAnswer, Transport
from shared.web.request import Request
from tests.support.issuer import Key
from tests.support.scripted_server import ScriptedServer, reply
from tests.support.tokens import AUDIENCE, ISSUER, Issuer

LOGIN = Issuer()
SETTINGS = Settings(
    jwt_keys=parse_key_set(LOGIN.jwks()),
    jwt_issuer=ISSUER,
    jwt_audience=AUDIENCE,
    issuer_alias="main",
)


def signed(*, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    return f"Bearer {LOGIN.sign(LOGIN.claims(**changes), **(headers or {}))}"


def head(value: Any) -> str:
    """A token with this header, which no library would make."""
    text = base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    return f"Bearer {text}.e30.AAAA"


def broken_off(authorization: str) -> str:
    return authorization[:-4] + ("AAAA" if authorization[-4:] != "AAAA" else "BBBB")


ONE = "Send Authorization: Bearer followed by one JWT."
NO_JWT = "The token is not a valid JWT, or its exp, nbf or iat is not a number."
TOLD: list[tuple[str | Callable[[], str] | None, str, str]] = [
    (None, "missing", "Send Authorization: Bearer followed by a JWT."),
    ("", "missing", "Send Authorization: Bearer followed by a JWT."),
    ("Bearer", "malformed", ONE),
    ("Basic YTpi", "malformed", ONE),
    ("Bearer a.b", "malformed", ONE),
    ("Bearer a.b.c d", "malformed", ONE),
    ("Bearer \ta.b.c", "malformed", ONE),
    (f"Bearer a.b.{'c' * (8 * 1024 - 3)}", "malformed", ONE),
    (f"Bearer a.b.{'c' * (8 * 1024 - 4)}", "malformed", "The token's header is not valid."),
    (head([]), "malformed", "The token's header is not valid."),
    (head({"kid": 5}), "malformed", "The token's kid must be a string."),
    *(
        (
            partial(signed, headers={name: "x"}),
            "header",
            "The headers jku, x5u, jwk, crit are refused.",
        )
        for name in ("jku", "x5u", "jwk", "crit")
    ),
    (
        partial(signed, headers={"kid": "other"}),
        "unknown_key",
        "The token's kid names no key that is accepted here.",
    ),
    (
        head({"alg": "none", "kid": LOGIN.kid}),
        "algorithm",
        "The token's alg is not the one its key is for.",
    ),
    (lambda: signed(exp=int(time.time()) - 60), "expired", "The token has expired."),
    (
        lambda: signed(nbf=int(time.time()) + 3600),
        "immature",
        "The token is not valid yet (nbf or iat).",
    ),
    (partial(signed, aud="other"), "audience", "The token is not meant for this service (aud)."),
    (partial(signed, iss="other"), "issuer", "The token is not from an accepted issuer (iss)."),
    (partial(signed, exp=None), "claim", "The token lacks the claim exp."),
    (partial(signed, iss=None), "claim", "The token lacks the claim iss."),
    (partial(signed, aud=None), "claim", "The token lacks the claim aud."),
    (lambda: broken_off(signed()), "signature", "The token's signature does not verify."),
    (partial(signed, exp="soon"), "malformed", NO_JWT),
    (partial(signed, iat="now"), "malformed", NO_JWT),
    (partial(signed, nbf="now"), "malformed", NO_JWT),
]


@pytest.mark.parametrize(("authorization", "reason", "detail"), TOLD)
def test_a_refused_token_is_told_the_rule_that_it_breaks(
    authorization: str | Callable[[], str] | None, reason: str, detail: str
) -> None:
    assert SETTINGS.jwt_keys is not None
    given = authorization() if callable(authorization) else authorization
    with pytest.raises(InvalidToken) as raised:
        authenticate(given, SETTINGS, SETTINGS.jwt_keys)
    assert (raised.value.reason, raised.value.detail) == (reason, detail)
    missing = reason == "missing"
    challenge = "Bearer" if missing else 'Bearer error="invalid_token"'
    assert raised.value.headers == {"WWW-Authenticate": challenge}


def request(authorization: str | None = None) -> Request:
    headers = {} if authorization is None else {"authorization": authorization}
    return Request("POST", headers, {}, b"")


@pytest.mark.parametrize("changes", [{}, {"jti": 5}, {"sub": 5}])
def test_a_caller_is_known_by_the_header_of_the_request(changes: dict[str, Any]) -> None:
    admit = by_bearer_token(SETTINGS)
    token = LOGIN.sign_raw(LOGIN.claims(**changes))
    for scheme in ("Bearer", "bearer", "BEARER"):
        caller = admit(request(f"{scheme}  {token} "))
        assert caller.subject == str(changes.get("sub", "alice"))
    with pytest.raises(InvalidToken):
        admit(request())


@pytest.mark.parametrize(
    ("issuer", "audience"), [("none", AUDIENCE), (ISSUER, "none"), ("none", "none")]
)
def test_a_deployment_may_do_without_issuer_or_audience(issuer: str, audience: str) -> None:
    settings = Settings(
        jwt_keys=SETTINGS.jwt_keys, jwt_issuer=issuer, jwt_audience=audience, issuer_alias="main"
    )
    admit = by_bearer_token(settings)
    given: dict[str, Any] = {"iss": None if issuer == "none" else ISSUER}
    given["aud"] = None if audience == "none" else AUDIENCE
    assert admit(request(signed(**given))).subject == "alice"
    if audience == "none":
        for odd in ("other", ""):
            with pytest.raises(InvalidToken) as raised:
                admit(request(signed(**{**given, "aud": odd})))
            assert raised.value.reason == "audience"
            assert raised.value.detail == "The token is not meant for this service (aud)."


def test_a_key_is_prepared_once_for_the_algorithm_that_it_names() -> None:
    keys = parse_key_set(LOGIN.jwks())
    settings = Settings(
        jwt_keys=keys, jwt_issuer=ISSUER, jwt_audience=AUDIENCE, issuer_alias="main"
    )
    [key] = keys
    assert key.cache == {}
    by_bearer_token(settings)(request(signed()))
    prepared = dict(key.cache)
    assert prepared
    by_bearer_token(settings)(request(signed()))
    assert all(key.cache[name] is value for name, value in prepared.items())


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with contextlib.closing(ScriptedServer()) as made:
        yield made


KEY = Key("published", "ES256")


@pytest.mark.parametrize(("path", "target"), [("/a/keys?b=c", "/a/keys?b=c"), ("", "/")])
def test_without_keys_in_the_settings_those_of_the_url_count(
    server: ScriptedServer, path: str, target: str
) -> None:
    server.say(reply({"keys": [KEY.jwk]}, headers={"Connection": "close"}))
    settings = Settings(
        jwt_jwks_url=f"http://{server.host}{path}",
        jwt_issuer=ISSUER,
        jwt_audience=AUDIENCE,
        issuer_alias="main",
    )
    admit = by_bearer_token(settings)
    assert server.asked == [], "not before there is a token"
    token = KEY.sign({"iss": ISSUER, "aud": AUDIENCE, "sub": "alice"})
    assert admit(request(f"Bearer {token}")).subject == "alice"
    [asked] = server.asked
    assert (asked.method, asked.target, asked.body) == ("GET", target, b"")
    assert asked.headers["accept"] == "application/json"
    assert asked.headers["user-agent"] == "vodpass"


def test_published_keys_are_fetched_by_tls_within_two_seconds_and_64_kib(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[Any, ...]] = []

    def exchange(_: Transport, *given: Any, **options: Any) -> HttpAnswer:
        asked.append((given, options))
        raise DeadlinePassed("the deadline passed", sent=True)

    monkeypatch.setattr(Transport, "exchange", exchange)
    keys = PublishedKeys("https://login.example.com:8443/keys")
    for _ in range(2):
        with pytest.raises(Unavailable) as raised:
            keys.find("published")
        assert raised.value.effect == "none"
    headers = {"Accept": "application/json", "User-Agent": "vodpass"}
    options = {"tls": True, "timeout": 2.0, "limit": 64 * 1024}
    expected = (("GET", "login.example.com:8443", "/keys", headers, b""), options)
    assert asked == [expected], "then a pause"


@pytest.mark.parametrize(
    ("symmetric", "loaded", "used"),
    [(True, False, False), (True, True, True), (False, True, True)],
)
def test_a_cold_start_with_shared_secrets_loads_no_asymmetric_library(
    symmetric: bool, loaded: bool, used: bool
) -> None:
    """And hides none from others."""
    given = LOGIN.jwks() if symmetric else json.dumps({"keys": [KEY.jwk]})
    settings = Settings(jwt_keys=parse_key_set(given))
    begins = ("jwt",) if loaded else ("jwt", "cryptography")
    with mock.patch.dict(sys.modules):
        for name in [name for name in sys.modules if name.split(".")[0] in begins]:
            del sys.modules[name]
        made = _pyjwt(settings)
        assert made.algorithms.has_crypto is used
        assert ("cryptography" in sys.modules) is loaded
        assert _pyjwt(settings) is made
