"""Which tokens are accepted, and every reason to refuse one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from shared.auth.caller import Caller
from shared.auth.token import authenticate
from shared.config.jwk import parse_key_set
from shared.config.settings import Settings
from shared.errors import Forbidden, InvalidToken

SECRET = b"a secret of vodpass, 32 bytes ok"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
PRIVATE: dict[str, Any] = {"HS256": SECRET, "RS256": RSA, "ES256": EC, "EdDSA": ED}
VIDEO = "0123456789abcdef0123456789abcdef"


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


JWKS = {
    "keys": [
        {"kty": "oct", "kid": "HS256", "alg": "HS256", "k": _text(SECRET)},
        {**RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True), "kid": "RS256", "alg": "RS256"},
        {**ECAlgorithm.to_jwk(EC.public_key(), as_dict=True), "kid": "ES256", "alg": "ES256"},
        {**OKPAlgorithm.to_jwk(ED.public_key(), as_dict=True), "kid": "EdDSA", "alg": "EdDSA"},
    ]
}
SETTINGS = Settings(
    jwt_keys=parse_key_set(json.dumps(JWKS)),
    jwt_issuer="https://issuer.example.com/",
    jwt_audience="vodpass",
    issuer_alias="main",
)


def claims(**changes: Any) -> dict[str, Any]:
    """Sound claims, with changes: `...` leaves one out, and a function gets the time."""
    now = int(time.time())
    sound = {
        "iss": "https://issuer.example.com/",
        "aud": "vodpass",
        "sub": "alice",
        "iat": now,
        "exp": now + 600,
        "scope": "vod:upload vod:play",
    }
    wanted = {
        name: value(now) if callable(value) else value
        for name, value in {**sound, **changes}.items()
    }
    return {name: value for name, value in wanted.items() if value is not ...}


def after(seconds: int) -> Callable[[int], int]:
    """A time for `claims`, so many seconds after the moment in which they are made."""
    return lambda now: now + seconds


def token(alg: str = "HS256", headers: dict[str, Any] | None = None, **changes: Any) -> str:
    payload = json.dumps(claims(**changes)).encode()
    return jwt.api_jws.encode(
        payload, PRIVATE[alg], algorithm=alg, headers={"kid": alg, **(headers or {})}
    )


def believed(text: str, settings: Settings = SETTINGS) -> Caller:
    assert settings.jwt_keys is not None
    return authenticate(f"Bearer {text}", settings, settings.jwt_keys)


def reason(authorization: str | None, settings: Settings = SETTINGS) -> str:
    assert settings.jwt_keys is not None
    with pytest.raises(InvalidToken) as caught:
        authenticate(authorization, settings, settings.jwt_keys)
    assert caught.value.headers["WWW-Authenticate"].startswith("Bearer")
    return caught.value.reason


@pytest.mark.parametrize("alg", sorted(PRIVATE))
def test_a_valid_token_is_accepted(alg: str) -> None:
    caller = believed(token(alg))

    assert (caller.subject, caller.owner.issuer_alias) == ("alice", "main")
    assert caller.scopes == {"vod:upload", "vod:play"}
    caller.require("vod:play")
    with pytest.raises(Forbidden):
        caller.require("vod:refresh")


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer a.b",
        "Bearer a.b.c.d",
        "Bearer a..c",
        "Bearer a.b.c, Bearer a.b.c",
        "Bearer " + "a" * 9000 + ".b.c",
        "Bearer é.b.c",
    ],
)
def test_an_invalid_authorization_header_is_refused(authorization: str | None) -> None:
    assert reason(authorization) in ("missing", "malformed")


def test_a_signature_of_another_key_is_refused() -> None:
    forged = jwt.encode(claims(), b"x" * 32, algorithm="HS256", headers={"kid": "HS256"})

    assert reason(f"Bearer {forged}") == "signature"


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", "HS384", "RS256", None, 5, ["HS256"]])
def test_the_key_decides_the_algorithm_not_the_token(alg: Any) -> None:
    header = _text(json.dumps({"alg": alg, "kid": "HS256"}).encode())
    payload = _text(json.dumps(claims()).encode())
    signature = _text(hmac.digest(SECRET, f"{header}.{payload}".encode(), "sha256"))

    assert reason(f"Bearer {header}.{payload}.{signature}") == "algorithm"
    assert reason(f"Bearer {header}.{payload}.") == "malformed"


@pytest.mark.parametrize("encoding", ["PEM", "DER", "jwk"])
def test_a_public_key_cannot_be_used_as_an_hmac_secret(encoding: str) -> None:
    """The classic confusion: an RSA public key used as the secret of HS256."""
    public = RSA.public_key()
    if encoding == "jwk":
        secret = json.dumps(JWKS["keys"][1]).encode()
    else:
        secret = public.public_bytes(
            getattr(serialization.Encoding, encoding),
            serialization.PublicFormat.SubjectPublicKeyInfo,
        )
    for kid in ("RS256", "HS256"):
        header = _text(json.dumps({"alg": "HS256", "kid": kid}).encode())
        payload = _text(json.dumps(claims()).encode())
        mac = hmac.new(secret, f"{header}.{payload}".encode(), hashlib.sha256).digest()
        expected = "algorithm" if kid == "RS256" else "signature"
        assert reason(f"Bearer {header}.{payload}.{_text(mac)}") == expected


@pytest.mark.parametrize(
    "headers",
    [
        {"jku": "https://attacker.example/keys"},
        {"x5u": "https://attacker.example/cert"},
        {"jwk": JWKS["keys"][0]},
        {"crit": ["exp"]},
    ],
)
def test_a_token_that_brings_its_own_key_is_refused(headers: dict[str, Any]) -> None:
    assert reason(f"Bearer {token(headers=headers)}") == "header"


@pytest.mark.parametrize("kid", ["other", "../HS256", "", "hs256"])
def test_an_unknown_key_is_refused(kid: str) -> None:
    assert reason(f"Bearer {token(headers={'kid': kid})}") == "unknown_key"


def test_a_token_without_kid_needs_a_single_key() -> None:
    text = jwt.encode(claims(), SECRET, algorithm="HS256")
    single = Settings(
        jwt_keys=parse_key_set(json.dumps({"keys": JWKS["keys"][:1]})),
        jwt_issuer="https://issuer.example.com/",
        jwt_audience="vodpass",
    )

    assert believed(text, single).subject == "alice"
    assert reason(f"Bearer {text}") == "unknown_key"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"exp": after(-31), "iat": after(-600)}, "expired"),
        ({"exp": ...}, "claim"),
        ({"exp": None}, "claim"),
        ({"exp": lambda now: str(now + 600)}, "claim"),
        ({"exp": True}, "expired"),
        ({"exp": 1e300}, "claim"),
        ({"exp": float("inf")}, "malformed"),
        ({"exp": float("nan")}, "malformed"),
        ({"nbf": after(3600)}, "immature"),
        ({"iat": after(3600), "exp": after(7200)}, "immature"),
        ({"iat": "yesterday"}, "malformed"),
        ({"exp": after(86_400 + 700)}, "too_long"),
        ({"iat": ..., "exp": after(86_400 + 700)}, "too_long"),
        ({"iat": after(-86_400), "exp": after(600)}, "too_long"),
        ({"aud": "other"}, "audience"),
        ({"aud": ["other", "another"]}, "audience"),
        ({"aud": ...}, "claim"),
        ({"aud": 5}, "audience"),
        ({"iss": "https://issuer.example.com"}, "issuer"),
        ({"iss": ...}, "claim"),
        ({"iss": ["https://issuer.example.com/"]}, "issuer"),
        ({"sub": ...}, "subject"),
        ({"sub": ""}, "subject"),
        ({"sub": "x" * 129}, "subject"),
        ({"sub": "a\nb"}, "subject"),
        ({"sub": True}, "subject"),
        ({"sub": 1.5}, "subject"),
        ({"sub": ["alice"]}, "subject"),
        ({"sub": {"alice": 1}}, "subject"),
        ({"scope": 5}, "claim"),
        ({"scope": [5]}, "claim"),
        ({"vod": []}, "vod_claim"),
        ({"vod": "play"}, "vod_claim"),
        ({"vod": {"playback": "*"}}, "vod_claim"),
        ({"vod": {"play": "**"}}, "vod_claim"),
        ({"vod": {"play": VIDEO}}, "vod_claim"),
        ({"vod": {"play": ["*"]}}, "vod_claim"),
        ({"vod": {"play": [VIDEO.upper()]}}, "vod_claim"),
        ({"vod": {"upload": {"media": "video"}}}, "vod_claim"),
        ({"vod": {"upload": {"media": ["film"]}}}, "vod_claim"),
        ({"vod": {"upload": {"max_bytes": 0}}}, "vod_claim"),
        ({"vod": {"upload": {"max_bytes": True}}}, "vod_claim"),
        ({"vod": {"upload": {"bytes": 5}}}, "vod_claim"),
        ({"vod": {"upload": {"cate_id": "5"}}}, "vod_claim"),
        ({"vod": {"upload": {"cate_id": True}}}, "vod_claim"),
        ({"vod": {"upload": {"cate_id": 5.0}}}, "vod_claim"),
        ({"vod": {"upload": {"template_group_id": 5}}}, "vod_claim"),
        ({"vod": {"sts": "vod-play"}}, "vod_claim"),
    ],
)
def test_each_broken_claim_has_its_reason(changes: dict[str, Any], expected: str) -> None:
    assert reason(f"Bearer {token(**changes)}") == expected


@pytest.mark.parametrize("payload", [b"[]", b"5", b'"alice"', b"{", b"\xff", b"[" * 4000])
def test_a_payload_that_is_not_an_object_is_refused(payload: bytes) -> None:
    header = _text(b'{"alg":"HS256","kid":"HS256"}')
    signed = f"{header}.{_text(payload)}"
    signature = _text(hmac.digest(SECRET, signed.encode(), "sha256"))

    assert reason(f"Bearer {signed}.{signature}") == "malformed"


def test_a_clock_may_be_half_a_minute_off() -> None:
    now = int(time.time())
    assert believed(token(exp=now - 1, iat=now - 600))
    assert believed(token(iat=now + 20))


def test_an_integer_subject_becomes_its_decimal_text() -> None:
    assert believed(token(sub=1234567890)).subject == "1234567890"


@pytest.mark.parametrize(
    ("changes", "scopes"),
    [
        ({"scope": ["vod:play"]}, {"vod:play"}),
        ({"scope": ..., "scp": "vod:play vod:upload"}, {"vod:play", "vod:upload"}),
        ({"scope": ..., "scp": ["vod:play"]}, {"vod:play"}),
        ({"scope": ""}, set()),
        ({"scope": " vod:play  vod:upload "}, {"vod:play", "vod:upload"}),
        *[
            ({"scope": f"email{blank}vod:sts vod:play"}, {f"email{blank}vod:sts", "vod:play"})
            for blank in ("\u00a0", "\u2028", "\u3000", "\x85", "\x1f", "\t", "\n")
        ],
        ({"scope": ...}, {"vod:play"}),
    ],
)
def test_scopes_are_read_or_default(changes: dict[str, Any], scopes: set[str]) -> None:
    settings = Settings(
        jwt_keys=SETTINGS.jwt_keys,
        jwt_issuer=SETTINGS.jwt_issuer,
        jwt_audience=SETTINGS.jwt_audience,
        default_scopes=frozenset({"vod:play"}),
    )

    assert believed(token(**changes), settings).scopes == scopes


def test_claims_may_be_in_other_places() -> None:
    settings = Settings(
        jwt_keys=SETTINGS.jwt_keys,
        jwt_issuer=SETTINGS.jwt_issuer,
        jwt_audience=SETTINGS.jwt_audience,
        jwt_subject_claim="user_id",
        jwt_scope_claim="/app_metadata/scopes",
        jwt_vod_claim="https://example.com/vod",
    )
    vod: dict[str, Any] = {"https://example.com/vod": {"play": [VIDEO]}}
    caller = believed(
        token(
            user_id="u-1",
            app_metadata={"scopes": ["vod:play"]},
            **vod,
        ),
        settings,
    )

    assert caller.subject == "u-1"
    assert caller.scopes == {"vod:play"}
    assert caller.may_play(VIDEO)
    assert not caller.may_play_own


NO_OBJECTS: list[Any] = [None, "text", "", [], [{"vod": {}}], 0, 1.5, True, False]


@pytest.mark.parametrize("pointer", ["/a/vod", "/a/b/vod", "/a/b/c/vod", "/a~1b/vod"])
@pytest.mark.parametrize("setting", ["jwt_vod_claim", "jwt_scope_claim", "jwt_subject_claim"])
def test_a_pointer_must_lead_through_objects(setting: str, pointer: str) -> None:
    """Else an issuer's mistake would lift a limit: an absent claim narrows nothing."""
    changed: dict[str, Any] = {
        "default_scopes": frozenset({"vod:play"}),
        setting: pointer,
    }
    settings = replace(SETTINGS, **changed)
    steps = [step.replace("~1", "/") for step in pointer.split("/")[1:-1]]
    for wrong in NO_OBJECTS:
        for depth in range(1, len(steps) + 1):
            claim = wrong
            for step in reversed(steps[1:depth]):
                claim = {step: claim}
            assert reason(f"Bearer {token(**{steps[0]: claim})}", settings) in ("claim", "subject")


