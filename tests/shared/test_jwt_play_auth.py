"""The JWTPlayAuth against PyJWT and against each rule by which the vendor verifies one."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import json
from typing import Any

import jwt as pyjwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakealiyun.clock import Clock
from fakealiyun.vod.play_keys import PlayKeys
from shared.config.settings import Settings, SettingsError, load
from shared.errors import Misconfigured
from shared.playback import jwt

# VOD allows a PlayKey at most 20 characters. PyJWT warns of an HMAC key under 32 bytes.
pytestmark = pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")

KEY = "AbcdefghIjklmnop0123"
VIDEO_ID = "7d2f9a106b1c4f0e9a530d6a5b0c1e22"
SETTINGS = Settings(region="cn-shanghai", play_key=KEY)


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def assembled(header: Any, claims: Any, key: str = KEY) -> str:
    """A JWT of any header and claims."""
    parts = [base64url(json.dumps(part).encode()) for part in (header, claims)]
    signed = ".".join(parts)
    return f"{signed}.{base64url(hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest())}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(clock: Clock) -> PlayKeys:
    made = PlayKeys(clock)
    made.set("app-1000000", KEY)
    return made


def sound(clock: Clock, **changes: Any) -> dict[str, Any]:
    """The claims of a valid credential, with changes. A change to None removes a claim."""
    claims = pyjwt.decode(jwt.sign(SETTINGS, VIDEO_ID, clock.now(), 100), KEY, ["HS256"])
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


HEADER = {"alg": "HS256", "typ": "JWT"}


def test_a_fresh_one_is_accepted(clock: Clock, keys: PlayKeys) -> None:
    assert keys.fault_of(jwt.sign(SETTINGS, VIDEO_ID, clock.now(), 100)) is None
    # What the other tests change is accepted before the change.
    assert keys.fault_of(assembled(HEADER, sound(clock))) is None


@given(
    video_id=st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
    now=st.floats(1.6e9, 4e9),
    timeout=st.integers(100, 3000),
    key=st.from_regex(r"[A-Za-z0-9]{20}", fullmatch=True),
)
def test_pyjwt_reads_what_is_signed(video_id: str, now: float, timeout: int, key: str) -> None:
    settings = dataclasses.replace(SETTINGS, play_key=key)
    made = jwt.sign(settings, video_id, now, timeout)
    claims = pyjwt.decode(made, key, algorithms=["HS256"])
    assert (claims["videoId"], claims["regionId"]) == (video_id, "cn-shanghai")
    assert isinstance(claims["currentTimeStamp"], int)
    assert isinstance(claims["expireTimeStamp"], int)
    assert claims["currentTimeStamp"] / 1000 == pytest.approx(now - 30, abs=0.002)
    assert claims["expireTimeStamp"] / 1000 == pytest.approx(now + timeout, abs=0.002)
    with pytest.raises(pyjwt.InvalidSignatureError):
        pyjwt.decode(made, key[::-1] + "x", algorithms=["HS256"])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"appId": None}, "appId is missing"),
        ({"appId": ""}, "appId is missing"),
        ({"videoId": None}, "videoId is missing"),
        ({"currentTimeStamp": None}, "currentTimeStamp is missing"),
        ({"currentTimeStamp": "1764400000000"}, "currentTimeStamp is missing"),
        ({"expireTimeStamp": None}, "expireTimeStamp is missing"),
        ({"expireTimeStamp": True}, "expireTimeStamp is missing"),
        ({"appId": "app-2000000"}, "the application has no PlayKey"),
        ({"currentTimeStamp": 2**43}, "currentTimeStamp is in the future"),
        # Seconds in the place of milliseconds.
        ({"expireTimeStamp": 1_764_400_000}, "expireTimeStamp is in the past"),
    ],
)
def test_a_claim_that_breaks_a_rule(
    clock: Clock, keys: PlayKeys, changes: dict[str, Any], reason: str
) -> None:
    assert keys.fault_of(assembled(HEADER, sound(clock, **changes))) == reason


def test_a_header_of_another_kind(clock: Clock, keys: PlayKeys) -> None:
    claims = sound(clock)
    for header in ({"alg": "none", "typ": "JWT"}, {"alg": "HS512", "typ": "JWT"}, {}):
        reason = "its header is not that of a JWT with HS256"
        assert keys.fault_of(assembled(header, claims)) == reason
    for credential in (assembled([], claims), assembled(HEADER, []), "a.b.c", "..", "é.é.é"):
        assert "base64url of a JSON object" in str(keys.fault_of(credential))


@pytest.mark.parametrize("parts", [0, 1, 2, 4])
def test_another_number_of_parts(clock: Clock, keys: PlayKeys, parts: int) -> None:
    made = f"{assembled(HEADER, sound(clock))}.x".split(".")
    assert keys.fault_of(".".join(made[:parts])) == "it does not have three parts"


def test_a_signature_of_another_key(clock: Clock, keys: PlayKeys) -> None:
    claims, reason = sound(clock), "its signature is not that of the application's PlayKey"
    credential = assembled(HEADER, claims, key=KEY[::-1])
    assert keys.fault_of(credential) == reason
    head, payload, signature = assembled(HEADER, claims).split(".")
    other = base64url(json.dumps({**claims, "videoId": "0" * 32}).encode())
    assert keys.fault_of(f"{head}.{other}.{signature}") == reason
    assert keys.fault_of(f"{head}.{payload}.") == reason


def test_time_ends_it(clock: Clock, keys: PlayKeys) -> None:
    made = jwt.sign(SETTINGS, VIDEO_ID, clock.now(), 100)
    clock.advance(50)
    assert keys.fault_of(made) is None
    clock.advance(51)
    assert keys.fault_of(made) == "expireTimeStamp is in the past"


def test_a_clock_that_is_30_seconds_ahead_does_no_harm(clock: Clock, keys: PlayKeys) -> None:
    assert keys.fault_of(jwt.sign(SETTINGS, VIDEO_ID, clock.now() + 29, 100)) is None
    late = jwt.sign(SETTINGS, VIDEO_ID, clock.now() + 60, 100)
    assert keys.fault_of(late) == "currentTimeStamp is in the future"


def test_no_key_no_credential() -> None:
    with pytest.raises(Misconfigured):
        jwt.sign(Settings(region="cn-shanghai"), VIDEO_ID, 0, 100)


@pytest.mark.parametrize(
    "key", ["short", "A" * 19, "A" * 21, "A" * 19 + "-", "A" * 19 + "é", " " + "A" * 19]
)
def test_a_key_that_can_be_guessed_is_refused(key: str) -> None:
    environ = {"VODPASS_PLAY_KEY": key}
    with pytest.raises(SettingsError) as caught:
        load(environ, frozenset({"VODPASS_PLAY_KEY"}))
    assert caught.value.variable == "VODPASS_PLAY_KEY"
    assert "ops.playkey rotate" in caught.value.allowed
    assert key not in str(caught.value)


def test_the_key_is_not_shown() -> None:
    assert KEY not in repr(SETTINGS)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("VODPASS_PLAY_FORMATS", "mp4,avi"),
        ("VODPASS_PLAY_FORMATS", "mp4,mp4"),
        ("VODPASS_PLAY_FORMATS", "mp4, m3u8"),
        ("VODPASS_PLAY_DEFINITION", "ld"),
        ("VODPASS_PLAY_STREAM_TYPE", "film"),
        ("VODPASS_PLAY_AUTH_TIMEOUT", "0"),
    ],
)
def test_what_a_player_gets_is_checked(name: str, raw: str) -> None:
    with pytest.raises(SettingsError):
        load({name: raw}, frozenset({name}))
