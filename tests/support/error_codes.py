"""The rows of `docs/error-codes.md`, which tests hold the code to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from local.stack import PROJECT

OF_VOD = (
    "CreateUploadVideo",
    "CreateUploadImage",
    "CreateUploadAttachedMedia",
    "RefreshUploadVideo",
    "GetVideoInfo",
    "GetVideoPlayAuth",
)


@dataclass(frozen=True)
class Row:
    """What one operation's error code leads to. `text` is None where the page leaves it open."""

    operation: str
    code: str
    status: int
    answer: str
    text: str | None

    def __str__(self) -> str:
        return f"{self.operation}-{self.code}"


def rows(*operations: str) -> list[Row]:
    """The rows of these operations, one for each operation that a line names."""
    found = []
    page = (PROJECT / "docs" / "error-codes.md").read_text("utf-8")
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) != 6 or not cells[2].isdigit():
            continue
        named = OF_VOD if cells[0] == "any of VOD" else re.findall(r"`(\w+)`", cells[0])
        text = None if cells[4] == "*" else cells[4]
        answer, code = cells[3].strip("`"), cells[1].strip("`")
        found += [Row(one, code, int(cells[2]), answer, text) for one in named]
    return [row for row in found if row.operation in operations]


RETRIABLE = frozenset({"Throttled", "Unavailable"})
"""Answers that say when to try again."""
