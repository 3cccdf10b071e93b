"""Authenticates a caller: checks date, AccessKey, signature, token and nonce, in this order.

Only a request with a valid signature uses up a nonce. So nobody can use up the nonces of others.
"""

from __future__ import annotations

from fakealiyun.clock import Clock
from fakealiyun.identity import (
    Credential,
    Identities,
    TokenExpired,
    TokenMalformed,
    TokenMismatch,
    TokenMissing,
)
from fakealiyun.openapi import errors
from fakealiyun.openapi.envelope import Envelope
from fakealiyun.openapi.nonces import Nonces

WINDOW = 900  # seconds by which the date of a request may differ from wall time, in both directions


class OpenApiAuthenticator:
    """Finds the credential that signed a request, and remembers nonces."""

    def __init__(self, identities: Identities, clock: Clock) -> None:
        self._identities = identities
        self._clock = clock
        self._nonces = Nonces()

    def reset(self) -> None:
        """Forget all nonces."""
        self._nonces.reset()

    def authenticate(self, envelope: Envelope, *, once: bool = True) -> Credential:
        """The credential of the caller. Raises ApiError with the codes of the OpenAPI gateway.

        `once`: whether the request has a nonce, and so is valid for one call only.
        """
        wall = self._clock.wall()
        if envelope.timestamp is not None and abs(wall - envelope.timestamp) > WINDOW:
            raise errors.time_stamp_expired()
        caller = self._identities.find(envelope.access_key_id)
        if caller is None:
            raise errors.access_key_not_found()
        if not caller.active:
            raise errors.access_key_inactive()
        if not envelope.is_signed_with(caller.access_key_secret):
            raise errors.signature_mismatch(envelope.echo)
        self.check_token(caller, envelope.security_token)
        if not once:
            return caller
        if envelope.timestamp is not None:
            until = envelope.timestamp + WINDOW
        else:  # without a date, the request could be repeated until the credential expires
            until = wall + (caller.expires_at or 0) - self._clock.now()
        if not self._nonces.first_use(caller.access_key_id, envelope.nonce, wall, until):
            raise errors.nonce_used()
        return caller

    def check_token(self, caller: Credential, presented: str | None) -> None:
        """Check the SecurityToken of a request. Raises ApiError."""
        try:
            self._identities.check_token(caller, presented)
        except TokenMissing:
            raise errors.token_missing() from None
        except TokenMalformed:
            raise errors.token_malformed() from None
        except TokenMismatch:
            raise errors.token_mismatch() from None
        except TokenExpired:
            raise errors.token_expired() from None