@pytest.mark.parametrize("claim", [..., {}, {"b": {}}, {"other": None}])
def test_a_pointer_that_leads_nowhere_finds_no_claim(claim: Any) -> None:
    settings = replace(
        SETTINGS,
        jwt_vod_claim="/a/b/vod",
        jwt_scope_claim="/a/b/scope",
        default_scopes=frozenset({"vod:play"}),
    )
    caller = believed(token(a=claim), settings)
    assert caller.scopes == {"vod:play"}
    assert caller.play is None
    assert reason(f"Bearer {token(a=claim)}", replace(settings, jwt_subject_claim="/a/b/sub"))


@pytest.mark.parametrize(
    "changes",
    [
        {"vod": None},
        {"vod": {"play": None}},
        {"vod": {"upload": None}},
        {"vod": {"upload": {"media": None}}},
        {"vod": {"upload": {"max_bytes": None}}},
        {"vod": {"sts": None}},
        {"vod": {"upload": {"cate_id": None}}},
        {"vod": {"upload": {"template_group_id": None}}},
        {"vod": {"limits": None}},
        {"vod": {"limits": {"plays_per_minute": None}}},
        {"scope": None},
        {"scope": None, "scp": "vod:play"},
        {"scope": ..., "scp": None},
        {"scope": {}},
        {"scope": [None]},
        {"scope": 5},
        {"sub": None},
        {"exp": None},
        {"iat": None},
        {"nbf": None},
        {"iss": None},
        {"aud": None},
    ],
    ids=repr,
)
def test_a_claim_that_is_null_is_not_an_absent_claim(changes: dict[str, Any]) -> None:
    settings = replace(SETTINGS, default_scopes=frozenset({"vod:play"}))
    assert believed(token(scope=...), settings)
    assert reason(f"Bearer {token(**changes)}", settings)


