"""Counts the tests of each attack, and writes the list into `docs/reliability.md`, in English, and
into `docs/zh/reliability.md`, in Chinese.

python -m tests.attacks.listing

It counts them as they stand in the files, without running them.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from tests.attacks.catalogue import ATTACKS, Attack

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability.md"
CHINESE_PAGE = ROOT / "docs" / "zh" / "reliability.md"
CHINESE: dict[str, str] = json.loads(Path(__file__).with_name("chinese.json").read_text("utf-8"))
"""English text of the list: the same in Chinese."""
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


HEAD = ("attack", "what is tried", "tests", "where")
TOGETHER = "together"


def texts() -> set[str]:
    """Every text of the list that has a translation."""
    return {*HEAD, TOGETHER, *(text for one in ATTACKS for text in (one.name, one.tried))}


def table(page: Path) -> str:
    """The list that a page has, in its language."""
    chinese = page == CHINESE_PAGE

    def said(text: str) -> str:
        return CHINESE[text] if chinese else text

    lines = [f"| {' | '.join(map(said, HEAD))} |", "|---|---|---|---|"]
    counted = set[tuple[str, str]]()
    for attack in ATTACKS:
        found = tried_by(attack)
        counted |= set(found)
        where = ("、" if chinese else ", ").join(f"`{path}`" for path in attack.where)
        lines.append(f"| {said(attack.name)} | {said(attack.tried)} | {len(found)} | {where} |")
    lines.append(f"| {said(TOGETHER)} | | {len(counted)} | |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Writes the list into the pages."""
    for page in (PAGE, CHINESE_PAGE):
        text = page.read_text("utf-8")
        before, after = text.partition(BEGIN)[0], text.partition(END)[2]
        page.write_text(f"{before}{BEGIN}\n\n{table(page)}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
