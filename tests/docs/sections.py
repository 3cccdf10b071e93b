"""The structure of a Markdown page: sections with their code, tables, lists, links and numbers."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

FENCE = re.compile(r"^```", re.MULTILINE)
HEADING = re.compile(r"^(#+) (.+)$")
ITEM = re.compile(r"^\s*(?:-|\d+\.) ")
CODE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
# "100 million" and "1 亿" are one number in other words; so are "August" and "8 月".
_IN_WORDS = r"(?!\d+(?:\.\d+)?(?: million|\s?[月万亿]))"
NUMBER = re.compile(rf"(?<![\w.,-]){_IN_WORDS}\d+(?:,\d{{3}})*(?:\.\d+)?(?![\w-])")


def numbers(text: str) -> set[str]:
    """The numbers of a text, those in code and in link targets left out."""
    return set(NUMBER.findall(re.sub(r"<[^>]*>", "", LINK.sub("]", CODE.sub("", text)))))


@dataclass
class Section:
    """A heading and what follows it, up to the next heading."""

    level: int
    heading: str
    lines: list[str] = field(default_factory=list)
    """Without the code blocks."""
    blocks: list[list[str]] = field(default_factory=list)
    """The code blocks. Each begins with its language."""

    @property
    def anchor(self) -> str:
        """The heading's anchor, as GitHub makes it."""
        return re.sub(r"[^\w -]", "", self.heading.lower()).replace(" ", "-")

    @property
    def rows(self) -> list[list[str]]:
        """The cells of each table row, rulers left out."""
        rows = [line for line in self.lines if line.startswith("|")]
        cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
        return [row for row in cells if not all(re.fullmatch(r"-+", cell) for cell in row)]

    @property
    def items(self) -> int:
        """How many list items it has."""
        return sum(1 for line in self.lines if ITEM.match(line))

    @property
    def prose(self) -> str:
        """The text outside of tables. A line break inside code counts as a space."""
        return "\n".join(line for line in self.lines if not line.startswith("|"))

    @property
    def words(self) -> set[str]:
        """The code words of the prose."""
        return {" ".join(word.split()) for word in CODE.findall(self.prose)}

    @property
    def numbers(self) -> set[str]:
        """The numbers of the prose."""
        lines = self.prose.splitlines()
        return numbers("\n".join(re.sub(r"^\s*\d+\. ", "", line) for line in lines))

    @property
    def links(self) -> Counter[str]:
        """The targets of its links, as written."""
        return Counter(LINK.findall("\n".join(self.lines)))

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """What a translation has in common with its original: level, blocks, rows, items."""
        return self.level, len(self.blocks), len(self.rows), self.items


@lru_cache
def sections(page: Path) -> list[Section]:
    """The sections of a page, in order."""
    found: list[Section] = []
    inside = False
    for line in page.read_text("utf-8").splitlines():
        if FENCE.match(line):
            if not inside:
                found[-1].blocks.append([line])
            inside = not inside
        elif inside:
            found[-1].blocks[-1].append(line)
        elif heading := HEADING.match(line):
            found.append(Section(len(heading[1]), heading[2]))
        elif found:  # a generated page begins with a remark
            found[-1].lines.append(line)
    return found
