"""English prose in what a command prints, for a reader of Chinese."""

from __future__ import annotations

import re

TERMS = ("ApsaraVideo VOD", "Function Compute", "Simple Log Service", "uv python install")
"""Names and commands that may stand in a Chinese text."""

_NOT_PROSE = re.compile(
    r"`[^`]*`|https?://[!-~]+"
    r"|[!-~]*(?:[0-9_/=@{}<>*#|$\\-]|[.:](?=[!-~]))[!-~]*"
    r"|\b(?:upload|refresh|play|sts|events|watch)\b"
)
"""Code, addresses, paths, options, names of variables, resources and functions."""
_WORDS = re.compile(r"(?<![A-Za-z])[A-Za-z]?[a-z']+(?:[,;]? [A-Za-z]?[a-z']+(?![A-Za-z]))+")
MOST = 3
"""English words in a row that are no sentence yet."""


def english(text: str, most: int = MOST) -> list[str]:
    """The passages of a text with more English words in a row than that."""
    found = []
    for line in text.splitlines():
        left = _NOT_PROSE.sub("|", line)
        for term in TERMS:
            left = left.replace(term, "|")
        found += [one for one in _WORDS.findall(left) if len(one.split()) > most]
    return found
