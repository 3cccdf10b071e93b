"""Reads a `.env` file as `s` does, which follows the rules of the Node package dotenv."""

import re
from collections.abc import Mapping
from pathlib import Path

LINE = re.compile(
    r"""^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)"""
    r"""(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$""",
    re.MULTILINE,
)
"""One variable: group 1 is its name, group 2 its value with its quotes."""


def default(project: Path, env: str) -> Path:
    """The file that the commands read by themselves with `--env`, which may be empty."""
    own = project / f".env.{env}"
    return own if env and own.is_file() else project / ".env"


def read(path: Path) -> Mapping[str, str]:
    """The variables in the file; none if there is no such file."""
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return {}
    return parse(text)


def parse(text: str) -> Mapping[str, str]:
    """The variables in the text of a `.env` file. Of two of one name, the last counts."""
    return {name: _value(raw) for name, raw in LINE.findall(text)}


def _value(raw: str) -> str:
    value = raw.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"`":
        inner = value[1:-1]
        return inner.replace("\\n", "\n").replace("\\r", "\r") if value[0] == '"' else inner
    return value
