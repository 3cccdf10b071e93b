"""Counts the tests of each attack, and writes the list into `docs/reliability.md`.

python -m tests.attacks.listing

It counts them as they stand in the files, without running them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from tests.attacks.catalogue import ATTACKS, Attack

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability.md"
BEGIN = "<!-- The attacks begin. `python -m tests.attacks.listing` writes them. -->"
END = "<!-- The attacks end. -->"


def tried_by(attack: Attack) -> list[tuple[str, str]]:
    """File and name of each test of an attack."""
    return [
        (path, name)
        for path, patterns in attack.where.items()
        for name in names(path)
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    ]


@cache
def names(path: str) -> tuple[str, ...]:
    """The tests of a file, as `test` or `Class::test`."""
    return tuple(_names(ast.parse((ROOT / path).read_text("utf-8")).body, ""))


def _names(body: Sequence[ast.stmt], before: str) -> Iterator[str]:
    for one in body:
        if isinstance(one, ast.ClassDef):
            yield from _names(one.body, f"{before}{one.name}::")
        elif isinstance(one, ast.FunctionDef) and one.name.startswith("test"):
            yield before + one.name


def table() -> str:
    """The list that the page has."""
    lines = ["| attack | what is tried | tests | where |", "|---|---|---|---|"]
    counted = set[tuple[str, str]]()
    for attack in ATTACKS:
        found = tried_by(attack)
        counted |= set(found)
        where = ", ".join(f"`{path}`" for path in attack.where)
        lines.append(f"| {attack.name} | {attack.tried} | {len(found)} | {where} |")
    lines.append(f"| together | | {len(counted)} | |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Writes the list into the page."""
    text = PAGE.read_text("utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{table()}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
