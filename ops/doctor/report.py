"""What the doctor has to say: findings, what is sound, and what it did not look at."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

Severity = Literal["error", "warning"]

SOUND, FOUND, COULD_NOT = 0, 1, 2
"""Exit codes: nothing found; something found; nothing found, but a check could not be done."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. `code` is stable; `subject` is the function, role or setting."""

    code: str
    severity: Severity
    subject: str
    what: str
    why: str
    mend: str


@dataclass(frozen=True)
class Remark:
    """What was found sound, was not checked, or could not be."""

    subject: str
    text: str


@dataclass
class Report:
    """Collects what the checks say. Findings whose code is in `ignored` are left out."""

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
        mend: str,
        severity: Severity = "error",
    ) -> None:
        """Something is wrong. Said twice in the same words, it counts once."""
        finding = Finding(code, severity, subject, what, why, mend)
        if code not in self.ignored and finding not in self.findings:
            self.findings.append(finding)

    def is_sound(self, subject: str, text: str) -> None:
        """Something was checked and is as it should be."""
        if Remark(subject, text) not in self.sound:
            self.sound.append(Remark(subject, text))

    def was_not_checked(self, subject: str, text: str) -> None:
        """Something is outside this run, by choice or by nature, and why."""
        self.not_checked.append(Remark(subject, text))

    def could_not_check(self, subject: str, text: str) -> None:
        """Something was to be checked and could not be, and why."""
        self.could_not.append(Remark(subject, text))

    @property
    def exit_code(self) -> int:
        """SOUND, FOUND or COULD_NOT."""
        if self.findings:
            return FOUND
        return COULD_NOT if self.could_not else SOUND

    def as_json(self) -> str:
        """All of it as one JSON object."""
        return json.dumps({**asdict(self), "exit_code": self.exit_code}, indent=2)

    def as_text(self) -> str:
        """All of it for a reader."""
        parts = [
            f"{one.severity}: {one.code}: {one.subject}\n"
            + "\n".join(
                textwrap.fill(text, 96, initial_indent=f"  {label} ", subsequent_indent=" " * 8)
                for label, text in (("what ", one.what), ("why  ", one.why), ("mend ", one.mend))
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
        parts.append(f"{len(self.findings)} findings, {len(self.could_not)} checks not possible")
        return "\n\n".join(parts)
