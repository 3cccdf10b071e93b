"""Finds Chromium and a Chinese font. On Debian, installs them if they are missing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.support.debian import ProgramMissing, install_unless, program

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


def chromium() -> Path:
    """The path of the browser. Raises ProgramMissing."""
    return program(NAMES, "chromium")


def require_chinese_font() -> None:
    """Pictures of Chinese pages need a font. Raises ProgramMissing if there is none."""
    install_unless(_has_chinese_font, "fonts-noto-cjk")
    if not _has_chinese_font():
        raise ProgramMissing("pictures need a Chinese font, such as fonts-noto-cjk on Debian")


def _has_chinese_font() -> bool:
    lister = shutil.which("fc-list")
    if lister is None:
        return False
    listed = subprocess.run([lister, ":lang=zh"], capture_output=True, check=False)
    return bool(listed.stdout.strip())
