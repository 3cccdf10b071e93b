"""Who calls: AccessKeys, temporary credentials, and the checks every service makes of them."""

from __future__ import annotations

import base64
import hashlib
import heapq
import hmac
import secrets
import string
import threading
from dataclasses import dataclass, field, replace

from fakealiyun.clock import Clock
from fakealiyun.ram.policy import Policy
from fakealiyun.ram.principal import Principal

__all__ = [
    "Credential",
    "Identities",
    "Principal",
    "TokenError",
    "TokenExpired",
    "TokenMalformed",
    "TokenMismatch",
    "TokenMissing",
    "new_access_key",
]

_ALPHANUMERIC = string.ascii_letters + string.digits

# How long an expired session is still told from an unknown one, in seconds of cloud time. The
# moment when the real services change from "expired" to "unknown" is not documented.
FORGET_AFTER = 48 * 3600

# Expired sessions beyond this number are forgotten early, so that load does not fill memory.
MOST_REMEMBERED = 20_000

_LONGEST_TOKEN = 8192


@dataclass(frozen=True)
class Credential:
    """An AccessKey, long-term or of a session. Its repr shows nothing that opens anything."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    principal: Principal
    policies: tuple[Policy, ...] = field(repr=False)
    session_policy: Policy | None = field(default=None, repr=False)
    security_token: str | None = field(default=None, repr=False)
    expires_at: float | None = None
    media_id: str | None = None
    active: bool = True
    source_identity: str | None = None
    # The service that holds these keys for a function, if one does.
    held_by: str | None = None


class TokenError(Exception):
    """A SecurityToken that does not go with the AccessKey. Says nothing about either."""


class TokenMissing(TokenError):
    """A temporary AccessKey came without its token."""


class TokenMalformed(TokenError):
    """The token is none that was ever issued."""


class TokenMismatch(TokenError):
    """The token belongs to another AccessKey."""


class TokenExpired(TokenError):
    """The right token, but its time is over."""


class Identities:
    """Every AccessKey the cloud knows. Safe to use from several threads.

    Expiry is by cloud time. Expired sessions are still found, because the services say
    "expired" for them; after FORGET_AFTER they are unknown.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, Credential] = {}
        self._sessions: dict[str, Credential] = {}
        # SHA-256 of a token -> its AccessKeyId: tells a stranger's token from garbage.
        self._tokens: dict[bytes, str] = {}
        self._expiry: list[tuple[float, str]] = []

    def find(self, access_key_id: str) -> Credential | None:
        """The credential of an AccessKeyId, also if expired or disabled; None if unknown."""
        with self._lock:
            self._forget()
            return self._keys.get(access_key_id) or self._sessions.get(access_key_id)

    def add_access_key(self, credential: Credential) -> None:
        """Add a long-term AccessKey, or replace the one with the same id."""
        if credential.security_token is not None or credential.expires_at is not None:
            raise ValueError("a long-term AccessKey has neither SecurityToken nor expiry")
        with self._lock:
            self._keys[credential.access_key_id] = credential

    def remove_access_key(self, access_key_id: str) -> None:
        """Delete a long-term AccessKey; nothing happens if there is none."""
        with self._lock:
            self._keys.pop(access_key_id, None)

    def set_active(self, access_key_id: str, active: bool) -> None:
        """Enable or disable a long-term AccessKey. Raises KeyError if there is none.

        Sessions begun with it go on, as no call ends a single token.
        """
        with self._lock:
            self._keys[access_key_id] = replace(self._keys[access_key_id], active=active)

    def issue(
        self,
        principal: Principal,
        policies: tuple[Policy, ...],
        lifetime: float,
        *,
        session_policy: Policy | None = None,
        media_id: str | None = None,
        source_identity: str | None = None,
        held_by: str | None = None,
    ) -> Credential:
        """Issue temporary keys for `lifetime` seconds of cloud time, from now on.

        Every part is random, in the lengths that STS gives: AccessKeyId `STS.` and 25
        characters, secret 44, SecurityToken about 900 of base64 beginning with `CAIS`.
        """
        if not lifetime > 0:
            raise ValueError("the lifetime is not a positive number of seconds")
        credential = Credential(
            access_key_id="STS.N" + _random_text(24),
            access_key_secret=_random_text(44),
            principal=principal,
            policies=policies,
            session_policy=session_policy,
            security_token=_random_token(),
            expires_at=self._clock.now() + lifetime,
            media_id=media_id,
            source_identity=source_identity,
            held_by=held_by,
        )
        with self._lock:
            self._remember([credential])
            self._forget()
        return credential

    def check_token(self, credential: Credential, presented: str | None) -> None:
        """Check the SecurityToken that came with a request.

        Raises TokenMissing, TokenMalformed, TokenMismatch or TokenExpired. A long-term
        AccessKey needs none; one that comes with it all the same is refused, since it can
        only be another key's. (What the real services do with it is not documented.)
        """
        expected = credential.security_token
        if not presented:
            if expected is not None:
                raise TokenMissing
            return
        if expected is None or not _same(expected, presented):
            raise TokenMismatch if self._is_known(presented) else TokenMalformed
        if self.has_expired(credential):
            raise TokenExpired

    def has_expired(self, credential: Credential) -> bool:
        """Whether the credential's time is over, by cloud time."""
        return credential.expires_at is not None and self._clock.now() >= credential.expires_at

    def apply_policies(self, owner_id: str, policies: tuple[Policy, ...]) -> None:
        """Let a change of a user's or role's policies take effect on the keys in use."""
        with self._lock:
            for known in (self._keys, self._sessions):
                for key, credential in known.items():
                    if credential.principal.owner_id == owner_id:
                        known[key] = replace(credential, policies=policies)

    def reset(self) -> None:
        """Forget every session but those that a service holds for a running function.

        Long-term keys are RAM's to restore.
        """
        with self._lock:
            kept = [c for c in self._sessions.values() if c.held_by is not None]
            self._sessions.clear()
            self._tokens.clear()
            self._expiry.clear()
            self._remember(kept)

    def _is_known(self, token: str) -> bool:
        if len(token) > _LONGEST_TOKEN:
            return False
        with self._lock:
            return _digest(token) in self._tokens

    def _remember(self, sessions: list[Credential]) -> None:
        for session in sessions:
            self._sessions[session.access_key_id] = session
            self._tokens[_digest(session.security_token or "")] = session.access_key_id
            # A running function's keys are kept for good: a reset turns the clock back, and the
            # instance that holds them knows nothing of it.
            if session.held_by is None:
                heapq.heappush(self._expiry, (session.expires_at or 0.0, session.access_key_id))

    def _forget(self) -> None:
        now = self._clock.now()
        while self._expiry:
            expired_at, access_key_id = self._expiry[0]
            crowded = len(self._sessions) > MOST_REMEMBERED
            if expired_at > now or (expired_at + FORGET_AFTER > now and not crowded):
                return
            heapq.heappop(self._expiry)
            forgotten = self._sessions.pop(access_key_id)
            self._tokens.pop(_digest(forgotten.security_token or ""))


def new_access_key() -> tuple[str, str]:
    """A fresh long-term AccessKeyId (24 characters) and secret (30 characters)."""
    return "LTAI5t" + _random_text(18), _random_text(30)


def _random_text(length: int) -> str:
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(length))


def _random_token() -> str:
    # These three bytes begin every token: in base64 they read CAIS.
    return base64.b64encode(
        b"\x08\x02\x12" + secrets.token_bytes(650 + secrets.randbelow(50))
    ).decode()


def _same(expected: str, presented: str) -> bool:
    return hmac.compare_digest(expected.encode(), presented.encode("utf-8", errors="surrogatepass"))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", errors="surrogatepass")).digest()
