"""AccessKeys and temporary credentials, and the checks of them that every service makes."""

from __future__ import annotations

import base64
import hashlib
import heapq
import hmac
import math
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

# Seconds of cloud time after which an expired session becomes unknown. When the real services
# change their answer from "expired" to "unknown" is not documented.
FORGET_AFTER = 48 * 3600

# Above this number of sessions, expired ones are forgotten early, so that memory stays bounded.
MOST_REMEMBERED = 20_000

_LONGEST_TOKEN = 8192


@dataclass(frozen=True)
class Credential:
    """A long-term AccessKey, or the temporary one of a session. Its repr shows no secret."""

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
    # The service that holds this credential for a function, if there is one.
    held_by: str | None = None


class TokenError(Exception):
    """The SecurityToken does not belong to the AccessKey. The error shows neither of them."""


class TokenMissing(TokenError):
    """The request has a temporary AccessKey and no token."""


class TokenMalformed(TokenError):
    """This token was never issued."""


class TokenMismatch(TokenError):
    """The token belongs to another AccessKey."""


class TokenExpired(TokenError):
    """The token is the right one, but it has expired."""


class Identities:
    """Every AccessKey that the cloud knows. Thread-safe.

    Credentials expire by cloud time. Expired sessions are still found, because the services answer
    "expired" for them. After FORGET_AFTER they are unknown.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, Credential] = {}
        self._sessions: dict[str, Credential] = {}
        # AccessKeyId by the SHA-256 of its token: tells another key's token from garbage.
        self._tokens: dict[bytes, str] = {}
        self._expiry: list[tuple[float, str]] = []

    def find(self, access_key_id: str) -> Credential | None:
        """The credential of an AccessKeyId, also if expired or disabled. None if unknown."""
        with self._lock:
            self._forget()
            return self._keys.get(access_key_id) or self._sessions.get(access_key_id)

    def add_access_key(self, credential: Credential) -> None:
        """Add a long-term AccessKey, or replace the one that has this id."""
        if credential.security_token is not None or credential.expires_at is not None:
            raise ValueError("a long-term AccessKey has no SecurityToken and does not expire")
        with self._lock:
            self._keys[credential.access_key_id] = credential

    def remove_access_key(self, access_key_id: str) -> None:
        """Delete a long-term AccessKey. Does nothing if it does not exist."""
        with self._lock:
            self._keys.pop(access_key_id, None)

    def set_active(self, access_key_id: str, active: bool) -> None:
        """Enable or disable a long-term AccessKey. Raises KeyError if it does not exist.

        Sessions that were started with it stay valid: no API call revokes a single token.
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
        """Issue a temporary credential for `lifetime` seconds of cloud time, from now on.

        It expires at a whole second, the one that answers state as its expiration.

        Every part is random and as long as the real one: AccessKeyId `STS.` and 25 characters,
        secret 44 characters, SecurityToken about 900 characters of base64 that begin with `CAIS`.
        Raises ValueError if the lifetime is not positive.
        """
        if not lifetime > 0:
            raise ValueError("the lifetime must be a positive number of seconds")
        credential = Credential(
            access_key_id="STS.N" + _random_text(24),
            access_key_secret=_random_text(44),
            principal=principal,
            policies=policies,
            session_policy=session_policy,
            security_token=_random_token(),
            expires_at=float(math.floor(self._clock.now()) + math.ceil(lifetime)),
            media_id=media_id,
            source_identity=source_identity,
            held_by=held_by,
        )
        with self._lock:
            self._remember([credential])
            self._forget()
        return credential

    def check_token(self, credential: Credential, presented: str | None) -> None:
        """Check the SecurityToken of a request.

        Raises TokenMissing, TokenMalformed, TokenMismatch or TokenExpired. A long-term AccessKey
        has no token. A token beside it is refused, because it belongs to another key. (What the
        real services do then is not documented.)
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
        """Whether the credential has expired, by cloud time."""
        return credential.expires_at is not None and self._clock.now() >= credential.expires_at

    def apply_policies(self, owner_id: str, policies: tuple[Policy, ...]) -> None:
        """Set the policies of every existing credential of a user or role."""
        with self._lock:
            for known in (self._keys, self._sessions):
                for key, credential in known.items():
                    if credential.principal.owner_id == owner_id:
                        known[key] = replace(credential, policies=policies)

    def reset(self) -> None:
        """Forget every session, except those that a service holds for a running function.

        `Ram.reset` restores the long-term keys.
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
            # Credentials of a running function are never forgotten. A reset sets the clock back,
            # and the instance that holds the credential does not learn of it.
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
    """A new long-term AccessKeyId (24 characters) and its secret (30 characters)."""
    return "LTAI5t" + _random_text(18), _random_text(30)


def _random_text(length: int) -> str:
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(length))


def _random_token() -> str:
    # Every token begins with these three bytes, which are CAIS in base64.
    return base64.b64encode(
        b"\x08\x02\x12" + secrets.token_bytes(650 + secrets.randbelow(50))
    ).decode()


def _same(expected: str, presented: str) -> bool:
    return hmac.compare_digest(expected.encode(), presented.encode("utf-8", errors="surrogatepass"))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", errors="surrogatepass")).digest()
