"""The mark that binds a video to its owner, kept in VOD itself as the video's ReferenceId.

    v1 | key id (2) | lower-case base32 of nonce (15 bytes) and MAC (20 bytes)     60 characters

The MAC is HMAC-SHA256, truncated, over the context word, the issuer's alias, the caller's ``sub``
and the nonce, each with its length in front, so that no two inputs run together alike. Each use
has its own key, derived from the configured one (HMAC as in RFC 5869's expand step). A mark is
verified by computing the whole text again and comparing in constant time: another spelling of
the same bytes is another text, and fails.

``Extend`` is what the video carries besides, in VOD's UserData: who, which request, what was
declared. It is believed only under its own MAC, which covers the mark.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.config.settings import Settings
from shared.config.variables import OwnerKey

_VERSION = "v1"
_NONCE = 15  # bytes
_MAC = 20  # bytes
_LENGTH = 60  # characters; VOD allows 64


@dataclass(frozen=True)
class Owner:
    """Whose videos are meant: the issuer's alias and the token's subject."""

    issuer_alias: str
    subject: str


def new_mark(settings: Settings, owner: Owner) -> str:
    """A mark nobody has had before, under the first key."""
    return _mark(settings.owner_keys[0], owner, secrets.token_bytes(_NONCE))


def marks_of_key(settings: Settings, owner: Owner, idempotency_key: str) -> Iterator[str]:
    """The marks a repeat with this Idempotency-Key may meet, the one to create with first."""
    for key in settings.owner_keys:
        material = _frame("nonce", owner.issuer_alias, owner.subject, idempotency_key)
        nonce = hmac.digest(_derive(key, "nonce"), material, "sha256")[:_NONCE]
        yield _mark(key, owner, nonce)


def owns(settings: Settings, owner: Owner, mark: str | None) -> bool:
    """Whether ``mark`` (a video's ReferenceId) is this owner's. A video without one is nobody's."""
    if mark is None or len(mark) != _LENGTH or not mark.isascii():
        return False
    key = next((key for key in settings.owner_keys if mark[2:4] == key.key_id), None)
    if key is None:
        return False
    try:
        nonce = base64.b32decode(mark[4:].upper())[:_NONCE]
    except ValueError:
        return False
    return hmac.compare_digest(_mark(key, owner, nonce), mark)


def _mark(key: OwnerKey, owner: Owner, nonce: bytes) -> str:
    material = _frame("mark", owner.issuer_alias, owner.subject, nonce)
    mac = hmac.digest(_derive(key, "mark"), material, "sha256")[:_MAC]
    encoded = base64.b32encode(nonce + mac).decode("ascii").lower()
    return f"{_VERSION}{key.key_id}{encoded}"


def _derive(key: OwnerKey, use: str) -> bytes:
    return hmac.digest(key.secret, f"vodpass/{use}/v1\x01".encode("ascii"), "sha256")


def _frame(*parts: str | bytes) -> bytes:
    framed = b""
    for part in parts:
        data = part.encode("utf-8") if isinstance(part, str) else part
        framed += len(data).to_bytes(4, "big") + data
    return framed


def request_digest(fields: dict[str, Any]) -> str:
    """A short digest of a request's checked fields: the same fields give the same digest."""
    return _text(hashlib.sha256(canonical(fields).encode("ascii")).digest()[:16])


@dataclass(frozen=True)
class Extend:
    """What a video's UserData says of its making; sizes in bytes."""

    subject: str
    idempotency_key: str
    digest: str
    file_size: int | None
    extension: str


def seal(settings: Settings, mark: str, extend: Extend) -> dict[str, Any]:
    """UserData.Extend with its MAC. At most 512 bytes of UTF-8, VOD's limit, for any subject."""
    values = _values(extend)
    return {**values, "m": _seal_mac(settings.owner_keys[0], mark, values)}


def unseal(settings: Settings, mark: str, user_data: str | None) -> Extend | None:
    """The Extend in a video's UserData, or None where it is absent, foreign or changed.

    Call it only with a mark that ``owns`` has accepted: the MAC alone says nothing of the owner.
    """
    key = next((key for key in settings.owner_keys if mark[2:4] == key.key_id), None)
    try:
        values = json.loads(user_data or "")["Extend"]
        values = json.loads(values) if isinstance(values, str) else dict(values)
        mac = values.pop("m")
        extend = Extend(values["s"], values["k"], values["d"], values["n"], values["t"])
        genuine = key is not None and hmac.compare_digest(_seal_mac(key, mark, values), mac)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return extend if genuine and values == _values(extend) else None


def _values(extend: Extend) -> dict[str, Any]:
    return {
        "s": extend.subject,
        "k": extend.idempotency_key,
        "d": extend.digest,
        "n": extend.file_size,
        "t": extend.extension,
    }


def sign(key: OwnerKey, use: str, *parts: str) -> str:
    """A MAC over ``parts``, under the key that is derived for this ``use`` alone."""
    return _text(hmac.digest(_derive(key, use), _frame(*parts), "sha256")[:_MAC])


def canonical(values: dict[str, Any]) -> str:
    """One text for one set of values, whatever their order."""
    return json.dumps(values, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def _seal_mac(key: OwnerKey, mark: str, values: dict[str, Any]) -> str:
    return sign(key, "extend", mark, canonical(values))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")
