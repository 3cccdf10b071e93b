"""The ownership mark: binds a video to its owner. VOD stores it as the video's ReferenceId.

    v1 | key id (2) | lower-case base32 of nonce (15 bytes) and MAC (20 bytes)     60 characters

The MAC is HMAC-SHA256, truncated, over the word "mark", the issuer alias, the caller's ``sub``
and the nonce. To verify a mark, the whole text is computed again and compared in constant time.
Another spelling of the same bytes is another text, and fails.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from shared.auth.mac import MAC_BYTES, base32, frame, mac
from shared.config.parsers import OwnerKey
from shared.config.settings import Settings

_VERSION = "v1"
_NONCE = 15  # bytes
_LENGTH = 60  # characters; VOD allows 64


@dataclass(frozen=True)
class Owner:
    """The owner of videos: the issuer alias and the subject of the token."""

    issuer_alias: str
    subject: str


def new_mark(settings: Settings, owner: Owner) -> str:
    """A new mark with a random nonce, under the first key."""
    return _mark(settings.owner_keys[0], owner, secrets.token_bytes(_NONCE))


def marks_for_idempotency_key(
    settings: Settings, owner: Owner, idempotency_key: str
) -> Iterator[str]:
    """The marks that this Idempotency-Key leads to, one for each owner key.

    A new video gets the first. A repeat may find a video under any of them.
    """
    for key in settings.owner_keys:
        framed = frame("nonce", owner.issuer_alias, owner.subject, idempotency_key)
        yield _mark(key, owner, mac(key, "nonce", framed)[:_NONCE])


def owns(settings: Settings, owner: Owner, mark: str | None) -> bool:
    """Whether ``mark``, the ReferenceId of a video, belongs to this owner. None has no owner."""
    if mark is None or len(mark) != _LENGTH or not mark.isascii():
        return False
    key = owner_key_of(settings, mark)
    if key is None:
        return False
    try:
        nonce = base64.b32decode(mark[4:].upper())[:_NONCE]
    except ValueError:
        return False
    return hmac.compare_digest(_mark(key, owner, nonce), mark)


def owner_key_of(settings: Settings, mark: str) -> OwnerKey | None:
    """The owner key that a mark names; None if this deployment does not have it."""
    return next((key for key in settings.owner_keys if mark[2:4] == key.key_id), None)


def _mark(key: OwnerKey, owner: Owner, nonce: bytes) -> str:
    """The mark of this owner with this nonce. A new mark and a check both compute it here."""
    framed = frame("mark", owner.issuer_alias, owner.subject, nonce)
    return f"{_VERSION}{key.key_id}{base32(nonce + mac(key, 'mark', framed)[:MAC_BYTES])}"
