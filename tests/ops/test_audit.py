"""`make audit`: what it finds, and that it never takes silence for a clean bill."""

from __future__ import annotations

import fnmatch
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from ops import audit
from ops.audit import Audit, node_audit, python_audit, report

PROJECT = Path(__file__).resolve().parents[2]


def program(folder: Path, output: str, code: int = 0) -> Path:
    """A program that prints `output` and ends with `code`."""
    (folder / "output").write_text(output)
    path = folder / "program"
    path.write_text(f'#!/bin/sh\ncat "{folder}/output"\nexit {code}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def of_python(folder: Path, output: Any, code: int = 0) -> Audit:
    text = output if isinstance(output, str) else json.dumps(output)
    return python_audit(program(folder, text, code), folder, "requirements.txt")


def of_node(folder: Path, output: Any, code: int = 0) -> Audit:
    text = output if isinstance(output, str) else json.dumps(output)
    return node_audit(str(program(folder, text, code)), folder, "package-lock.json")


CLEAN = {"dependencies": [{"name": "jmespath", "version": "1.0", "vulns": []}], "fixes": []}
FOUND = {
    "dependencies": [
        {"name": "aiohttp", "version": "3.9.0", "vulns": [{"id": "PYSEC-2026-1"}, {"id": "GHSA-x"}]}
    ]
}
SKIPPED = {"dependencies": [{"name": "aiohttp", "skip_reason": "Dependency not found on PyPI"}]}
NODE_CLEAN = {"vulnerabilities": {}, "metadata": {"dependencies": {"total": 7}}}
NODE_FOUND = {
    "vulnerabilities": {"ws": {"severity": "high"}},
    "metadata": {"dependencies": {"total": 7}},
}
NODE_FAILED = {"message": "405 Method Not Allowed", "method": "POST"}


def test_nothing_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audits = [of_python(tmp_path, CLEAN), of_node(tmp_path, NODE_CLEAN)]
    assert report(audits) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "8 packages audited, 0 vulnerable, 0 packages and 0 files NOT audited"
    )


def test_something_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report([of_python(tmp_path, FOUND, 1)]) == 1
    assert "VULNERABLE aiohttp 3.9.0: PYSEC-2026-1, GHSA-x" in capsys.readouterr().out
    assert report([of_node(tmp_path, NODE_FOUND, 1), of_python(tmp_path, SKIPPED)]) == 1
    assert "VULNERABLE ws high" in capsys.readouterr().out


@pytest.mark.parametrize("output", [SKIPPED, "", "no network", "[]", "{}", {"dependencies": None}])
def test_what_pip_audit_could_not_look_up_is_not_clean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], output: Any
) -> None:
    """pip-audit ends with 0 if the registry knows none of the packages."""
    assert report([of_python(tmp_path, output), of_node(tmp_path, NODE_CLEAN)]) == 2
    assert "NOT AUDITED" in capsys.readouterr().out


@pytest.mark.parametrize("output", [NODE_FAILED, "", "<html>", "[]", {"vulnerabilities": []}])
def test_what_npm_could_not_look_up_is_not_clean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], output: Any
) -> None:
    assert report([of_python(tmp_path, CLEAN), of_node(tmp_path, output, 1)]) == 2
    assert "package-lock.json: NOT AUDITED" in capsys.readouterr().out


def test_a_report_of_nothing_is_not_clean(tmp_path: Path) -> None:
    assert report([]) == 2
    assert report([of_python(tmp_path, {"dependencies": []})]) == 2


def test_a_missing_program_is_not_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert python_audit(tmp_path / "none", tmp_path, "requirements.txt").failure
    assert node_audit(str(tmp_path / "none"), tmp_path, "package-lock.json").failure
    monkeypatch.setattr(audit, "PIP_AUDIT", tmp_path / "none")
    assert audit.main([]) == 2
    assert "make audit installs it" in capsys.readouterr().err


def test_a_name_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    hostile = {"dependencies": [{"name": "\x1b[2Jx", "version": "1\n2", "vulns": [{"id": "a b"}]}]}
    assert of_python(tmp_path, hostile).vulnerable == ["? 1: a"]


def test_every_lock_file_is_audited() -> None:
    hidden = {".venv", ".audit", ".clients", ".local", "node_modules", "build", "mutants"}
    found: set[str] = set()
    # Other tests make folders in the hidden ones meanwhile, and delete them.
    for folder, below, files in os.walk(PROJECT):
        below[:] = [name for name in below if name not in hidden]
        at = Path(folder).relative_to(PROJECT)
        for pattern in ("requirements*.txt", "package-lock.json"):
            found |= {(at / name).as_posix() for name in fnmatch.filter(files, pattern)}
    assert found == {*audit.PYTHON_LOCKS, *audit.NODE_LOCKS}
