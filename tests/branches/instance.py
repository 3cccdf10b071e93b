"""Runs in an instance of a function: measures it, and saves before each answer.

The gateway may kill an instance at any time, so what it did is saved before anybody knows of it.
"""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

import coverage


def run(bootstrap: str, data: str) -> None:
    """Runs the instance's program at the path `bootstrap`. Writes files that begin with `data`."""
    measuring = coverage.Coverage(
        data_file=data,
        data_suffix=True,
        branch=True,
        config_file=False,
        include=["*/index.py", "*/shared/*"],
        omit=["*/python/*"],
    )
    measuring.set_option("run:disable_warnings", ["no-data-collected"])
    measuring.start()
    spec = importlib.util.spec_from_file_location("bootstrap", bootstrap)
    assert spec is not None
    assert spec.loader is not None
    program: Any = importlib.util.module_from_spec(spec)
    # The program removes its own folder, the first entry, before it imports anything.
    spec.loader.exec_module(program)
    send = program.send

    def saved_and_sent(*arguments: Any) -> None:
        measuring.save()
        send(*arguments)

    program.send = saved_and_sent
    program.main(int(sys.argv[1]), int(sys.argv[2]))
