"""The command line of `python -m ops.template`: `make template`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ops.command_line import Parser
from ops.template.build import TemplateError, build
from ops.voice import say, tell

PROJECT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Build the template; returns 0, or 1 if it cannot be built."""
    parser: argparse.ArgumentParser = Parser(
        prog="python -m ops.template",
        description="Build the folder that `s init NAME --uri FOLDER` makes a project from. "
        "`s init` consumes the folder, so give it a copy.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--out", type=Path, default=PROJECT / "build" / "template", help="default build/template"
    )
    arguments = parser.parse_args()
    try:
        build(PROJECT, arguments.out)
    except TemplateError as error:
        say(f"template: {error}")
        return 1
    tell(f"{arguments.out}: s init NAME --uri A_COPY_OF_IT")
    return 0


if __name__ == "__main__":
    sys.exit(main())
