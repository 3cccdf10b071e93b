"""The commands of a page: those of its shell blocks, and those in its sentences."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
PAIRS = (
    ("docs/deploy.md", "docs/zh/deploy.md"),
    ("docs/events.md", "docs/zh/events.md"),
    ("docs/operations.md", "docs/zh/operations.md"),
    ("SECURITY.md", "docs/zh/security.md"),
)
"""Each page and its translation."""

_BLOCK = re.compile(r"^```(sh|bash)\n(.*?)^```", re.M | re.S)
_INLINE = re.compile(r"`([^`\n]+)`")
_TOGETHER = re.compile(r"^(export|umask) ", re.M)
"""The lines of such a block belong to one shell."""
_RUN = re.compile(r"(python3? -m ops\.\w+ -|python3? -m ops\.\w+ \w|make \w+ [A-Z]+=|/\.bin/s )")
"""What makes a text in a sentence a command. A name without arguments is only a name."""


def commands(page: str) -> list[str]:
    """Each command once, in the page's order, without comments.

    A block for bash, or one that sets what its later lines use, is one command.
    """
    text = (PROJECT / page).read_text("utf-8")
    found: list[str] = []
    for language, block in _BLOCK.findall(text):
        lines = _without_comments(block)
        whole = language == "bash" or _TOGETHER.search(block)
        found += ["\n".join(lines)] if whole else lines
    prose = _BLOCK.sub("", text)
    found += [one for one in _INLINE.findall(prose) if _RUN.search(one)]
    return list(dict.fromkeys(found))


def _without_comments(block: str) -> list[str]:
    joined = re.sub(r" *\\\n\s*", " ", block)
    lines = [re.sub(r"(^|\s+)# .*", "", line).rstrip() for line in joined.splitlines()]
    return [line for line in lines if line]
