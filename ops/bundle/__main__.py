"""`python -m ops.bundle`: see the package."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ops.bundle.build import Built, build
from ops.bundle.manifest import archive
from ops.bundle.target import RUNTIMES
from ops.code_folder import BuildError

PROJECT = Path(__file__).resolve().parents[2]
LARGEST_ZIP = 6_000_000
"""Bytes. A function's zip is fetched and unpacked at every cold start of a new machine."""

_LOCAL_ONLY = (
    "VODPASS_LOCAL",
    "VODPASS_VOD_ENDPOINT",
    "VODPASS_STS_ENDPOINT",
    "VODPASS_MNS_ENDPOINT",
)


def main() -> int:
    """Build the bundle that the command line describes; the exit code says whether it stands."""
    parser = argparse.ArgumentParser(prog="python -m ops.bundle", description=__doc__)
    parser.add_argument("--python", choices=RUNTIMES, default=RUNTIMES[0], help="the runtime's")
    parser.add_argument("--out", type=Path, default=PROJECT / "build", help="default: build")
    parser.add_argument(
        "--require-byte-code",
        action="store_true",
        help="fail where no interpreter of the runtime's version is found, instead of warning",
    )
    arguments = parser.parse_args()
    try:
        _refuse_local_settings()
        made = build(PROJECT, arguments.python, arguments.out)
    except BuildError as error:
        print(f"bundle: {error}", file=sys.stderr)
        return 1
    for built in made:
        _report(built, arguments.python)
    if all(built.with_byte_code for built in made):
        return 0
    print(_NO_INTERPRETER.format(python=arguments.python), file=sys.stderr)
    return 1 if arguments.require_byte_code else 0


_NO_INTERPRETER = """\
bundle: WARNING: no Python {python} was found on this machine. The bundle has no byte code and was
bundle: not tried: it runs, but every cold start compiles it, which takes about three times as long.
bundle: Install Python {python} (for example: uv python install {python}) and build again."""


def _refuse_local_settings() -> None:
    """Where they are set, somebody is about to deploy what is meant for a developer's machine."""
    for name in _LOCAL_ONLY:
        if os.environ.get(name):
            raise BuildError(f"{name} is set, which no deployment may have; unset it")


def _report(built: Built, python: str) -> None:
    zipped = len(archive(built.folder))
    print(
        f"{built.folder}: Python {python}, zip {zipped / 1e6:.1f} MB,"
        f" unpacked {built.size / 1e6:.1f} MB"
        f" (the packages as published, without byte code: {built.installed_size / 1e6:.1f} MB)"
    )
    print(f"  calls {', '.join(built.operations) or 'nothing'}")
    print(f"  keeps {', '.join(built.kept)}")
    print(f"  leaves out {', '.join(built.left_out)}")
    if zipped > LARGEST_ZIP:
        print(f"  larger than {LARGEST_ZIP / 1e6:.0f} MB, which costs cold starts", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
