"""The certificates that the bundle carries: trusted roots, and the CA of the limits' store."""

from __future__ import annotations

import shutil
import ssl
from pathlib import Path

from ops.code_folder import BuildError

NAME = "limits-ca.pem"
"""The CA of the store for VODPASS_LIMITS_URL. Every function gets it if the project has it."""

_CERTIFI = '''"""The path of the certificates, which is all that is needed of certifi."""
import os


def where():
    """The path of the file of trusted roots."""
    return os.path.join(os.path.dirname(__file__), "cacert.pem")
'''


def copy_roots(source: Path, destination: Path) -> None:
    """Make a package of the trusted roots in `source`, which is the package `certifi`."""
    destination.mkdir()
    shutil.copyfile(source / "cacert.pem", destination / "cacert.pem")
    (destination / "__init__.py").write_text(_CERTIFI, "utf-8")


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
