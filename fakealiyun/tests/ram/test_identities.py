"""AccessKeys: their form, their tokens, their expiry, and what their repr shows."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import pytest

from fakealiyun import identity
from fakealiyun.clock import Clock
from fakealiyun.identity import (
    FORGET_AFTER,
    Credential,
    Identities,
    TokenExpired,
    TokenMalformed,
    TokenMismatch,
    TokenMissing,
)
from fakealiyun.ram.policy import Policy
from fakealiyun.ram.principal import assumed_role, ram_user

SESSION = assumed_role("1234567890123456", "reader", "300000000000000001", "s-1")
USER = ram_user("1234567890123456", "bob", "200000000000000001")
ALLOW = Policy.parse(
    {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def identities(clock: Clock) -> Identities:
    return Identities(clock)


def issue(identities: Identities, lifetime: float = 900) -> Credential:
    return identities.issue(SESSION, (ALLOW,), lifetime)


def test_session_keys_have_the_shapes_of_sts(identities: Identities) -> None:
    issued = [issue(identities) for _ in range(50)]
    for credential in issued:
        assert re.fullmatch(r"STS\.[A-Za-z0-9]{25}", credential.access_key_id)
        assert re.fullmatch(r"[A-Za-z0-9]{44}", credential.access_key_secret)
        token = credential.security_token or ""
        assert token.startswith("CAIS")
        assert 850 <= len(token) <= 950
        assert base64.b64encode(base64.b64decode(token, validate=True)).decode() == token
    for part in ("access_key_id", "access_key_secret", "security_token"):
        assert len({getattr(c, part) for c in issued}) == 50
        # Two tokens share nothing but the common beginning.
        assert len({getattr(c, part)[8:20] for c in issued}) == 50


def test_repr_shows_no_secret(identities: Identities) -> None:
    credential = identities.issue(SESSION, (ALLOW,), 900, session_policy=ALLOW)
    shown = repr(credential) + str(credential) + f"{[credential]}"
    assert credential.access_key_secret not in shown
    assert (credential.security_token or "")[:16] not in shown
    assert "polic" not in shown
    assert credential.access_key_id in shown


def test_token_errors_differ(identities: Identities, clock: Clock) -> None:
    mine, other = issue(identities), issue(identities)
    token = mine.security_token or ""
    identities.check_token(mine, token)
    with pytest.raises(TokenMissing):
        identities.check_token(mine, None)
    with pytest.raises(TokenMissing):
        identities.check_token(mine, "")
    with pytest.raises(TokenMismatch):
        identities.check_token(mine, other.security_token)
    for garbage in (
        "x",
        token[:-1],
        token + "=",
        token.swapcase(),
        f" {token}",
        "CAIS" * 5000,
        "é\ud800",
    ):
        with pytest.raises(TokenMalformed):
            identities.check_token(mine, garbage)
    clock.advance(890)
    identities.check_token(mine, token)
    clock.advance(10)
    with pytest.raises(TokenExpired):
        identities.check_token(mine, token)
    # A wrong token stays wrong: only a caller with the right token learns that it has expired.
    with pytest.raises(TokenMismatch):
        identities.check_token(mine, other.security_token)


def test_token_errors_carry_no_token(identities: Identities) -> None:
    mine, other = issue(identities), issue(identities)
    with pytest.raises(TokenMismatch) as refusal:
        identities.check_token(mine, other.security_token)
    assert str(refusal.value) == ""
    assert refusal.value.args == ()


def test_a_long_term_key_comes_without_a_token(identities: Identities) -> None:
    key = Credential("LTAIx", "secret", USER, ())
    identities.add_access_key(key)
    identities.check_token(key, None)
    identities.check_token(key, "")
    with pytest.raises(TokenMismatch):
        identities.check_token(key, issue(identities).security_token)
    with pytest.raises(TokenMalformed):
        identities.check_token(key, "garbage")


def test_expired_keys_are_found_until_they_are_forgotten(
    identities: Identities, clock: Clock
) -> None:
    credential, later = issue(identities, 900), issue(identities, 90_000)
    clock.advance(900)
    assert identities.find(credential.access_key_id) == credential
    assert identities.has_expired(credential)
    clock.advance(FORGET_AFTER - 600)
    assert identities.find(credential.access_key_id) is not None
    clock.advance(600)
    assert identities.find(credential.access_key_id) is None
    with pytest.raises(TokenMalformed):
        identities.check_token(later, credential.security_token)
    assert identities.find(later.access_key_id) is not None


def test_many_expired_sessions_are_forgotten_early_and_no_live_one(
    identities: Identities, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "MOST_REMEMBERED", 10)
    live = [issue(identities, 9000) for _ in range(8)]
    dead = [issue(identities, 900) for _ in range(8)]
    clock.advance(1000)
    issue(identities)
    assert sum(identities.find(c.access_key_id) is not None for c in dead) == 1
    more = [issue(identities, 9000) for _ in range(8)]
    assert all(identities.find(c.access_key_id) for c in live + more)


def test_keys_can_be_disabled_and_removed(identities: Identities) -> None:
    identities.add_access_key(Credential("LTAIx", "secret", USER, ()))
    identities.set_active("LTAIx", False)
    assert identities.find("LTAIx") == Credential("LTAIx", "secret", USER, (), active=False)
    identities.set_active("LTAIx", True)
    assert identities.find("LTAIx") == Credential("LTAIx", "secret", USER, ())
    identities.remove_access_key("LTAIx")
    identities.remove_access_key("LTAIx")
    assert identities.find("LTAIx") is None
    with pytest.raises(KeyError):
        identities.set_active("LTAIx", True)


def test_changed_policies_reach_the_sessions_in_use(identities: Identities) -> None:
    mine = issue(identities)
    other = identities.issue(replace(SESSION, owner_id="300000000000000002"), (ALLOW,), 900)
    identities.apply_policies(SESSION.owner_id, ())
    assert identities.find(mine.access_key_id) == replace(mine, policies=())
    assert identities.find(other.access_key_id) == other
    identities.check_token(mine, mine.security_token)


def test_reset_forgets_sessions_but_not_those_of_running_functions(
    identities: Identities, clock: Clock
) -> None:
    identities.add_access_key(Credential("LTAIx", "secret", USER, ()))
    session = issue(identities)
    held = identities.issue(SESSION, (ALLOW,), 900, held_by="fc.aliyuncs.com")
    identities.reset()
    assert identities.find(session.access_key_id) is None
    assert identities.find("LTAIx") is not None
    assert identities.find(held.access_key_id) == held
    with pytest.raises(TokenMalformed):
        identities.check_token(held, session.security_token)


def test_a_running_functions_keys_outlast_a_clock_that_is_turned_back(
    identities: Identities, clock: Clock
) -> None:
    held = identities.issue(SESSION, (ALLOW,), 900, held_by="fc.aliyuncs.com")
    clock.advance(900 + FORGET_AFTER)
    issue(identities)
    with pytest.raises(TokenExpired):
        identities.check_token(held, held.security_token)
    clock.reset()
    identities.reset()
    assert identities.find(held.access_key_id) == held
    identities.check_token(held, held.security_token)


@pytest.mark.parametrize("lifetime", [0, -1, float("nan")])
def test_a_session_needs_time(identities: Identities, lifetime: float) -> None:
    with pytest.raises(ValueError, match="lifetime"):
        issue(identities, lifetime)


def test_a_session_is_no_long_term_key(identities: Identities) -> None:
    with pytest.raises(ValueError, match="long-term"):
        identities.add_access_key(issue(identities))
