"""`python -m ops.bundle`: see the package."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local.build import BuildError
from ops.bundle.plain import PYTHONS, build

PROJECT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Build the bundle that the command line describes; the exit code says whether it stands."""
    parser = argparse.ArgumentParser(prog="python -m ops.bundle", description=__doc__)
    parser.add_argument("--python", choices=PYTHONS, default=PYTHONS[0], help="the runtime's")
    parser.add_argument("--out", type=Path, default=PROJECT / "build", help="default: build")
    arguments = parser.parse_args()
    try:
        folders = build(PROJECT, arguments.python, arguments.out)
    except BuildError as error:
        print(f"bundle: {error}", file=sys.stderr)
        return 1
    for folder in folders:
        print(f"{folder}: {_megabytes(folder):.1f} MB for Python {arguments.python}")
    return 0


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


if __name__ == "__main__":
    sys.exit(main())
