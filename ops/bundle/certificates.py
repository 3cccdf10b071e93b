"""The CA of the store for the limits, which the bundle carries if the project has it."""

from __future__ import annotations

import ssl
from pathlib import Path

from ops.code_folder import BuildError

NAME = "limits-ca.pem"
"""The CA of the store for VODPASS_LIMITS_URL. Every function gets it if the project has it."""


def read(project: Path) -> bytes | None:
    """The certificates of the project; None if it has none. Raises BuildError."""
    path = project / NAME
    if not path.is_file():
        return None
    text = path.read_bytes()
    if b"PRIVATE KEY" in text:
        raise BuildError(f"{NAME} holds a private key: only the CA belongs there")
    try:
        ssl.create_default_context(cafile=str(path))
    except OSError:
        raise BuildError(f"{NAME} holds no certificate in the form PEM") from None
    return text
