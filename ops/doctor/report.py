"""The doctor's report: findings, what is sound, and what was not checked."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

Severity = Literal["error", "warning"]

SOUND, FOUND, COULD_NOT = 0, 1, 2
"""Exit codes: no finding; a finding; no finding, but a check could not be done."""


@dataclass(frozen=True)
class Finding:
    """One fault. `code` never changes its meaning; `subject` is a function, role or setting."""

    code: str
    severity: Severity
    subject: str
    what: str
    why: str
    fix: str


@dataclass(frozen=True)
class Remark:
    """Something that is sound, was not checked, or could not be checked."""

    subject: str
    text: str


@dataclass
class Report:
    """Collects the results of the checks, without findings whose code is in `ignored`."""

    ignored: Sequence[str] = ()
    findings: list[Finding] = field(default_factory=list)
    sound: list[Remark] = field(default_factory=list)
    not_checked: list[Remark] = field(default_factory=list)
    could_not: list[Remark] = field(default_factory=list)

    def find(
        self,
        code: str,
        subject: str,
        what: str,
        *,
        why: str,
        fix: str,
        severity: Severity = "error",
    ) -> None:
        """Add a finding, unless the same one is there already."""
        finding = Finding(code, severity, subject, what, why, fix)
        if code not in self.ignored and finding not in self.findings:
            self.findings.append(finding)

    def is_sound(self, subject: str, text: str) -> None:
        """Add something that was checked and is right."""
        if Remark(subject, text) not in self.sound:
            self.sound.append(Remark(subject, text))

    def was_not_checked(self, subject: str, text: str) -> None:
        """Add something that this run does not check, and why."""
        if Remark(subject, text) not in self.not_checked:
            self.not_checked.append(Remark(subject, text))

    def could_not_check(self, subject: str, text: str) -> None:
        """Add a check that could not be done, and why."""
        self.could_not.append(Remark(subject, text))

    @property
    def exit_code(self) -> int:
        """SOUND, FOUND or COULD_NOT."""
        if self.findings:
            return FOUND
        return COULD_NOT if self.could_not else SOUND

    def as_json(self) -> str:
        """The report as one JSON object."""
        report = {**asdict(self), "exit_code": self.exit_code}
        for finding in report["findings"]:
            # Scripts read this member by its first name.
            finding["mend"] = finding.pop("fix")
        return json.dumps(report, indent=2)

    def as_text(self) -> str:
        """The report as text."""
        parts = [
            f"{one.severity}: {one.code}: {one.subject}\n"
            + "\n".join(
                textwrap.fill(text, 96, initial_indent=f"  {label} ", subsequent_indent=" " * 8)
                for label, text in (("what ", one.what), ("why  ", one.why), ("fix  ", one.fix))
            )
            for one in sorted(self.findings, key=lambda one: one.severity)
        ]
        for title, remarks in (
            ("could not be checked", self.could_not),
            ("not checked", self.not_checked),
            ("sound", self.sound),
        ):
            if remarks:
                lines = [
                    textwrap.fill(f"{one.subject}: {one.text}", 96, subsequent_indent=" " * 6)
                    for one in remarks
                ]
                parts.append(f"{title}:\n" + "\n".join(f"  - {line}" for line in lines))
        could_not, left_out = len(self.could_not), len(self.not_checked)
        parts.append(
            f"{_number(len(self.findings), 'finding')}, {could_not} could not be checked, "
            f"{left_out} not checked"
        )
        return "\n\n".join(parts)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
