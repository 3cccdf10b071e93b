"""Finds Chromium. On Debian, installs it if it is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from local.build import locked

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Neither pages nor the browser itself can resolve a host beyond loopback.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, "
    "EXCLUDE *.localhost",
)


class ChromiumMissing(Exception):
    """Chromium is missing and cannot be installed. The message says what to do."""


def chromium() -> Path:
    """The path of the browser. Raises ChromiumMissing."""
    with locked(Path(tempfile.gettempdir()) / "vodpass-chromium.lock"):
        found = _find()
        if found is None and _can_install():
            _install()
            found = _find()
    if found is None:
        raise ChromiumMissing(
            "the browser tests need Chromium: apt-get install chromium on Debian, "
            "elsewhere the system's own package or Google Chrome"
        )
    return found


def _find() -> Path | None:
    for name in NAMES:
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    return None


def _can_install() -> bool:
    debian = Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None
    return debian and os.geteuid() == 0


def _install() -> None:
    log = Path(tempfile.gettempdir()) / "vodpass-chromium.log"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with log.open("wb") as output:
        for command in (
            ["apt-get", "update"],
            ["apt-get", "install", "-y", "--no-install-recommends", "chromium"],
        ):
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                check=False,
            )
            if done.returncode:
                raise ChromiumMissing(f"{' '.join(command)} failed; {log} says why")
