"""What the last run left in `mutants/`, and the arguments in `argued.json`."""

from __future__ import annotations

import ast
import difflib
import fnmatch
import functools
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path

from tests.mutation.comparison import Change

PROJECT = Path(__file__).resolve().parents[2]
MUTANTS = PROJECT / "mutants"
ARGUED = Path(__file__).with_name("argued.json")

UNNOTICED = frozenset({0, 33})  # all tests passed, or there are none


def selected(parts: Sequence[str]) -> list[str]:
    """The files of the deployed code that one of `parts` names; all for no part.

    Raises SystemExit if a part names no file.
    """
    files = [
        str(path.relative_to(PROJECT))
        for folder in ("shared", "functions")
        for path in sorted((PROJECT / folder).rglob("*.py"))
    ]
    found = []
    for part in parts or ["*"]:
        folder = part.rstrip("/") + "/*"
        named = [file for file in files if any(fnmatch.fnmatch(file, p) for p in (part, folder))]
        if not named:
            raise SystemExit(f"{part} names no file in shared/ or functions/")
        found += named
    return list(dict.fromkeys(found))


def outcomes(files: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
    """File and name of each mutant of these files, and whether a test noticed it."""
    for file in files:
        meta = MUTANTS / f"{file}.meta"
        if not meta.exists():
            raise SystemExit(f"{file} was not mutated: run again")
        for name, code in json.loads(meta.read_text("utf-8"))["exit_code_by_key"].items():
            if code is None:
                raise SystemExit(f"{name} was not tried: run again")
            yield file, name, code not in UNNOTICED


def change(file: str, name: str) -> Change:
    """What a mutant does, by its name."""
    functions = _functions(file)
    mutant = name.rpartition(".")[2]
    original = f"{mutant.rpartition('__mutmut_')[0]}__mutmut_orig"
    old, new = (functions[each].replace(each, "").splitlines() for each in (original, mutant))
    compared = list(difflib.unified_diff(old, new, lineterm=""))[2:]
    before = [line[1:].strip() for line in compared if line.startswith("-")]
    after = [line[1:].strip() for line in compared if line.startswith("+")]
    return Change(file, " ".join(before), " ".join(after))


@functools.cache
def _functions(file: str) -> Mapping[str, str]:
    """Name -> source of each function and method of a mutated file."""
    text = (MUTANTS / file).read_text("utf-8")
    lines = text.splitlines()
    return {
        node.name: textwrap.dedent("\n".join(lines[node.lineno - 1 : node.end_lineno]))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }


def arguments() -> Set[Change]:
    """The changes that are argued for."""
    document = json.loads(ARGUED.read_text("utf-8"))
    return {Change(one["file"], one["before"], after) for one in document for after in one["after"]}
