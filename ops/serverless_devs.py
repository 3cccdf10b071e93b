"""Runs `s` (Serverless Devs) so that what it prints and logs reaches no terminal and no disk.

`s preview` and `s deploy` print every setting in clear, secrets included, and write the same to a
log. So `s` gets a configuration home of its own, in memory where the system has such a place, and
its output goes to this process only.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

COMPONENT = "fc3"
"""The component of Serverless Devs that deploys functions."""

DOMAIN_COMPONENT = "fc3-domain"
"""The component that COMPONENT loads by itself for custom domains, whatever version is newest."""

PREVIEW_SECONDS = 120

_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder below it is made by mkdtemp, with mode 0700


class NotRendered(Exception):
    """`s preview` did not print a document; `output` is what it printed, with secrets."""

    def __init__(self, output: str) -> None:
        super().__init__("`s preview` printed no document")
        self.output = output


def find(project: Path) -> Path | None:
    """The command `s`: the project's own, else one in PATH; None if there is none."""
    own = project / "node_modules" / ".bin" / "s"
    if own.exists():
        return own
    found = shutil.which("s")
    return Path(found) if found else None


def users_home(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder where `s` keeps what belongs to its user."""
    home = environ.get("serverless_devs_config_home") or environ.get("HOME") or str(Path.home())
    return Path(home) / ".s"


def component(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The folder with the component in the user's cache; None if `s` has yet to download it."""
    cache = users_home(environ) / "components"
    found = [
        path
        for pattern in (f"**/{COMPONENT}", f"**/{COMPONENT}@*")
        for path in cache.glob(pattern)
        if (path / "package.json").exists()
    ]
    return found[0] if found else None


def domain_version(environ: Mapping[str, str] = os.environ) -> str | None:
    """The version of the component for domains in the user's cache; None if it is not there."""
    for path in (users_home(environ) / "components").glob(f"**/{DOMAIN_COMPONENT}*/package.json"):
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            version = json.loads(path.read_text("utf-8"))["version"]
            if re.fullmatch(r"[0-9A-Za-z.+-]{1,40}", version):
                return str(version)
    return None


@contextlib.contextmanager
def private_home(environ: Mapping[str, str] = os.environ) -> Iterator[Path]:
    """A configuration home with mode 0700 that is removed afterwards.

    The user's cache of components is linked in, so that nothing is downloaded twice.
    """
    in_memory = _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else None
    home = Path(tempfile.mkdtemp(prefix="vodpass-s-", dir=in_memory))
    try:
        (home / ".s" / "config").mkdir(parents=True)
        # Else `s` reports each call to its makers, and looks for a newer version of itself.
        (home / ".s" / "set-config.yml").write_text("analysis: disable\n")
        checked = json.dumps({"lastUpdateCheck": int(time.time() * 1000)})
        (home / ".s" / "config" / "update-notifier.json").write_text(checked)
        cache = users_home(environ) / "components"
        with contextlib.suppress(OSError):
            cache.mkdir(parents=True, exist_ok=True)
        if cache.is_dir():
            (home / ".s" / "components").symlink_to(cache.resolve(), target_is_directory=True)
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def environment(
    home: Path, settings: Mapping[str, str], environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The environment of `s`: every variable of `settings`, also the empty ones.

    `s` does not replace a variable that is there by one of a `.env` that lies beside it.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith(("VODPASS_", "serverless_devs_")) and name not in ("DEBUG", "HOME")
    }
    return {
        **kept,
        **settings,
        "HOME": str(home),
        "TMPDIR": str(home),
        "serverless_devs_config_home": str(home),
        "serverless_devs_daemon_enable": "false",
    }


def preview(
    command: Path,
    project: Path,
    template: str,
    settings: Mapping[str, str],
    environ: Mapping[str, str] = os.environ,
) -> dict[str, Any]:
    """What the file renders to with these settings. Raises NotRendered."""
    with private_home(environ) as home:
        try:
            done = subprocess.run(
                [command, "preview", "--silent", "-o", "json", "-t", template],
                cwd=project,
                env=environment(home, settings, environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PREVIEW_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            raise NotRendered("") from None
    text = done.stdout.decode("utf-8", "replace")
    try:
        document = json.loads(text)
        if done.returncode or not isinstance(document, dict):
            raise ValueError
    except (ValueError, RecursionError):
        raise NotRendered(text + done.stderr.decode("utf-8", "replace")) from None
    return document


def read_by(project: Path, template: str) -> dict[str, bool]:
    """The variables that a file reads, itself or by the file that it extends.

    True: there is no default, so `s` stops if it is empty.
    """
    text = (project / template).read_text("utf-8")
    extended = re.search(r"^extend: *(\S+)$", text, re.MULTILINE)
    if extended:
        text += (project / extended[1]).read_text("utf-8")
    found: dict[str, bool] = {}
    for name, default in _READ.findall(text):
        found[name] = found.get(name, False) or not default
    return found


_READ = re.compile(r"\$\{env\(\s*'([A-Z0-9_]+)'\s*(,)?")
