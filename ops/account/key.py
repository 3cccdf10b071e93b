"""The operator's AccessKey, read from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

TOKEN_VARIABLE = "ALIBABA_CLOUD_SECURITY_TOKEN"  # noqa: S105 - a variable's name
NAMINGS = (
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", TOKEN_VARIABLE),
    ("AccessKeyID", "AccessKeySecret", "SecurityToken"),
)
"""The variables for a key as the SDKs name them, then as `s` names them."""


class NoKey(Exception):
    """The environment holds no key; the message names what is missing."""


@dataclass(frozen=True)
class Key:
    """A long-term or temporary AccessKey."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)


def key_of(environ: Mapping[str, str]) -> Key:
    """The key in the environment, by the SDKs' names for its variables or by those of `s`.

    Raises NoKey.
    """
    begun = [naming for naming in NAMINGS if any(environ.get(name) for name in naming[:2])]
    # The first naming that is complete; else the first that is begun, whose rest is missing.
    complete = [naming for naming in begun if all(environ.get(name) for name in naming[:2])]
    chosen = (*complete, *begun, *NAMINGS)[0]
    missing = [name for name in chosen[:2] if not environ.get(name)]
    if missing:
        raise NoKey(f"{' and '.join(missing)}: not set")
    access_key_id, secret, token = (environ.get(name, "") for name in chosen)
    return Key(access_key_id, secret, token)
