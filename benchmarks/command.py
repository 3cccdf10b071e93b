"""What the commands share: their options, the contenders they measure, and their output."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.builds import Builds, build_contenders
from benchmarks.cloud import CloudProcess
from benchmarks.process import BenchmarkError
from benchmarks.workload import Workload
from ops.code_folder import BuildError


def parser(module: str, description: str | None) -> argparse.ArgumentParser:
    """A parser with the options that every command has."""
    made = argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--python", metavar="VERSION", help="Python to measure (default: the first runtime found)"
    )
    return made


def json_option(options: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    options.add_argument("--json", action="store_true", help="print one JSON object")


@contextlib.contextmanager
def contenders(python: str | None) -> Iterator[tuple[Workload, Builds]]:
    """The code of every contender, and what they work on. Raises BuildError or BenchmarkError."""
    with tempfile.TemporaryDirectory() as folder, CloudProcess() as cloud:
        builds = build_contenders(python, Path(folder))
        yield Workload(cloud), builds


def run(
    name: str,
    arguments: argparse.Namespace,
    measure: Callable[[Workload, Builds], dict[str, Any]],
    table: Callable[[dict[str, Any]], str],
) -> int:
    """Measure, then print JSON or the table. Returns the exit code."""
    try:
        with contenders(arguments.python) as (workload, builds):
            result = measure(workload, builds)
    except (BenchmarkError, BuildError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    print(json.dumps(result, indent=1) if arguments.json else table(result))
    return 0
