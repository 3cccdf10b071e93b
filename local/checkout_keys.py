"""The secrets of one checkout. They are created on first use and kept in `.local/keys.json`.

They are not in the repository, and not in `.env`, because the `s` tool loads that file.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import string
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.build import locked

_SECRET_BYTES = 48
_OWNER_KEY_ID = "l1"
_PATH_BYTES = 16  # makes the callback URL impossible to guess
_AUTH_KEY_LENGTH = 32  # the longest that VOD allows
_PLAY_KEY_LENGTH = 20  # the longest that VOD allows
_KINDS = (string.ascii_lowercase, string.ascii_uppercase, string.digits)


class KeysError(Exception):
    """The key file is damaged. The message names the file and what to do."""


@dataclass(frozen=True)
class LocalKeys:
    """The keys of the functions, in the form of their settings."""

    kid: str
    secret: bytes = field(repr=False)
    owner_keys: str = field(repr=False)
    """`VODPASS_OWNER_KEYS`: `id:base64`."""
    callback_path: str = field(repr=False)
    """The random last part of `VODPASS_CALLBACK_URL`."""
    callback_key: str = field(repr=False)
    """`VODPASS_CALLBACK_KEYS`: the AuthKey of VOD's callbacks."""
    webhook_secret: str = field(repr=False)
    """`VODPASS_WEBHOOK_SECRETS`: `whsec_` and base64."""
    play_key: str = field(repr=False)
    """`VODPASS_PLAY_KEY`: the PlayKey of VOD's default application."""

    @property
    def jwks(self) -> str:
        """`VODPASS_JWT_KEYS`: a JWKS with one HS256 key."""
        encoded = base64.urlsafe_b64encode(self.secret).rstrip(b"=").decode()
        key = {"kty": "oct", "kid": self.kid, "alg": "HS256", "use": "sig", "k": encoded}
        return json.dumps({"keys": [key]}, separators=(",", ":"))


def load_keys(folder: Path) -> LocalKeys:
    """The keys in `folder/keys.json`. The file is created with mode 0600 if it does not exist.

    A file from an older version that had fewer keys is completed. Raises KeysError if the file is
    damaged.
    """
    path = folder / "keys.json"
    with locked(folder / "keys.lock"):
        if not path.exists():
            _write(path, {**_signing_keys(), **_event_keys(), **_playback_keys()})
        path.chmod(0o600)
        try:
            document = json.loads(path.read_text("utf-8"))
            older = dict(document)
            for added in (_event_keys(), _playback_keys()):
                if document.keys().isdisjoint(added):
                    document |= added
            keys = _read(document)
            if document != older:
                _write(path, document)
            return keys
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise KeysError(f"{path} is damaged; delete it, and new keys are created") from None


def _read(document: dict[str, Any]) -> LocalKeys:
    secret = base64.b64decode(document["secret"], validate=True)
    owner = base64.b64decode(document["owner"], validate=True)
    webhook = base64.b64decode(document["webhook"], validate=True)
    lengths = {len(secret), len(owner), len(webhook)}
    names = ("kid", "callback_path", "callback_key", "play_key")
    texts = [document[name] for name in names]
    if lengths != {_SECRET_BYTES} or not all(isinstance(text, str) and text for text in texts):
        raise ValueError("these are not keys of this module")
    return LocalKeys(
        kid=texts[0],
        secret=secret,
        owner_keys=f"{_OWNER_KEY_ID}:{document['owner']}",
        callback_path=texts[1],
        callback_key=texts[2],
        webhook_secret=f"whsec_{document['webhook']}",
        play_key=texts[3],
    )


def _signing_keys() -> dict[str, str]:
    return {
        "kid": f"local-{secrets.token_hex(4)}",
        "secret": base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode(),
        "owner": base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode(),
    }


def _event_keys() -> dict[str, str]:
    return {
        "callback_path": secrets.token_urlsafe(_PATH_BYTES),
        "callback_key": _auth_key(),
        "webhook": base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode(),
    }


def _playback_keys() -> dict[str, str]:
    characters = "".join(_KINDS)
    return {"play_key": "".join(secrets.choice(characters) for _ in range(_PLAY_KEY_LENGTH))}


def _auth_key() -> str:
    """At least one lower-case letter, one upper-case letter and one digit, as VOD requires."""
    while True:
        key = "".join(secrets.choice("".join(_KINDS)) for _ in range(_AUTH_KEY_LENGTH))
        if all(set(key) & set(kind) for kind in _KINDS):
            return key


def _write(path: Path, document: dict[str, str]) -> None:
    made = path.with_suffix(".new")
    made.unlink(missing_ok=True)
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file)
    made.replace(path)