@pytest.mark.parametrize("claim", ["vod", "/app/vod"])
@pytest.mark.parametrize("depth", [100, 900, 1500])
def test_a_claim_that_is_nested_deep_is_refused(claim: str, depth: int) -> None:
    nested = "[" * depth + "]" * depth
    payload = json.dumps(claims(vod="NESTED", app={"vod": "NESTED"}, scope="NESTED"))
    text = jwt.api_jws.encode(
        payload.replace('"NESTED"', nested).encode(), SECRET, "HS256", headers={"kid": "HS256"}
    )
    settings = replace(SETTINGS, jwt_vod_claim=claim)
    assert reason(f"Bearer {text}", settings) in ("malformed", "vod_claim", "claim")


@pytest.mark.parametrize("audience", [None, "", [], "vodpass", ["other"]])
def test_audience_none_refuses_every_audience(audience: Any) -> None:
    settings = Settings(
        jwt_keys=parse_key_set(json.dumps({"keys": JWKS["keys"][:1]})),
        jwt_issuer="none",
        jwt_audience="none",
    )
    assert reason(f"Bearer {token(aud=audience)}", settings) in ("audience", "malformed")


def test_audience_none_refuses_tokens_for_other_services() -> None:
    settings = Settings(
        jwt_keys=parse_key_set(json.dumps({"keys": JWKS["keys"][:1]})),
        jwt_issuer="none",
        jwt_audience="none",
    )

    assert believed(token(aud=..., iss=...), settings)
    assert reason(f"Bearer {token()}", settings) == "audience"


