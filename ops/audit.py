"""`python -m ops.audit`: the known vulnerabilities of every locked package.

It asks pip-audit and `npm audit`, which ask the registries. What they could not look up is named as
not audited and never counts as clean. exit codes: 0 nothing found, 1 something found, 2 something
could not be audited.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CLEAN, FOUND, NOT_AUDITED = 0, 1, 2
PROJECT = Path(__file__).resolve().parents[1]
PIP_AUDIT = PROJECT / ".audit" / "bin" / "pip-audit"
PYTHON_LOCKS = (
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-audit.txt",
    "requirements-fuzz.txt",
    "requirements-mutants.txt",
    "fakealiyun/clients/requirements.txt",
)
NODE_LOCKS = ("package-lock.json", "fakealiyun/clients/package-lock.json")
SECONDS = 600  # for one lock file


@dataclass
class Audit:
    """What is known of one lock file.

    `vulnerable` has `PACKAGE VERSION: IDS`. `unknown` names packages that nobody could look up.
    `failure` says why the whole file could not be audited.
    """

    lock: str
    audited: int = 0
    vulnerable: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    failure: str = ""


def python_audit(program: Path, folder: Path, lock: str, ignored: Sequence[str] = ()) -> Audit:
    """What pip-audit knows of a lock file with hashes."""
    command = [
        *(str(program), "--requirement", lock, "--require-hashes", "--no-deps", "--disable-pip"),
        *("--format", "json", "--progress-spinner", "off"),
        *(word for one in ignored for word in ("--ignore-vuln", one)),
    ]
    answer = _json_of(command, folder)
    if not isinstance(answer.get("dependencies"), list):
        return Audit(lock, failure="pip-audit gave no report: no network, or no such lock file")
    audit = Audit(lock)
    for one in answer["dependencies"]:
        name = _word(one.get("name"))
        if "skip_reason" in one:
            audit.unknown.append(name)
            continue
        audit.audited += 1
        ids = [_word(vulnerability.get("id")) for vulnerability in one.get("vulns", [])]
        if ids:
            audit.vulnerable.append(f"{name} {_word(one.get('version'))}: {', '.join(ids)}")
    return audit


def node_audit(program: str, folder: Path, lock: str) -> Audit:
    """What `npm audit` knows of a package-lock.json."""
    at = folder / Path(lock).parent
    answer = _json_of([program, "audit", "--json", "--package-lock-only"], at)
    found = answer.get("vulnerabilities")
    if not isinstance(found, dict):
        return Audit(lock, failure="npm audit gave no report: the registry answers no audits here")
    total = answer.get("metadata", {}).get("dependencies", {}).get("total", 0)
    audit = Audit(lock, audited=total if isinstance(total, int) else 0)
    for name, about in sorted(found.items()):
        audit.vulnerable.append(f"{_word(name)} {_word(about.get('severity'))}")
    return audit


def report(audits: Sequence[Audit]) -> int:
    """Print what was found and what is not known. Returns the exit code."""
    for audit in audits:
        if audit.failure:
            print(f"{audit.lock}: NOT AUDITED. {audit.failure}")
            continue
        print(f"{audit.lock}: {audit.audited} packages audited")
        for one in audit.vulnerable:
            print(f"  VULNERABLE {one}")
        if audit.unknown:
            print(f"  NOT AUDITED, the registry does not know: {', '.join(audit.unknown)}")
    vulnerable = sum(len(audit.vulnerable) for audit in audits)
    unknown = sum(len(audit.unknown) for audit in audits)
    files = sum(bool(audit.failure) for audit in audits)
    audited = sum(audit.audited for audit in audits)
    print(
        f"{audited} packages audited, {vulnerable} vulnerable,"
        f" {unknown} packages and {files} files NOT audited"
    )
    if vulnerable:
        return FOUND
    return NOT_AUDITED if unknown or files or not audited else CLEAN


def main(argv: Sequence[str] | None = None) -> int:
    """Audit every lock file of the project."""
    parser = argparse.ArgumentParser(
        prog="python -m ops.audit",
        description="Look up the known vulnerabilities of every locked package.",
        epilog="exit codes: 0 nothing found, 1 something found, 2 something could not be audited",
    )
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="ID",
        help="a vulnerability that does not concern this project; repeat it for others",
    )
    ignored = parser.parse_args(argv).ignore
    if not PIP_AUDIT.exists():
        print("pip-audit is not installed: make audit installs it", file=sys.stderr)
        return NOT_AUDITED
    npm = shutil.which("npm") or "npm"
    return report(
        [
            *(python_audit(PIP_AUDIT, PROJECT, lock, ignored) for lock in PYTHON_LOCKS),
            *(node_audit(npm, PROJECT, lock) for lock in NODE_LOCKS),
        ]
    )


def _json_of(command: Sequence[str], folder: Path) -> dict[str, Any]:
    """The JSON object that a command prints; empty if it prints none. Its exit code says little."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        answer = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return {}
    return answer if isinstance(answer, dict) else {}


def _word(value: object) -> str:
    """A name or id from a report, safe to print."""
    found = re.match(r"[@\w./+-]{1,100}", str(value), re.ASCII)
    return found[0] if found else "?"


if __name__ == "__main__":
    sys.exit(main())
