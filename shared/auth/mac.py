"""MACs over lists of texts. For each use, a key of its own is derived from the owner key.

A use is a word: "mark", "nonce", "extend" or "settling". The word and the form ``vodpass/<use>/v1``
never change, because existing videos and queued messages depend on them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from shared.config.parsers import OwnerKey

MAC_BYTES = 20


def frame(*parts: str | bytes) -> bytes:
    """The parts, each with its length (4 bytes) in front, so that no two lists frame alike."""
    framed = b""
    for part in parts:
        # What VOD sends may hold lone surrogates.
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        framed += len(data).to_bytes(4, "big") + data
    return framed


def mac(key: OwnerKey, use: str, framed: bytes) -> bytes:
    """HMAC-SHA256 of ``framed`` under the key derived for ``use`` (as RFC 5869's expand step)."""
    derived = hmac.digest(key.secret, f"vodpass/{use}/v1\x01".encode("ascii"), "sha256")
    return hmac.digest(derived, framed, "sha256")


def sign(key: OwnerKey, use: str, *parts: str) -> str:
    """The MAC of ``parts``, truncated to MAC_BYTES, in base64url without padding."""
    return base64url(mac(key, use, frame(*parts))[:MAC_BYTES])


def digest(*parts: str | bytes) -> bytes:
    """SHA-256 of the framed parts."""
    return hashlib.sha256(frame(*parts)).digest()


def canonical(values: dict[str, Any]) -> str:
    """The same JSON text for the same values, whatever their order."""
    return json.dumps(values, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def base64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def base32(data: bytes) -> str:
    """Base32 in lower case."""
    return base64.b32encode(data).decode("ascii").lower()
