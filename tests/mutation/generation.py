"""Writes the mutants of all deployed code into `mutants/`, beside copies of what tests need.

A file that has not changed since is kept, with its outcomes.
"""

from __future__ import annotations

import sys

from mutmut import __main__ as mutmut


def generate(processes: int) -> None:
    """Generates in the working directory, by `[tool.mutmut]` of its `pyproject.toml`."""
    mutmut.set_mutant_under_test("mutant_generation")
    mutmut.Path("mutants").mkdir(exist_ok=True)
    mutmut.copy_src_dir()
    mutmut.copy_also_copy_files()
    mutmut.create_mutants(processes)


if __name__ == "__main__":
    generate(int(sys.argv[1]))
