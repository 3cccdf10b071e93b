"""Make, read and mask a CallbackURL and AuthKeys, in the form of the settings."""

import hashlib
import re
import secrets
import string
from typing import Any

from ops.command_line import Refused
from shared.config.variables import VARIABLES

URL_VARIABLE = "VODPASS_CALLBACK_URL"
KEYS_VARIABLE = "VODPASS_CALLBACK_KEYS"

KEY_LENGTH = 32  # characters, the most that VOD accepts
_URL_BYTES = 24  # random bytes in a new URL: 192 bits
_KINDS = (string.ascii_uppercase, string.ascii_lowercase, string.digits)


def new_url(base: str) -> str:
    """The base URL with a secret last segment. Raises Refused if the functions would refuse it."""
    return read_url(f"{base.rstrip('/')}/{secrets.token_urlsafe(_URL_BYTES)}")


def read_url(raw: str) -> str:
    """A CallbackURL that the functions accept. Raises Refused for any other."""
    if "?" in raw:
        raise Refused(f"{URL_VARIABLE} must have no query: the functions accept none")
    url: str = _parsed(URL_VARIABLE, raw)
    return url


def new_key() -> str:
    """A random AuthKey of 32 characters, with upper case, lower case and digits."""
    while True:
        key = "".join(secrets.choice("".join(_KINDS)) for _ in range(KEY_LENGTH))
        if all(any(character in kind for character in key) for kind in _KINDS):
            return key


def read_keys(raw: str) -> tuple[str, ...]:
    """One or two AuthKeys, from the setting's value or from a file with its line `NAME=value`.

    Raises Refused.
    """
    for line in raw.splitlines():
        name, mark, value = line.strip().removeprefix("export ").partition("=")
        if mark and name == KEYS_VARIABLE:
            raw = value.strip().strip("\"'")
    keys: tuple[str, ...] = _parsed(KEYS_VARIABLE, raw.strip())
    if len(set(keys)) != len(keys):
        raise Refused(f"{KEYS_VARIABLE} holds the same key twice")
    return keys


def line(variable: str, *values: str) -> str:
    """`NAME=value` for an environment file. Raises Refused if the functions would refuse it."""
    raw = ",".join(values)
    _parsed(variable, raw)
    return f"{variable}={raw}"


def masked_url(url: str) -> str:
    """A CallbackURL without its last segment, which is secret."""
    start, slash, secret = url.partition("?")[0].rpartition("/")
    if not re.search(r"://[^/]", start):
        return url if url.isprintable() else ascii(url)
    shown = f"{start}{slash}… ({len(secret)} characters hidden)"
    return shown if shown.isprintable() else ascii(shown)


def masked_key(key: str) -> str:
    """A short SHA-256 of a key, to tell keys apart without revealing them."""
    return f"sha256:{hashlib.sha256(key.encode()).hexdigest()[:8]} ({len(key)} characters)"


def _parsed(variable: str, raw: str) -> Any:
    try:
        return VARIABLES[variable].parse(raw)
    except ValueError:
        raise Refused(f"{variable} must be {VARIABLES[variable].allowed}") from None