def test_the_vod_claim_limits_the_caller() -> None:
    own = believed(token())
    listed = believed(token(vod={"play": [VIDEO, "own"], "upload": {"max_bytes": 10}}))
    everything = believed(token(vod={"play": "*", "upload": {"media": ["image"]}, "sts": []}))
    nothing = believed(token(vod={"play": []}))

    assert (own.may_play(VIDEO), own.may_play_own) == (False, True)
    assert (listed.may_play(VIDEO), listed.may_play_own, listed.max_bytes) == (True, True, 10)
    assert everything.may_play("f" * 32)
    assert everything.upload_media == frozenset({"image"})
    assert (nothing.may_play(VIDEO), nothing.may_play_own) == (False, False)


def test_no_reason_quotes_the_token() -> None:
    text = token(exp=after(-3600), iat=after(-7200))
    with pytest.raises(InvalidToken) as caught:
        believed(text)

    assert not any(part in repr(caught.value) + caught.value.detail for part in text.split("."))


def detail(**changes: Any) -> str:
    """What the caller is told about a refused token."""
    assert SETTINGS.jwt_keys is not None
    with pytest.raises(InvalidToken) as caught:
        authenticate(f"Bearer {token(**changes)}", SETTINGS, SETTINGS.jwt_keys)
    return caught.value.detail


