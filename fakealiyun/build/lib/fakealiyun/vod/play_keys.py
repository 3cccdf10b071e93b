"""The PlayKey of each application, and the playback credentials that are signed with it.

A JWTPlayAuth is a JWT that an app's server signs with the PlayKey. How a player redeems it is not
known. So this module only checks it, by the rules of the help page "Playback authentication
solutions".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fakealiyun.clock import Clock

PLAY_KEY = re.compile(r"[A-Za-z0-9]{8,20}", re.ASCII)

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_HEADER = {"alg": "HS256", "typ": "JWT"}


@dataclass(frozen=True)
class PlayKey:
    """The PlayKey of one application. Times are epoch seconds of cloud time."""

    app_id: str
    key: str = field(repr=False)
    created: float
    modified: float


class PlayKeys:
    """The PlayKeys of an account. An application has none until one is set."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._keys: dict[str, PlayKey] = {}

    def get(self, app_id: str) -> PlayKey | None:
        """The PlayKey of an application."""
        return self._keys.get(app_id)

    def set(self, app_id: str, key: str) -> None:
        """Replace the PlayKey. Every credential that was signed with the old one becomes invalid.

        Raises ValueError for a key that VOD does not allow.
        """
        if not PLAY_KEY.fullmatch(key):
            raise ValueError("a PlayKey has 8 to 20 letters and digits")
        now, old = self._clock.now(), self._keys.get(app_id)
        self._keys[app_id] = PlayKey(app_id, key, now if old is None else old.created, now)

    def remove(self, app_id: str) -> None:
        """Forget the PlayKey of an application. Does nothing if it has none."""
        self._keys.pop(app_id, None)

    def reset(self) -> None:
        """Forget all keys."""
        self._keys.clear()

    def fault_of(self, credential: str) -> str | None:
        """Why VOD would not accept a JWTPlayAuth now. None if it would.

        The text never contains a part of the credential.
        """
        parts = credential.split(".")
        if len(parts) != 3:
            return "it does not have three parts"
        header, claims = _object(parts[0]), _object(parts[1])
        if header is None or claims is None:
            return "its header or payload is not base64url of a JSON object"
        if header != _HEADER:
            return "its header is not that of a JWT with HS256"
        for name in ("appId", "videoId"):
            if not isinstance(claims.get(name), str) or not claims[name]:
                return f"{name} is missing"
        for name in ("currentTimeStamp", "expireTimeStamp"):
            if not isinstance(claims.get(name), int) or isinstance(claims[name], bool):
                return f"{name} is missing"
        key = self._keys.get(claims["appId"])
        if key is None:
            return "the application has no PlayKey"
        signed = f"{parts[0]}.{parts[1]}".encode("ascii")
        mac = hmac.new(key.key.encode("ascii"), signed, hashlib.sha256).digest()
        given = _decoded(parts[2])
        if given is None or not hmac.compare_digest(mac, given):
            return "its signature is not that of the application's PlayKey"
        return self._fault_of_times(claims)

    def _fault_of_times(self, claims: Mapping[str, Any]) -> str | None:
        now = self._clock.now() * 1000
        if claims["currentTimeStamp"] > now:
            return "currentTimeStamp is in the future"
        if claims["expireTimeStamp"] < now:
            return "expireTimeStamp is in the past"
        return None


def _decoded(part: str) -> bytes | None:
    if not _BASE64URL.fullmatch(part):
        return None
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error:
        return None


def _object(part: str) -> dict[str, Any] | None:
    try:
        value = json.loads(_decoded(part) or b"")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
