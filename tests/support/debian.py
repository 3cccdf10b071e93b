"""Programs that the tests need and pip does not have. On Debian, installs them if they are missing.

A package may start a service when it is installed. `policy-rc.d` keeps Debian from that: the tests
start what they need themselves.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from local.build import locked

_POLICY = Path("/usr/sbin/policy-rc.d")
_FOLDER = Path("/var/cache/vodpass-tests")
"""For the lock and the logs. Only root can write there, and only root installs."""


class ProgramMissing(Exception):
    """A program is missing and cannot be installed. The message says what to do."""


def program(names: Sequence[str], package: str) -> Path:
    """The path of the first program of these names. Raises ProgramMissing."""
    install_unless(lambda: _find(names), package)
    found = _find(names)
    if found is None:
        raise ProgramMissing(
            f"the tests need {names[0]}: apt-get install {package} on Debian, elsewhere the "
            "system's own package"
        )
    return found


def install_unless(present: Callable[[], object], package: str) -> None:
    """On Debian as root, installs a package unless it is present. Raises ProgramMissing."""
    if not _can_install():
        return
    # One lock for all packages: apt runs once at a time.
    with locked(_FOLDER / "apt.lock"):
        if not present():
            _install(package)


def _find(names: Sequence[str]) -> Path | None:
    for name in names:
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    return None


def _can_install() -> bool:
    debian = Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None
    return debian and os.geteuid() == 0


def _install(package: str) -> None:
    log = _FOLDER / f"{package}.log"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    wait = ["-o", "DPkg::Lock::Timeout=300"]
    with log.open("wb") as output, _no_service():
        for command in (
            ["apt-get", "update"],
            ["apt-get", "install", "-y", *wait, "--no-install-recommends", package],
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
                raise ProgramMissing(f"{' '.join(command)} failed; {log} says why")


@contextlib.contextmanager
def _no_service() -> Iterator[None]:
    """Keeps Debian from starting what it installs."""
    if _POLICY.exists():
        yield  # a container has one, and it says the same
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink(missing_ok=True)
