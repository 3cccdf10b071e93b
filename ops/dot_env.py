"""Reads a `.env` file as `s` does, which follows the rules of the Node package dotenv."""

import re
from collections.abc import Mapping
from pathlib import Path

_LINE = re.compile(
    r"""^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)"""
    r"""(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$""",
    re.MULTILINE,
)


def read(path: Path) -> Mapping[str, str]:
    """The variables in the file; none if there is no such file."""
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return {}
    return {name: _value(raw) for name, raw in _LINE.findall(text)}


def _value(raw: str) -> str:
    value = raw.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"`":
        inner = value[1:-1]
        return inner.replace("\\n", "\n").replace("\\r", "\r") if value[0] == '"' else inner
    return value