SUBJECT = "The subject must be text of 1 to 128 bytes, without control characters."
VOD_CLAIM = "The vod claim may hold play, upload, sts and limits, no more."
PLAY = 'vod.play must be "*" or an array of VideoIds and "own".'
UPLOAD = "vod.upload may hold media, max_bytes, cate_id and template_group_id, no more."
MEDIA = "vod.upload.media lists video, image and attached."
MAX_BYTES = "vod.upload.max_bytes must be a positive integer."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"iat": "1700000000"}, "The claim iat must be a number of seconds."),
        *[({"sub": odd}, SUBJECT) for odd in ("", "a" * 129, "a\x00")],
        ({"scope": 5}, "The scope must be text or an array of text."),
        ({"scope": ["a", 5]}, "The scope must be text or an array of text."),
        ({"vod": []}, VOD_CLAIM),
        ({"vod": {"other": 1}}, VOD_CLAIM),
        ({"vod": {"sts": "oss-upload"}}, "vod.sts must be an array of purposes."),
        ({"vod": {"play": "all"}}, PLAY),
        ({"vod": {"play": [VIDEO, "x"]}}, PLAY),
        ({"vod": {"upload": []}}, UPLOAD),
        ({"vod": {"upload": {"other": 1}}}, UPLOAD),
        ({"vod": {"upload": {"media": "video"}}}, MEDIA),
        ({"vod": {"upload": {"media": ["audio"]}}}, MEDIA),
        ({"vod": {"upload": {"max_bytes": 0}}}, MAX_BYTES),
        ({"vod": {"upload": {"max_bytes": True}}}, MAX_BYTES),
        ({"vod": {"upload": {"max_bytes": 1.5}}}, MAX_BYTES),
        ({"vod": {"upload": {"cate_id": "1"}}}, "vod.upload.cate_id must be an integer."),
        ({"vod": {"upload": {"cate_id": True}}}, "vod.upload.cate_id must be an integer."),
        (
            {"vod": {"upload": {"template_group_id": 1}}},
            "vod.upload.template_group_id must be text.",
        ),
        ({"vod": {"limits": {}}}, "vod.limits needs a deployment with VODPASS_LIMITS."),
    ],
)
def test_a_refusal_says_which_claim_is_wrong_and_what_is_allowed(
    changes: dict[str, Any], said: str
) -> None:
    assert detail(**changes) == said


def test_a_token_that_lives_too_long_is_told_the_limit() -> None:
    now = int(time.time())
    assert detail(iat=now, exp=now + 86401) == "The token may live at most 86400 seconds."
    assert believed(token(iat=now, exp=now + 86400)).token_life == 86400


def test_the_life_of_a_token_without_iat_counts_from_now() -> None:
    now = int(time.time())
    caller = believed(token(iat=..., exp=now + 600))
    assert 0 < caller.token_life <= 600
    assert caller.token_age is None
    assert detail(iat=..., exp=now + 90000) == "The token may live at most 86400 seconds."


def test_a_token_tells_its_age() -> None:
    now = int(time.time())
    age = believed(token(iat=now - 300, exp=now + 600)).token_age
    assert age is not None
    assert 300 <= age < 400
    assert believed(token(iat=now + 20, exp=now + 600)).token_age == 0.0


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
@pytest.mark.parametrize(
    "value", [True, "1700000000", "1800000000", None, [], 2**53, -(2**53), 1e308]
)
def test_a_time_must_be_a_number_that_a_clock_can_show(claim: str, value: Any) -> None:
    with pytest.raises(InvalidToken):
        believed(token(**{claim: value}))


