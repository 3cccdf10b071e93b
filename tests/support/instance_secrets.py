"""The secrets that a running instance has in its environment."""

from __future__ import annotations

import json
from pathlib import Path

_SECRET = (
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
    "VODPASS_PLAY_KEY",
)
"""The variables whose whole value is a secret."""


def secrets_in_environment(path: Path) -> set[str]:
    """The secret values in the file /proc/PID/environ. Empty if there is none, so Linux only."""
    try:
        pairs = [item.partition("=") for item in path.read_bytes().decode().split("\0")]
    except OSError:
        return set()
    found: set[str] = set()
    for name, _, value in pairs:
        if name in _SECRET:
            found.add(value)
        elif name == "VODPASS_OWNER_KEYS":
            found |= {item.partition(":")[2] for item in value.split(",")}
        elif name == "VODPASS_JWT_KEYS":
            found |= {key["k"] for key in json.loads(value)["keys"] if "k" in key}
    return found
