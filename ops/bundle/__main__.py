"""The command line of `python -m ops.bundle`."""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

from ops.bundle import bill
from ops.bundle.build import Built, build
from ops.bundle.manifest import archive
from ops.bundle.target import RUNTIMES
from ops.code_folder import BuildError
from ops.command_line import Parser
from ops.voice import say, tell

PROJECT = Path(__file__).resolve().parents[2]
LARGEST_ZIP = 6_000_000
"""Bytes. A new machine downloads and unpacks a function's zip at its first cold start."""

_LOCAL_ONLY = (
    "VODPASS_LOCAL",
    "VODPASS_VOD_ENDPOINT",
    "VODPASS_STS_ENDPOINT",
    "VODPASS_MNS_ENDPOINT",
)


def main() -> int:
    """Build the bundle; returns 0 if it is built, and has byte code where that is required."""
    parser: argparse.ArgumentParser = Parser(prog="python -m ops.bundle", description=_ABOUT)
    parser.add_argument(
        "--python", choices=RUNTIMES, default=RUNTIMES[0], help="the runtime's version of Python"
    )
    parser.add_argument(
        "--out", type=Path, default=PROJECT / "build", help="the folder to fill; default build"
    )
    parser.add_argument(
        "--require-byte-code",
        action="store_true",
        help="fail, instead of warning, if this machine has no Python of the runtime's version",
    )
    arguments = parser.parse_args()
    try:
        _refuse_local_settings()
        made = build(PROJECT, arguments.python, arguments.out)
        bill.write(arguments.out / bill.NAME, made, _version())
    except BuildError as error:
        say(f"bundle: {error}")
        return 1
    for built in made:
        _report(built, arguments.python)
    if all(built.with_byte_code for built in made):
        return 0
    for line in _NO_INTERPRETER.format(python=arguments.python).splitlines():
        say(f"bundle: {line}")
    return 1 if arguments.require_byte_code else 0


_NO_INTERPRETER = """\
WARNING: no Python {python} was found on this machine. The bundle has no byte code, and was
not tested. It runs, but every cold start compiles it and takes about twice as long.
Install Python {python} (for example: uv python install {python}) and build again."""

_ABOUT = (
    "Build what is deployed: one folder for each function, with its code and the packages that it "
    "uses. The packages are those of requirements.txt, each checked against its hash. "
    "sbom.cdx.json beside the folders is the bill of materials (CycloneDX)."
)


def _version() -> str:
    """The version of vodpass. Raises BuildError."""
    text = (PROJECT / "pyproject.toml").read_text("utf-8")
    found = re.search(r'^version = "([^"]+)"$', text, re.MULTILINE)
    if found is None:
        raise BuildError("pyproject.toml names no version")
    return found[1]


def _refuse_local_settings() -> None:
    """Raise BuildError if the environment is that of a developer's machine."""
    for name in _LOCAL_ONLY:
        if os.environ.get(name):
            raise BuildError(f"{name} is set, which no deployment may have; unset it")


def _report(built: Built, python: str) -> None:
    zipped = len(archive(built.folder))
    tell(
        f"{built.folder}: Python {python}, zip {zipped / 1e6:.1f} MB,"
        f" unpacked {built.size / 1e6:.1f} MB"
        f" (the packages as published, without byte code: {built.installed_size / 1e6:.1f} MB)"
    )
    tell(f"  calls {', '.join(built.operations) or 'nothing'}")
    tell(f"  keeps {', '.join(one.name for one in built.kept)}")
    tell(f"  leaves out {', '.join(built.left_out)}")
    if zipped > LARGEST_ZIP:
        say(f"  larger than {LARGEST_ZIP / 1e6:.0f} MB, which slows cold starts")


if __name__ == "__main__":
    sys.exit(main())
