"""Who calls: the checks of date, AccessKey, signature, token and nonce, in that order.

A nonce is used up only by a request whose signature is right, so that a stranger cannot spend
another's.
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

WINDOW = 900  # seconds that a request's date may be off, either way, by the machine's clock


class Authenticator:
    """Finds the credential that signed a request, and remembers the nonces it has seen."""

    def __init__(self, identities: Identities, clock: Clock) -> None:
        self._identities = identities
        self._clock = clock
        self._nonces = Nonces()

    def reset(self) -> None:
        """Forget the nonces."""
        self._nonces.reset()

    def authenticate(self, envelope: Envelope, *, once: bool = True) -> Credential:
        """The caller's credential. Raises ApiError with the OpenAPI gateway's own codes.

        `once`: whether the request has a nonce, and so counts for one call.
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
        else:  # without a date the request could be sent again for as long as the keys live
            until = wall + (caller.expires_at or 0) - self._clock.now()
        if not self._nonces.first_use(caller.access_key_id, envelope.nonce, wall, until):
            raise errors.nonce_used()
        return caller

    def check_token(self, caller: Credential, presented: str | None) -> None:
        """Check the SecurityToken that came with the request. Raises ApiError."""
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
