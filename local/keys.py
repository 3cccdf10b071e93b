"""The secrets of one checkout, made on first use and kept below `.local/`.

They are not in the repository and not in `.env`, which the `s` tool loads by itself.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.build import locked

_SECRET_BYTES = 48
_OWNER_KEY_ID = "l1"


class KeysError(Exception):
    """A file of keys is not what this module writes; the message names it and the remedy."""


@dataclass(frozen=True)
class LocalKeys:
    """What the functions verify and mark with, as their settings want it."""

    kid: str
    secret: bytes = field(repr=False)
    owner_keys: str = field(repr=False)
    """`VODPASS_OWNER_KEYS`: `id:base64`."""

    @property
    def jwks(self) -> str:
        """`VODPASS_JWT_KEYS`: a JWKS with one HS256 key."""
        encoded = base64.urlsafe_b64encode(self.secret).rstrip(b"=").decode()
        key = {"kty": "oct", "kid": self.kid, "alg": "HS256", "use": "sig", "k": encoded}
        return json.dumps({"keys": [key]}, separators=(",", ":"))


def load_keys(folder: Path) -> LocalKeys:
    """The keys in `folder/keys.json`, which is made (mode 0600) when there is none.

    Raises KeysError for a file that holds something else.
    """
    path = folder / "keys.json"
    with locked(folder / "keys.lock"):
        if not path.exists():
            _write(path)
        path.chmod(0o600)
        try:
            return _read(json.loads(path.read_text("utf-8")))
        except (ValueError, KeyError, TypeError):
            raise KeysError(f"{path} is damaged; delete it to have new keys made") from None


def _read(document: dict[str, Any]) -> LocalKeys:
    secret = base64.b64decode(document["secret"], validate=True)
    owner = base64.b64decode(document["owner"], validate=True)
    kid = document["kid"]
    if len(secret) != _SECRET_BYTES or len(owner) != _SECRET_BYTES or not isinstance(kid, str):
        raise ValueError("not the keys that were written")
    return LocalKeys(kid, secret, f"{_OWNER_KEY_ID}:{document['owner']}")


def _write(path: Path) -> None:
    document = {
        "kid": f"local-{secrets.token_hex(4)}",
        "secret": base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode(),
        "owner": base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode(),
    }
    made = path.with_suffix(".new")
    made.unlink(missing_ok=True)
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file)
    made.replace(path)
