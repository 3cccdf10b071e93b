"""Finds Chromium and a Chinese font. On Debian, installs them if they are missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
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
    _install_unless(_find, "chromium")
    found = _find()
    if found is None:
        raise ChromiumMissing(
            "the browser tests need Chromium: apt-get install chromium on Debian, "
            "elsewhere the system's own package or Google Chrome"
        )
    return found


def require_chinese_font() -> None:
    """Pictures of Chinese pages need a font. Raises ChromiumMissing if there is none."""
    _install_unless(_has_chinese_font, "fonts-noto-cjk")
    if not _has_chinese_font():
        raise ChromiumMissing("pictures need a Chinese font, such as fonts-noto-cjk on Debian")


def _install_unless(present: Callable[[], object], package: str) -> None:
    with locked(Path(tempfile.gettempdir()) / "vodpass-chromium.lock"):
        if not present() and _can_install():
            _install(package)


def _find() -> Path | None:
    for name in NAMES:
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    return None


def _has_chinese_font() -> bool:
    lister = shutil.which("fc-list")
    if lister is None:
        return False
    listed = subprocess.run([lister, ":lang=zh"], capture_output=True, check=False)
    return bool(listed.stdout.strip())


def _can_install() -> bool:
    debian = Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None
    return debian and os.geteuid() == 0


def _install(package: str) -> None:
    log = Path(tempfile.gettempdir()) / "vodpass-chromium.log"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with log.open("wb") as output:
        for command in (
            ["apt-get", "update"],
            ["apt-get", "install", "-y", "--no-install-recommends", package],
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
