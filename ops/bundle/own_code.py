"""The project's own modules as they are bundled: their dataclasses load fast."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

from ops.bundle.imports import Code, parsed
from ops.code_folder import BuildError

LIGHT = "light_dataclasses.py"
"""The module in `shipped/` that takes the place of `dataclasses`."""

_NAMES = frozenset({"dataclass", "field", "replace"})
_STATEMENT = re.compile(rb"^from dataclasses import (?=\w)", re.MULTILINE)


def copy(code: Code, folder: Path, python: Path) -> None:
    """Copy a function's own modules into `folder`, and LIGHT into `python` if one needs it.

    Raises BuildError.
    """
    for place, path in code.files.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(_rewritten(path))
    if "dataclasses" in code.packages:
        shutil.copyfile(Path(__file__).parent / "shipped" / LIGHT, python / LIGHT)


def _rewritten(path: Path) -> bytes:
    """The source of a module of ours, with its import of `dataclasses` led to LIGHT.

    Nothing else changes. Raises BuildError if it uses more of `dataclasses` than LIGHT has.
    """
    used: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses":
            used |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Import) and "dataclasses" in [one.name for one in node.names]:
            used.add("dataclasses")
    if not used <= _NAMES:
        raise BuildError(
            f"{path}: import no more from dataclasses than {', '.join(sorted(_NAMES))}"
        )
    light = LIGHT.removesuffix(".py").encode()
    source, count = _STATEMENT.subn(b"from " + light + b" import ", path.read_bytes())
    if bool(used) != (count == 1):
        raise BuildError(f"{path}: import from dataclasses once, and on one line")
    return source