@pytest.mark.parametrize("size", [1, 2, 10**15])
def test_max_bytes_may_be_any_positive_integer(size: int) -> None:
    assert believed(token(vod={"upload": {"max_bytes": size}})).max_bytes == size
    both = believed(token(vod={"upload": {"max_bytes": size, "media": ["image"]}}))
    assert both.max_bytes == size
    assert both.upload_media == frozenset({"image"})


def test_the_purposes_of_the_vod_claim_are_kept() -> None:
    assert believed(token(vod={"sts": ["oss-upload"]})).sts == {"oss-upload"}
    assert believed(token()).sts == frozenset()


@pytest.mark.parametrize("subject", ["a", "a" * 128, "a b", "ü" * 64, 2**63 - 1, 1 - 2**63])
def test_a_subject_may_have_up_to_128_bytes(subject: Any) -> None:
    assert believed(token(sub=subject)).subject == str(subject)


@pytest.mark.parametrize(
    "subject",
    ["", "ü" * 65, "a\x7f", "a\x1f", "\x00", "\ud800", 2**63, -(2**63), True, 1.5, None, ["a"]],
)
def test_any_other_subject_is_refused(subject: Any) -> None:
    assert reason(f"Bearer {token(sub=subject)}") in ("subject", "claim", "malformed")


def test_a_missing_scope_is_named() -> None:
    with pytest.raises(Forbidden) as caught:
        believed(token()).require("vod:refresh")
    assert caught.value.detail == "The token lacks the scope vod:refresh."


@pytest.mark.parametrize("name", ["a/b", "a~b", "~1", "~0", ""])
def test_a_pointer_escapes_slash_and_tilde(name: str) -> None:
    """RFC 6901: `~1` is a slash, `~0` is a tilde."""
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    settings = replace(SETTINGS, jwt_vod_claim=pointer)
    claim: dict[str, Any] = {name: {"play": "*"}}
    assert believed(token(**claim), settings).play == frozenset({"*"})


def test_a_pointer_through_something_else_is_told_as_such() -> None:
    settings = replace(SETTINGS, jwt_vod_claim="/app/vod")
    assert settings.jwt_keys is not None
    with pytest.raises(InvalidToken) as caught:
        authenticate(f"Bearer {token(app=[])}", settings, settings.jwt_keys)
    assert caught.value.detail == "A claim that should hold other claims is no object."


def test_the_vod_claim_may_choose_category_and_template_group() -> None:
    chosen: dict[str, Any] = {"cate_id": 7, "template_group_id": "abc", "media": ["video"]}
    caller = believed(token(vod={"upload": {**chosen, "max_bytes": 5}}))
    assert (caller.cate_id, caller.template_group_id) == (7, "abc")
    neither = believed(token())
    assert (neither.cate_id, neither.template_group_id) == (None, None)


LIMITED = replace(SETTINGS, limits={"plays_per_minute": 60})


def test_the_vod_claim_may_hold_limits() -> None:
    assert believed(token(vod={"limits": {"plays_per_minute": 5}}), LIMITED).limits == {
        "plays_per_minute": 5
    }


@pytest.mark.parametrize("limits", [None, [], "5", {"other": 1}, {"plays_per_minute": 0}])
def test_other_limits_are_refused_with_their_names(limits: Any) -> None:
    assert LIMITED.jwt_keys is not None
    with pytest.raises(InvalidToken) as caught:
        authenticate(f"Bearer {token(vod={'limits': limits})}", LIMITED, LIMITED.jwt_keys)
    assert caught.value.reason == "vod_claim"
    assert caught.value.detail == (
        "vod.limits may hold uploads_per_minute, uploads_per_day, open_uploads,"
        " refreshes_per_minute, refreshes_per_video, plays_per_minute, sts_per_hour,"
        " each an integer from 1 to 1000000."
    )


def test_a_token_without_iat_may_not_hide_another_wrong_time() -> None:
    assert detail(iat=..., nbf="1700000000") == "The claim nbf must be a number of seconds."


def test_the_vod_claim_may_hold_all_its_members() -> None:
    claim = {"play": "*", "upload": {}, "sts": [], "limits": {"plays_per_minute": 5}}
    caller = believed(token(vod=claim), LIMITED)
    assert caller.play == frozenset({"*"})
    assert caller.limits == {"plays_per_minute": 5}


def test_limits_that_nothing_counts_are_a_fault_of_the_claim() -> None:
    assert reason(f"Bearer {token(vod={'limits': {}})}") == "vod_claim"
