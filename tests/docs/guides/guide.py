"""Reads tables and samples from the guide to events."""

from __future__ import annotations

import re
from pathlib import Path

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "events.md"


def text() -> str:
    """The whole page."""
    return GUIDE.read_text("utf-8")


def blocks(language: str) -> list[str]:
    """The samples in a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text(), re.MULTILINE | re.DOTALL)


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without the header row."""
    return table(heading)[1:]


def table(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, with the header row first."""
    found = re.search(rf"^##+ {re.escape(heading)}\n", text(), re.MULTILINE)
    assert found is not None, heading
    section = re.split(r"\n##+ ", text()[found.end() :])[0]
    lines = re.search(r"^(?:\|.*\|\n)+", section, re.MULTILINE)
    assert lines is not None, heading
    header, _, *others = lines[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in (header, *others)]


def coded(cell: str) -> list[str]:
    """The texts of a cell between backquotes."""
    return re.findall(r"`([^`]+)`", cell)


def events_in(source: str) -> set[str]:
    """The event types that appear as strings in source code."""
    return set(re.findall(r'"((?:upload|video|media|vod)\.[a-z]+)"', source))
