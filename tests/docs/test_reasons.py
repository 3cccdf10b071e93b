"""The reasons in `docs/operations.md` are those that the code writes into the log."""

from __future__ import annotations

import ast
import re

from local.stack import PROJECT

REFUSALS = {"InvalidToken", "InvalidCallback"}


def written() -> set[tuple[str, str]]:
    """Code and reason of each refusal in the deployed code."""
    found = set()
    for part in ("shared", "functions"):
        for path in (PROJECT / part).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                name = getattr(node.func, "id", "")
                if name in REFUSALS and isinstance(node.args[0], ast.Constant):
                    found.add((name, str(node.args[0].value)))
                for keyword in node.keywords:
                    if keyword.arg == "reason" and isinstance(keyword.value, ast.Constant):
                        found.add(("Unavailable", str(keyword.value.value)))
    return found


def shown() -> set[tuple[str, str]]:
    page = (PROJECT / "docs" / "operations.md").read_text("utf-8")
    section = page.partition("## Reasons in the log\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE)
    return {(code, reason) for code, cell in rows[1:] for reason in re.findall(r"`(\w+)`", cell)}


def test_the_page_lists_every_reason_and_no_other() -> None:
    assert len(written()) > 15
    assert shown() == written()
