"""The check of the environment: an error names the variable and never shows its value."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from shared.config import limits
from shared.config.settings import SettingsError, load
from shared.config.uses import USES
from shared.config.variables import VARIABLES

SECRET = base64.urlsafe_b64encode(b"s" * 32).decode().rstrip("=")
HS_KEY = {"kty": "oct", "kid": "h1", "alg": "HS256", "k": SECRET}
SOUND = {
    "VODPASS_REGION": "cn-shanghai",
    "VODPASS_JWT_KEYS": json.dumps({"keys": [HS_KEY]}),
    "VODPASS_JWT_ISSUER": "https://issuer.example.com/",
    "VODPASS_JWT_AUDIENCE": "vodpass",
    "VODPASS_ISSUER_ALIAS": "main",
    "VODPASS_OWNER_KEYS": "k1:" + base64.b64encode(b"o" * 32).decode(),
}


def keys(*jwks: object) -> str:
    return json.dumps({"keys": list(jwks)})


EVENTS = {
    "VODPASS_CALLBACK_URL": "https://hooks.example.com/events/" + "r" * 22,
    "VODPASS_CALLBACK_KEYS": "Abcdefgh12345678",
    "VODPASS_WEBHOOK_URL": "https://app.example.com/hooks",
    "VODPASS_WEBHOOK_SECRETS": "whsec_" + base64.b64encode(b"w" * 32).decode(),
}


@pytest.mark.parametrize("function", sorted(USES))
def test_a_valid_environment_is_accepted(function: str) -> None:
    settings = load({**SOUND, **EVENTS}, USES[function])

    assert settings.region == "cn-shanghai"
    assert settings.jwt_max_life == 86400


@pytest.mark.parametrize("name", sorted(SOUND))
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load({**SOUND, name: ""}, USES["upload"])


WRONG = {
    "VODPASS_LIMITS": [
        "[]",
        "5",
        "null",
        '"uploads_per_minute"',
        "{",
        "{} {}",
        '{"uploads_per_minute": 0}',
        '{"uploads_per_minute": -5}',
        '{"uploads_per_minute": 1000001}',
        '{"uploads_per_minute": 5.0}',
        '{"uploads_per_minute": 1e3}',
        '{"uploads_per_minute": "5"}',
        '{"uploads_per_minute": true}',
        '{"uploads_per_minute": null}',
        '{"uploads_per_minute": NaN}',
        '{"uploads_per_hour": 5}',
        '{"Uploads_per_minute": 5}',
        '{"uploads_per_minute": 5, "uploads_per_minute": 6}',
        '{"uploads_per_minute": {"a": 5}}',
        '{"uploads_per_minute": ' + "9" * 5000 + "}",
        "[" * 10000,
        '{"a":' * 10000,
    ],
    "VODPASS_LIMITS_URL": [
        "store.example.com",
        "http://store.example.com",
        "redis:store.example.com",
        "redis://",
        "redis://:word@",
        "redis://8.8.8.8",
        "redis://:hunter2-hunter2@8.8.8.8:6379/0",
        "redis://[2001:4860:4860::8888]",
        "redis://[::ffff:8.8.8.8]",
        "redis://0.0.0.0",
        "redis://[::]",
        "redis://169.254.169.254",
        "redis://224.0.0.1",
        "redis://Store.example.com",
        "redis://store.example.com:0",
        "redis://store.example.com:65536",
        "redis://store.example.com:port",
        "redis://store.example.com/0/1",
        "redis://store.example.com/x",
        "redis://store.example.com?db=1",
        "redis://store.example.com#0",
        "redis://us er:word@store.example.com",
        "redis://user@store.example.com",
        "redis://:a%ff@store.example.com",
        "redis://a\nb",
        "unix:///tmp/redis.sock",
        "rediss://",
        "rediss://:hunter2-hunter2@a..b:x",
    ],
    "VODPASS_LIMITS_AWAY": ["pass", "Refuse", "1"],
    "VODPASS_LIMITS_BUDGET": ["0", "9", "5001", "50ms", "-50"],
    "VODPASS_REGION": ["cn-hangzhou", "us-east-1", "CN-SHANGHAI"],
    "VODPASS_JWT_KEYS": [
        "replace-me",
        "{}",
        '{"keys": []}',
        "[" * 10000,
        keys({**HS_KEY, "k": SECRET[:-2]}),
        keys({**HS_KEY, "kid": None}),
        keys({**HS_KEY, "alg": "HS512"}),
        keys({**HS_KEY, "alg": "none"}),
        keys({**HS_KEY, "use": "enc"}),
        keys(HS_KEY, HS_KEY),
        keys({"kty": "RSA", "kid": "r", "alg": "RS256", "n": "_" * 170, "e": "AQAB"}),
        keys({"kty": "RSA", "kid": "r", "alg": "HS256", "n": "_" * 342, "e": "AQAB"}),
        keys({"kty": "RSA", "kid": "r", "alg": "RS256", "n": "_" * 342, "e": "AQAB", "d": "AQ"}),
        keys({"kty": "EC", "kid": "e", "alg": "ES256", "crv": "P-384", "x": SECRET, "y": SECRET}),
        keys({"kty": "OKP", "kid": "o", "alg": "EdDSA", "crv": "X25519", "x": SECRET}),
    ],
    "VODPASS_JWT_MAX_LIFE": ["0", "-1", "2592001", "1e5", "86400s"],
    "VODPASS_DEFAULT_SCOPES": ["vod:sts", "vod:upload vod:sts", "everything"],
    "VODPASS_ISSUER_ALIAS": ["Main", "a b", "x" * 33],
    "VODPASS_OWNER_KEYS": [
        "replace-me",
        "k1:c2hvcnQ=",
        "K1:" + base64.b64encode(b"o" * 32).decode(),
        SOUND["VODPASS_OWNER_KEYS"] + "," + SOUND["VODPASS_OWNER_KEYS"],
    ],
    "VODPASS_CORS_ORIGINS": [
        "*",
        "https://*.example.com",
        "https://a.example/",
        "example.com",
        "HTTPS://app.example.com",
        "https://App.example.com",
        "https://app.example.com:443",
        "http://app.example.com:80",
        "https://app.example.com:x",
        "https://app.example.com:65536",
        "https://app..example.com",
        "https://ä.example.com",
        "https://user@app.example.com",
        "capacitor://localhost/",
    ],
    "VODPASS_UPLOAD_WINDOW": ["2999", "forever"],
    "VODPASS_MAX_FILE_SIZE": ["0", "48800000000001", "5G"],
    "VODPASS_TEMPLATE_GROUP_ID": ["a/b", "x" * 65],
    "VODPASS_TEMPLATE_GROUP_IDS": [
        "a/b",
        "a,",
        "a,a",
        "a, b",
        ",".join(str(n) for n in range(21)),
    ],
    "VODPASS_CATE_IDS": ["x", "1,", "-1", "1,1", "1 2", ",".join(str(n) for n in range(21))],
    "VODPASS_ACCELERATE": ["yes", "global"],
    "VODPASS_UPLOAD_CALLBACK": ["yes", "https://hooks.example.com/"],
    "VODPASS_LOCAL": ["yes", "true"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_wrong_value_is_named_but_not_shown(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({**SOUND, name: value}, USES["upload"])

    assert caught.value.variable == name
    assert str(caught.value).startswith(name)
    if len(value) > 12:
        assert value not in str(caught.value)


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com:80",
        "http://localhost:5173",
        "http://[::1]:3000",
        "http://127.0.0.1:443",
        "https://xn--e1afmkfd.example",
        "capacitor://localhost",
        "tauri://localhost",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        "null",
    ],
)
def test_an_origin_in_the_spelling_of_browsers_is_accepted(origin: str) -> None:
    settings = load({**SOUND, "VODPASS_CORS_ORIGINS": f"{origin}, https://b.example"}, USES["play"])
    assert settings.cors_origins == {origin, "https://b.example"}


WRONG_EVENTS = {
    "VODPASS_CALLBACK_URL": [
        "http://hooks.example.com/" + "r" * 22,
        "https://hooks.example.com/" + "r" * 21,
        "https://hooks.example.com/" + "r" * 22 + "?a=1",
        "https://hooks.example.com/?a=/" + "r" * 22,
        "https://u:p@hooks.example.com/" + "r" * 22,
        "https://hooks.example.com/" + "r" * 256,
    ],
    "VODPASS_CALLBACK_KEYS": ["abcdefgh12345678", "Abcdefgh1234567", "Abcdefgh12345678," * 3],
    "VODPASS_WEBHOOK_URL": [
        "http://app.example.com/",
        "ftp://app.example.com/",
        "app.example.com",
        "https://app..example.com/",
        f"https://{'a' * 64}.example.com/",
        "https://app.example.com:0/",
        "https://app.example.com:65536/",
        "https://-app.example.com/",
    ],
    "VODPASS_WATCH_QUEUE": ["a queue", "-queue", "q" * 121, "queue/messages"],
    "VODPASS_WEBHOOK_SECRETS": ["whsec_c2hvcnQ=", "not base64 at all, is it", "whsec_"],
    "VODPASS_CREDENTIAL_WEBHOOK_URL": [
        "https://app.example.com/hooks",
        "https://app.example.com/credentials",
    ],
    "VODPASS_WATCH": ["everything", "expiring;abandoned"],
    "VODPASS_CLEANUP": ["yes", "on"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG_EVENTS.items() for value in values]
)
def test_a_wrong_value_of_the_events_is_named_but_not_shown(name: str, value: str) -> None:
    uses = USES["events"] | USES["watch"]
    with pytest.raises(SettingsError) as caught:
        load({**SOUND, **EVENTS, name: value}, uses)

    assert caught.value.variable == name
    assert len(value) < 12 or value not in str(caught.value)


def coded(length: int) -> str:
    """A secret of so many bytes."""
    return base64.b64encode(b"s" * length).decode()


LENGTHS: list[tuple[str, str, str]] = [
    # variable, the shortest or longest value, and one that is one too short or long
    ("VODPASS_OWNER_KEYS", f"k1:{coded(32)}", f"k1:{coded(31)}"),
    ("VODPASS_OWNER_KEYS", f"k1:{coded(32)},k2:{coded(32)}", f"k1:{coded(32)},k2:{coded(31)}"),
    ("VODPASS_OWNER_KEYS", f"k1:{coded(32)}", f"k:{coded(32)}"),
    ("VODPASS_OWNER_KEYS", f"k1:{coded(32)}", f"k11:{coded(32)}"),
    ("VODPASS_WEBHOOK_SECRETS", coded(24), coded(23)),
    ("VODPASS_WEBHOOK_SECRETS", coded(64), coded(65)),
    ("VODPASS_WEBHOOK_SECRETS", f"{coded(24)},{coded(64)}", f"{coded(24)},{coded(23)}"),
    ("VODPASS_WEBHOOK_SECRETS", f"{coded(24)},{coded(25)}", ",".join([coded(24)] * 3)),
    ("VODPASS_CALLBACK_KEYS", "Aa1" + "x" * 13, "Aa1" + "x" * 12),
    ("VODPASS_CALLBACK_KEYS", "Aa1" + "x" * 29, "Aa1" + "x" * 30),
    ("VODPASS_CALLBACK_URL", "https://a.example/" + "r" * 22, "https://a.example/" + "r" * 21),
    ("VODPASS_UPLOAD_WINDOW", "3000", "2999"),
    ("VODPASS_UPLOAD_WINDOW", "2592000", "2592001"),
    ("VODPASS_LATE_RECHECK", "604799", "604800"),
    ("VODPASS_LATE_RECHECK", "0", "-1"),
    ("VODPASS_CLEANUP_FORCE", "1", "2"),
]


@pytest.mark.parametrize(("variable", "sound", "wrong"), LENGTHS)
def test_the_limit_itself_is_allowed_and_nothing_beyond(
    variable: str, sound: str, wrong: str
) -> None:
    uses = USES["events"] | USES["watch"]
    assert load({**SOUND, **EVENTS, variable: sound}, uses)
    with pytest.raises(SettingsError, match=variable):
        load({**SOUND, **EVENTS, variable: wrong}, uses)


@pytest.mark.parametrize(("alg", "length"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_a_secret_of_tokens_has_the_length_of_its_algorithm(alg: str, length: int) -> None:
    for size, sound in ((length, True), (length - 1, False)):
        secret = base64.urlsafe_b64encode(b"s" * size).decode().rstrip("=")
        given = {**SOUND, "VODPASS_JWT_KEYS": keys({**HS_KEY, "alg": alg, "k": secret})}
        if sound:
            assert load(given, USES["play"])
        else:
            with pytest.raises(SettingsError):
                load(given, USES["play"])


def test_the_credential_webhook_needs_its_own_url_and_secrets() -> None:
    given = {
        **SOUND,
        **EVENTS,
        "VODPASS_CREDENTIAL_WEBHOOK_URL": "https://app.example.com/credentials",
        "VODPASS_CREDENTIAL_WEBHOOK_SECRETS": EVENTS["VODPASS_WEBHOOK_SECRETS"],
    }
    with pytest.raises(SettingsError, match="nothing else"):
        load(given, USES["watch"])
    given["VODPASS_CREDENTIAL_WEBHOOK_SECRETS"] = base64.b64encode(b"c" * 24).decode()
    assert load(given, USES["watch"]).credential_webhook_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://10.0.0.5", (False, "10.0.0.5", 6379, "", "", 0)),
        ("redis://127.0.0.1:7000/15", (False, "127.0.0.1", 7000, "", "", 15)),
        ("redis://[fd00::5]:7000/", (False, "fd00::5", 7000, "", "", 0)),
        ("redis://100.64.0.9", (False, "100.64.0.9", 6379, "", "", 0)),
        (
            "redis://:word@r-bp1.redis.rds.aliyuncs.com",
            (False, "r-bp1.redis.rds.aliyuncs.com", 6379, "", "word", 0),
        ),
        (
            "rediss://user:w%40%3A%2F%C3%A9@8.8.8.8:6380/1",
            (True, "8.8.8.8", 6380, "user", "w@:/é", 1),
        ),
    ],
)
def test_the_url_of_a_store(url: str, expected: tuple[Any, ...]) -> None:
    settings = load({**SOUND, "VODPASS_LIMITS_URL": url}, USES["upload"])
    assert limits.place(settings.limits_url) == limits.Place(*expected)
    assert "word" not in repr(settings)


def test_limits_and_how_a_token_narrows_them() -> None:
    text = '{"uploads_per_minute": 10, "open_uploads": 1000000}'
    own = load({**SOUND, "VODPASS_LIMITS": text}, USES["upload"]).limits
    assert own == {"uploads_per_minute": 10, "open_uploads": 1_000_000}
    claimed = {"uploads_per_minute": 11, "open_uploads": 3, "sts_per_hour": 5}
    expected = {"uploads_per_minute": 10, "open_uploads": 3, "sts_per_hour": 5}
    assert limits.narrowed(own, claimed) == expected
    assert load({**SOUND, "VODPASS_LIMITS": "{}"}, USES["upload"]).limits == {}
    assert load(SOUND, USES["upload"]).limits is None


def test_limits_that_count_for_nothing_give_a_warning() -> None:
    alone = load({**SOUND, "VODPASS_LIMITS": "{}"}, USES["upload"])
    assert [one.split()[0] for one in alone.warnings] == ["VODPASS_LIMITS"]
    store = {"VODPASS_LIMITS_URL": "redis://10.0.0.5"}
    unused = load({**SOUND, **store}, USES["upload"])
    assert [one.split()[0] for one in unused.warnings] == ["VODPASS_LIMITS_URL"]
    assert load({**SOUND, **store, "VODPASS_LIMITS": "{}"}, USES["upload"]).warnings == ()


@pytest.mark.parametrize(
    ("function", "name", "value"),
    [
        ("play", "VODPASS_PLAY_DOMAIN", "play"),
        ("play", "VODPASS_PLAY_DOMAIN", "Play.example.com"),
        ("play", "VODPASS_PLAY_DOMAIN", "https://play.example.com"),
        ("play", "VODPASS_PLAY_DOMAIN", "play.example.com:80"),
        ("play", "VODPASS_PLAY_DOMAIN", "play.example.com/"),
        ("play", "VODPASS_PLAY_DOMAIN", f"{'a.' * 127}example.com"),
        ("play", "VODPASS_PLAY_DOMAIN_SIGNED", "yes"),
        ("events", "VODPASS_CALLBACK_SIGNED_URLS", "hooks.example.com"),
        ("events", "VODPASS_CALLBACK_SIGNED_URLS", "https://a.example/x  https://a.example/y"),
        ("events", "VODPASS_CALLBACK_SIGNED_URLS", "https://a.example/x https://a.example/x"),
        ("events", "VODPASS_CALLBACK_SIGNED_URLS", "https://a.example/" + "x" * 240),
        ("events", "VODPASS_CALLBACK_SIGNED_URLS", " ".join(f"https://a.b/{n}" for n in range(4))),
    ],
)
def test_a_wrong_choice_is_named_but_not_shown(function: str, name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({**SOUND, **EVENTS, name: value}, USES[function])
    assert caught.value.variable == name
    assert value == "play" or value == "yes" or value not in str(caught.value)


def test_choices_are_read() -> None:
    found = load(
        {
            **SOUND,
            "VODPASS_CATE_IDS": "5,1000000001",
            "VODPASS_TEMPLATE_GROUP_IDS": "VOD_NO_TRANSCODE",
        },
        USES["upload"],
    )
    assert (found.cate_ids, found.template_group_ids) == ((5, 1000000001), ("VOD_NO_TRANSCODE",))
    urls = "http://a.example/x https://b.example/?y=1,2"
    events = load({**SOUND, **EVENTS, "VODPASS_CALLBACK_SIGNED_URLS": urls}, USES["events"])
    assert events.callback_signed_urls == tuple(urls.split())
    assert "a.example" not in repr(events)


def test_what_needs_another_variable_names_it() -> None:
    without = {"VODPASS_CALLBACK_URL": ""}
    load({**SOUND, **EVENTS, **without}, USES["upload"])
    with pytest.raises(SettingsError, match="VODPASS_CALLBACK_URL is not set, and VODPASS_UPLOAD"):
        load({**SOUND, **EVENTS, **without, "VODPASS_UPLOAD_CALLBACK": "1"}, USES["upload"])
    with pytest.raises(SettingsError, match="VODPASS_CALLBACK_URL is not set: the https URL"):
        load({**SOUND, **EVENTS, **without}, USES["events"])
    with pytest.raises(SettingsError, match="VODPASS_PLAY_DOMAIN is not set, and VODPASS_PLAY_D"):
        load({**SOUND, "VODPASS_PLAY_DOMAIN_SIGNED": "1"}, USES["play"])


def test_a_misspelt_variable_is_refused() -> None:
    with pytest.raises(SettingsError, match="VODPASS_CORS_ORIGIN "):
        load({**SOUND, "VODPASS_CORS_ORIGIN": "https://a.example"}, USES["upload"])


@pytest.mark.parametrize("endpoint", ["127.0.0.1:9001", "localhost:9001"])
def test_an_endpoint_is_accepted_only_on_a_developers_machine(endpoint: str) -> None:
    given = {**SOUND, "VODPASS_VOD_ENDPOINT": endpoint}

    with pytest.raises(SettingsError, match="VODPASS_LOCAL"):
        load(given, USES["upload"])
    assert load({**given, "VODPASS_LOCAL": "1"}, USES["upload"]).vod_endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint", ["vod.example.com:80", "127.0.0.1", "u@127.0.0.1:9001", "127.0.0.1:9001/x"]
)
def test_an_endpoint_elsewhere_is_refused(endpoint: str) -> None:
    with pytest.raises(SettingsError, match="VODPASS_VOD_ENDPOINT"):
        load({**SOUND, "VODPASS_LOCAL": "1", "VODPASS_VOD_ENDPOINT": endpoint}, USES["upload"])


@pytest.mark.parametrize("name", ["VODPASS_JWT_ISSUER", "VODPASS_JWT_AUDIENCE"])
def test_none_needs_a_single_key(name: str) -> None:
    two = keys(HS_KEY, {**HS_KEY, "kid": "h2"})

    assert load({**SOUND, name: "none"}, USES["play"])
    with pytest.raises(SettingsError, match=name):
        load({**SOUND, name: "none", "VODPASS_JWT_KEYS": two}, USES["play"])


def test_a_long_token_life_gives_a_warning() -> None:
    settings = load({**SOUND, "VODPASS_JWT_MAX_LIFE": "2592000"}, USES["play"])

    assert settings.warnings
    assert not load(SOUND, USES["play"]).warnings


def test_every_variable_explains_what_is_allowed() -> None:
    assert all(variable.allowed for variable in VARIABLES.values())
    assert set().union(*USES.values()) <= set(VARIABLES)


def test_the_repr_shows_no_secrets() -> None:
    shown = repr(load(SOUND, USES["upload"]))

    assert SECRET not in shown
    assert SOUND["VODPASS_OWNER_KEYS"][3:] not in shown


JWKS_URL = "https://login.example.com/jwks.json"
LOOPBACK = "http://127.0.0.1:8080"
TWO_KEYS = keys(HS_KEY, {**HS_KEY, "kid": "h2"})
OTHER_SECRET = base64.b64encode(b"c" * 24).decode()

TOGETHER: list[tuple[str, dict[str, str], str, str]] = [
    # function, its variables, the one that is named, and what is said about it
    ("play", {"VODPASS_VOD_ENDPOINT": "127.0.0.1:1"}, "VODPASS_VOD_ENDPOINT", "is accepted only"),
    ("sts", {"VODPASS_STS_ENDPOINT": "127.0.0.1:1"}, "VODPASS_STS_ENDPOINT", "is accepted only"),
    ("watch", {"VODPASS_MNS_ENDPOINT": "127.0.0.1:1"}, "VODPASS_MNS_ENDPOINT", "is accepted only"),
    (
        "play",
        {"VODPASS_JWT_KEYS": "", "VODPASS_JWT_JWKS_URL": f"{LOOPBACK}/jwks.json"},
        "VODPASS_JWT_JWKS_URL",
        "must be an https URL",
    ),
    (
        "events",
        {"VODPASS_WEBHOOK_URL": f"{LOOPBACK}/hooks"},
        "VODPASS_WEBHOOK_URL",
        "must be an https URL",
    ),
    (
        "events",
        {"VODPASS_CALLBACK_URL": f"{LOOPBACK}/{'r' * 22}"},
        "VODPASS_CALLBACK_URL",
        "must be an https URL",
    ),
    (
        "watch",
        {
            "VODPASS_CREDENTIAL_WEBHOOK_URL": f"{LOOPBACK}/credentials",
            "VODPASS_CREDENTIAL_WEBHOOK_SECRETS": OTHER_SECRET,
        },
        "VODPASS_CREDENTIAL_WEBHOOK_URL",
        "must be an https URL",
    ),
    (
        "watch",
        {"VODPASS_CREDENTIAL_WEBHOOK_URL": "https://app.example.com/credentials"},
        "VODPASS_CREDENTIAL_WEBHOOK_URL",
        "and VODPASS_CREDENTIAL_WEBHOOK_SECRETS are set together or not at all",
    ),
    (
        "watch",
        {"VODPASS_CREDENTIAL_WEBHOOK_SECRETS": OTHER_SECRET},
        "VODPASS_CREDENTIAL_WEBHOOK_URL",
        "and VODPASS_CREDENTIAL_WEBHOOK_SECRETS are set together or not at all",
    ),
    (
        "watch",
        {
            "VODPASS_CREDENTIAL_WEBHOOK_URL": EVENTS["VODPASS_WEBHOOK_URL"],
            "VODPASS_CREDENTIAL_WEBHOOK_SECRETS": OTHER_SECRET,
        },
        "VODPASS_CREDENTIAL_WEBHOOK_URL",
        "needs a URL and secrets that nothing else uses",
    ),
    (
        "watch",
        {
            "VODPASS_CREDENTIAL_WEBHOOK_URL": "https://app.example.com/credentials",
            "VODPASS_CREDENTIAL_WEBHOOK_SECRETS": (
                f"{OTHER_SECRET},{EVENTS['VODPASS_WEBHOOK_SECRETS']}"
            ),
        },
        "VODPASS_CREDENTIAL_WEBHOOK_URL",
        "needs a URL and secrets that nothing else uses",
    ),
    ("play", {"VODPASS_JWT_KEYS": ""}, "VODPASS_JWT_KEYS", "is not set, nor VODPASS_JWT_JWKS_URL:"),
    ("play", {"VODPASS_JWT_KEYS": ""}, "VODPASS_JWT_KEYS", "a JWKS (JSON): each key with alg"),
    (
        "play",
        {"VODPASS_JWT_JWKS_URL": JWKS_URL},
        "VODPASS_JWT_JWKS_URL",
        "may not be set beside VODPASS_JWT_KEYS",
    ),
    *(
        (
            "play",
            {**given, name: "none"},
            name,
            "may be the word none only beside a single key",
        )
        for name in ("VODPASS_JWT_ISSUER", "VODPASS_JWT_AUDIENCE")
        for given in (
            {"VODPASS_JWT_KEYS": TWO_KEYS},
            {"VODPASS_JWT_KEYS": "", "VODPASS_JWT_JWKS_URL": JWKS_URL},
        )
    ),
    ("sts", {"VODPASS_STS_OSS_ROLE": "acs:ram::1234567890123456:role/a"}, "VODPASS_OSS_BUCKET", ""),
    (
        "sts",
        {"VODPASS_STS_OSS_ROLE": "acs:ram::1234567890123456:role/a", "VODPASS_OSS_BUCKET": "abc"},
        "VODPASS_OSS_PREFIX",
        "is not set, and VODPASS_STS_OSS_ROLE needs it",
    ),
    ("play", {"VODPASS_REGOIN": "cn-shanghai"}, "VODPASS_REGOIN", "is not a setting of vodpass"),
    ("play", {"VODPASS_REGION": "moon"}, "VODPASS_REGION", "must be one of ap-northeast-1,"),
    ("play", {"VODPASS_REGION": ""}, "VODPASS_REGION", "is not set: one of ap-northeast-1,"),
]


@pytest.mark.parametrize(("function", "given", "named", "said"), TOGETHER)
def test_what_does_not_go_together_names_the_variable_to_change(
    function: str, given: dict[str, str], named: str, said: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load({**SOUND, **EVENTS, **given}, USES[function])
    assert caught.value.variable == named
    assert said in caught.value.allowed
    assert str(caught.value) == f"{named} {caught.value.allowed}"


@pytest.mark.parametrize("name", ["VODPASS_JWT_ISSUER", "VODPASS_JWT_AUDIENCE"])
def test_none_is_allowed_beside_a_single_key(name: str) -> None:
    assert load({**SOUND, name: "none"}, USES["play"]).jwt_keys is not None


def test_a_developers_machine_may_use_loopback_addresses() -> None:
    given = {
        "VODPASS_LOCAL": "1",
        "VODPASS_VOD_ENDPOINT": "127.0.0.1:1",
        "VODPASS_MNS_ENDPOINT": "[::1]:2",
        "VODPASS_WEBHOOK_URL": f"{LOOPBACK}/hooks",
    }
    found = load({**SOUND, **EVENTS, **given}, USES["events"])
    assert (found.vod_endpoint, found.mns_endpoint) == ("127.0.0.1:1", "[::1]:2")
    assert found.webhook_url == f"{LOOPBACK}/hooks"
