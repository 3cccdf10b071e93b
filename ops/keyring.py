"""Make, read and list the keys of a deployment, as the text of its settings.

The functions' own parsers (`shared/config`) check what is read and what is made. No error repeats
a value.
"""

import base64
import hashlib
import json
import secrets
import string
import time
from collections.abc import Sequence
from typing import Any

from ops.command_line import Refused
from shared.config.jwk import MAX_KEYS, VerificationKey, decode_base64url, parse_key_set
from shared.config.parsers import OwnerKey
from shared.config.variables import VARIABLES

KEY_BYTES = 32
"""Length of each new key: HMAC-SHA256 gains nothing from more, and the settings ask for no less."""


Row = tuple[str, ...]
"""What a list shows of one key: its name, algorithm, size and perhaps use."""


# --- tokens of callers ------------------------------------------------------------------------


def new_jwt_keys(present: list[dict[str, Any]] | None = None) -> str:
    """A JWKS with a new HS256 key before the present ones. Raises Refused if there are too many."""
    kid = f"{time.strftime('%Y%m%d', time.gmtime())}-{secrets.token_hex(4)}"
    key = base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode().rstrip("=")
    made = {"kty": "oct", "kid": kid, "alg": "HS256", "use": "sig", "k": key}
    return jwks([made, *(present or [])])


def read_jwt_keys(raw: str) -> list[dict[str, Any]]:
    """The keys of a JWKS, unchanged. Raises Refused unless the functions accept it."""
    _parsed("VODPASS_JWT_KEYS", raw)
    keys: list[dict[str, Any]] = json.loads(raw)["keys"]
    return keys


def retire_jwt_keys(present: list[dict[str, Any]], kids: Sequence[str]) -> str:
    """The JWKS without the keys of these `kid`. Raises Refused if one is not in it."""
    known = {key["kid"] for key in present}
    if not set(kids) <= known:
        raise Refused(f"no key has that kid; there are: {', '.join(sorted(known))}")
    left = [key for key in present if key["kid"] not in kids]
    if not left:
        raise Refused("no key would be left: make a new one first")
    return jwks(left)


def jwks(keys: Sequence[dict[str, Any]]) -> str:
    """A JWKS on one line. Raises Refused for keys that the functions would not accept."""
    if len(keys) > MAX_KEYS:
        raise Refused(f"the functions accept at most {MAX_KEYS} keys: retire the unused ones")
    if len({key["kid"] for key in keys}) != len(keys):
        raise Refused("two keys have the same kid")
    raw = json.dumps({"keys": list(keys)}, separators=(",", ":"))
    _parsed("VODPASS_JWT_KEYS", raw)
    return raw


def list_jwt_keys(present: list[dict[str, Any]]) -> list[Row]:
    """`kid`, algorithm and size of each key."""
    keys = parse_key_set(json.dumps({"keys": present}))
    # An issuer chose the kid. Escape it, so that it cannot control the terminal.
    return [
        (key.kid if key.kid.isprintable() else ascii(key.kid), key.alg, f"{_bits(key)} bits")
        for key in keys
    ]


def _bits(key: VerificationKey) -> int:
    member = {"HS256": "k", "RS256": "n"}.get(key.alg, "x")
    value = decode_base64url(key.jwk[member])
    if key.alg == "RS256":
        return int.from_bytes(value, "big").bit_length()
    return len(value) * 8


# --- owners' marks ----------------------------------------------------------------------------


def new_owner_keys(present: Sequence[OwnerKey] = ()) -> str:
    """A new key before the present ones, all of which stay. Raises Refused if every id is taken."""
    taken = {key.key_id for key in present}
    letters = string.ascii_lowercase + string.digits
    free = [a + b for a in letters for b in letters if a + b not in taken]
    if not free:
        raise Refused("every id of two characters is in use")
    made = OwnerKey(secrets.choice(free), secrets.token_bytes(KEY_BYTES))
    raw = ",".join(
        f"{key.key_id}:{base64.b64encode(key.secret).decode()}" for key in (made, *present)
    )
    _parsed("VODPASS_OWNER_KEYS", raw)
    return raw


def read_owner_keys(raw: str) -> tuple[OwnerKey, ...]:
    """The keys in their order. Raises Refused unless the functions accept them."""
    keys: tuple[OwnerKey, ...] = _parsed("VODPASS_OWNER_KEYS", raw)
    return keys


def list_owner_keys(present: Sequence[OwnerKey]) -> list[Row]:
    """Id, algorithm, size and use of each key."""
    return [
        (key.key_id, "HMAC-SHA256", f"{len(key.secret) * 8} bits", _use(number))
        for number, key in enumerate(present)
    ]


# --- webhooks ---------------------------------------------------------------------------------


def new_webhook_secrets(present: Sequence[bytes] = ()) -> str:
    """A new secret before the first present one: two secrets, until every receiver has the new."""
    return _webhook_text((secrets.token_bytes(KEY_BYTES), *present[:1]))


def newest_webhook_secret(present: Sequence[bytes]) -> str:
    """Only the first secret, for when every receiver has it."""
    return _webhook_text(present[:1])


def read_webhook_secrets(raw: str) -> tuple[bytes, ...]:
    """The secrets' bytes in their order. Raises Refused unless the functions accept them."""
    found: tuple[bytes, ...] = _parsed("VODPASS_WEBHOOK_SECRETS", raw)
    return found


def list_webhook_secrets(present: Sequence[bytes]) -> list[Row]:
    """A short SHA-256 of each secret, which does not reveal it; algorithm, size and use."""
    return [
        (
            f"sha256:{hashlib.sha256(secret).hexdigest()[:8]}",
            "HMAC-SHA256",
            f"{len(secret) * 8} bits",
            "signs",
        )
        for secret in present
    ]


def _webhook_text(listed: Sequence[bytes]) -> str:
    return ",".join(f"whsec_{base64.b64encode(secret).decode()}" for secret in listed)


def _parsed(variable: str, raw: str) -> Any:
    try:
        return VARIABLES[variable].parse(raw)
    except ValueError:
        raise Refused(f"{variable} must be {VARIABLES[variable].allowed}") from None


def _use(number: int) -> str:
    return "signs and verifies" if number == 0 else "verifies"
