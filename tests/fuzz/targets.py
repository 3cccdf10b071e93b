"""One target for each parser: it gets any bytes, and raises only if the parser breaks its promise.

A promise is: only the named errors leave the parser, and what it returns has the promised form.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
from collections.abc import Callable, Mapping
from functools import cache

from shared.auth.callback_signature import by_callback_signature
from shared.auth.caller import MAX_SUBJECT, Caller, caller_of
from shared.auth.token import authenticate
from shared.config import limits
from shared.config.jwk import KeySet, parse_key_set, parse_published_keys
from shared.config.settings import Settings
from shared.config.variables import VARIABLES
from shared.errors import InvalidCallback, InvalidToken, Refusal
from shared.events import callback, recheck
from shared.limits import resp
from shared.runtime import queue_trigger
from shared.uploads import declaration
from shared.uploads import fields as upload_fields
from shared.web import body, fields
from shared.web.request import read_event
from shared.web.response import problem

Target = Callable[[bytes], None]

SECRET = b"fuzz" * 12
KEYS = parse_key_set(
    json.dumps(
        {
            "keys": [
                {
                    "kty": "oct",
                    "kid": "k",
                    "alg": "HS256",
                    "k": base64.urlsafe_b64encode(SECRET).decode(),
                }
            ]
        }
    )
)


@cache
def settings() -> Settings:
    """A deployment with every limit, whose callbacks come to one URL."""
    owner_keys = VARIABLES["VODPASS_OWNER_KEYS"].parse("k1:" + base64.b64encode(b"1" * 32).decode())
    return Settings(
        jwt_keys=KEYS,
        jwt_issuer="https://issuer.example.com",
        jwt_audience="vodpass",
        issuer_alias="fuzz",
        owner_keys=owner_keys,
        limits=dict.fromkeys(limits.NAMES, 5),
        callback_url="https://vod.example.com/events/" + "r" * 22,
        callback_keys=("Abcdefgh12345678",),
    )


def event(data: bytes) -> None:
    """The event of an HTTP trigger, and then its body. Only a Refusal leaves, and is a problem."""
    try:
        request = read_event(data)
        assert isinstance(request.method, str)
        assert all(name == name.lower() for name in request.headers)
        with contextlib.suppress(InvalidCallback):
            by_callback_signature(settings())(request)
        with contextlib.suppress(InvalidToken):
            authenticate(request.headers.get("authorization"), settings(), KEYS)
        given = body.json_object(request)
        allowed = upload_fields.video_fields(settings())
        checked = fields.check(given, allowed, frozenset({"FileName"}))
        assert checked.keys() <= allowed.keys()
    except Refusal as refusal:
        refused = refusal
    else:
        return
    shown = json.dumps(problem(refused, "id").content, ensure_ascii=True)
    assert json.loads(shown)["status"] == refused.status


def token(data: bytes) -> None:
    """An Authorization header. Nobody but the holder of the key gets in."""
    try:
        authenticate(data.decode("latin-1"), settings(), KEYS)
    except InvalidToken:
        return
    raise AssertionError("a token that nobody signed was accepted")


def claims(data: bytes) -> None:
    """The claims of a token that is signed with the right key."""
    parts = [base64.urlsafe_b64encode(part).rstrip(b"=") for part in (_HEADER, data)]
    signed = hmac.digest(SECRET, b".".join(parts), "sha256")
    parts.append(base64.urlsafe_b64encode(signed).rstrip(b"="))
    _claims(lambda: authenticate(f"Bearer {b'.'.join(parts).decode()}", settings(), KEYS))
    try:
        parsed = json.loads(data)
    except (ValueError, RecursionError):
        return
    if isinstance(parsed, dict) and "exp" in parsed:
        # What PyJWT refuses before must not be what keeps our own part from breaking.
        _claims(lambda: caller_of(parsed, settings()))


_HEADER = b'{"alg":"HS256","kid":"k"}'


def _claims(verify: Callable[[], Caller]) -> None:
    try:
        caller = verify()
    except InvalidToken:
        return
    assert 1 <= len(caller.subject.encode()) <= MAX_SUBJECT
    assert all(isinstance(scope, str) for scope in caller.scopes)
    assert caller.max_bytes is None or caller.max_bytes >= 1
    assert all(1 <= most <= limits.MOST for most in caller.limits.values())
    narrowed = limits.narrowed(settings().limits or {}, caller.limits)
    assert all(most <= 5 for most in narrowed.values()), "a claim widened a limit"


def notice(data: bytes) -> None:
    """A callback of VOD, by HTTP and from a queue."""
    try:
        found = callback.read(data)
    except callback.UnreadableCallback:
        pass
    else:
        assert found.media_id is None or fields.VIDEO_ID.fullmatch(found.media_id)
        json.dumps(found.body)
    with contextlib.suppress(ValueError):
        for identifier, text in queue_trigger.messages(queue_trigger.parse(data)):
            assert isinstance(identifier, str)
            with contextlib.suppress(callback.UnreadableCallback):
                callback.read(text)


def message(data: bytes) -> None:
    """A message to `watch`, and what a video's UserData holds. Nothing unsigned is believed."""
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(recheck.ForgedRecheck):
        assert recheck.unseal(settings(), text) is None
    assert declaration.verified(settings(), "v1k1" + "a" * 56, text) is None
    with contextlib.suppress(ValueError, RecursionError):
        callback.video_id_in(text)


def setting(data: bytes) -> None:
    """The value of a variable, which the first byte chooses. Its error does not hold the value."""
    if not data:
        return
    names = sorted(VARIABLES)
    name = names[data[0] % len(names)]
    value = data[1:].decode("utf-8", "surrogateescape")
    if value:
        with contextlib.suppress(ValueError):
            VARIABLES[name].parse(value)


def jwks(data: bytes) -> None:
    """A JWKS from the settings and a published one. A weak or private key never gets in."""
    parsers: list[Callable[[], KeySet]] = [
        lambda: parse_key_set(data.decode("utf-8")),
        lambda: parse_published_keys(data),
    ]
    for parse in parsers:
        try:
            found = parse()
        except ValueError:
            continue
        for key in found:
            assert "d" not in key.jwk
            assert key.alg in _ALGORITHMS


_ALGORITHMS = frozenset(
    "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA".split()
)


def store(data: bytes) -> None:
    """What a Redis answers."""
    position = 0
    with contextlib.suppress(ValueError):
        while (found := resp.answer(data, position)) is not None:
            text, after = found
            assert isinstance(text, str)
            assert position < after <= len(data)
            position = after


TARGETS: Mapping[str, Target] = {
    "event": event,
    "token": token,
    "claims": claims,
    "notice": notice,
    "message": message,
    "setting": setting,
    "jwks": jwks,
    "store": store,
}
