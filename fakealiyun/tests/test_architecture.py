"""docs/architecture.md names modules that exist, and its rule about imports holds."""

from __future__ import annotations

import ast
import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
SOURCE = PROJECT / "src" / "fakealiyun"
PAGE = PROJECT / "docs" / "architecture.md"
SERVICES = {"vod", "sts", "oss", "mns", "fc", "sls", "cas"}
ALLOWED = {
    "vod": {"oss", "mns"},
    "fc": {"oss"},
    "fake_cloud.py": SERVICES,
    "coverage.py": SERVICES,
    "facts.py": SERVICES,
    "__main__.py": {"vod"},
    "testing": SERVICES,
}


def imported_services(path: Path) -> set[str]:
    """The services that a module imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "fakealiyun" and len(parts) > 1:
                found |= SERVICES & {parts[1]}
    return found


def test_imports_go_one_way() -> None:
    for path in SOURCE.rglob("*.py"):
        place = path.relative_to(SOURCE).parts[0]
        unexpected = imported_services(path) - {place} - ALLOWED.get(place, set())
        assert not unexpected, f"{path.relative_to(SOURCE)} imports {sorted(unexpected)}"


def test_the_modules_that_it_names_exist() -> None:
    named = re.findall(r"`([a-z_/*]+\.py|[a-z]+/)`", PAGE.read_text("utf-8"))
    assert len(named) > 20
    for name in named:
        assert list(SOURCE.glob(name)) or list(SOURCE.glob(f"*/{name}")), name


def test_every_service_has_the_same_modules() -> None:
    for service in SERVICES:
        assert (SOURCE / service / "service.py").is_file()
        assert (SOURCE / service / "errors.py").is_file()
