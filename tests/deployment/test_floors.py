"""The lowest accepted versions follow the published advisories."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]

FIXED = {
    # Package: the first version without the vulnerabilities, and the last advisory about it.
    "aiohttp": ("3.13.4", "CVE-2026-22815, CVE-2026-34525, CVE-2026-34519"),
    "cryptography": ("46.0.5", "CVE-2026-26007"),
    "pyjwt": ("2.13.0", "CVE-2026-48526; before it CVE-2026-32597"),
}
WHERE = {
    "aiohttp": "fakealiyun/pyproject.toml",
    "cryptography": "requirements.in",
    "pyjwt": "requirements.in",
}
LOCKS = ("requirements.txt", "requirements-dev.txt", "fakealiyun/clients/requirements.txt")


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


@pytest.mark.parametrize("package", FIXED)
def test_a_floor_is_no_vulnerable_version(package: str) -> None:
    text = (PROJECT / WHERE[package]).read_text("utf-8")
    floor = re.search(rf"\b{package}>=([\d.]+)", text, re.IGNORECASE)
    assert floor is not None, f"{WHERE[package]} has no lowest version of {package}"
    assert numbers(floor[1]) >= numbers(FIXED[package][0]), FIXED[package][1]


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_file_has_a_vulnerable_version(lock: str) -> None:
    text = (PROJECT / lock).read_text("utf-8")
    locked = dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))
    known = {package: locked[package] for package in FIXED if package in locked}
    assert known, "none of the packages is locked here"
    for package, version in known.items():
        assert numbers(version) >= numbers(FIXED[package][0]), f"{package} {version}"
