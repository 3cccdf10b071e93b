"""The doctor's report: findings, what is sound, and what was not checked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from ops.columns import fill
from ops.text import Text
from ops.voice import told

Severity = Literal["error", "warning"]

SOUND, FOUND, COULD_NOT = 0, 1, 2
"""Exit codes: no finding; a finding; no finding, but a check could not be done."""

_SEVERITIES: Mapping[str, Text] = {
    "error": Text("error", "错误"),
    "warning": Text("warning", "警告"),
}
_WHAT, _WHY, _FIX = Text("what ", "问题"), Text("why  ", "影响"), Text("fix  ", "修复")
_COULD_NOT = Text("could not be checked", "未能检查")
_NOT_CHECKED = Text("not checked", "未检查")
_SOUND = Text("sound", "正常")
_COUNTED = Text(
    "{} findings, {} could not be checked, {} not checked",
    "发现问题 {} 个，未能检查 {} 项，未检查 {} 项",
)
_ONE = Text(
    "{} finding, {} could not be checked, {} not checked",
    "发现问题 {} 个，未能检查 {} 项，未检查 {} 项",
)
_MARK = Text(": ", "：")
_WIDTH = 96  # columns


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
        """The report as one JSON object. Only its sentences are in the language that is spoken."""
        report = {**asdict(self), "exit_code": self.exit_code}
        for name in ("sound", "not_checked", "could_not"):
            for remark in report[name]:
                remark["text"] = told(remark["text"])
        for finding in report["findings"]:
            for name in ("what", "why", "fix"):
                finding[name] = told(finding[name])
            # Scripts read this member by its first name.
            finding["mend"] = finding.pop("fix")
        return json.dumps(report, indent=2)

    def as_text(self) -> str:
        """The report as text."""
        mark = told(_MARK)
        parts = [
            mark.join((told(_SEVERITIES[one.severity]), one.code, told(one.subject)))
            + "\n"
            + "\n".join(
                fill(told(text), _WIDTH, first=f"  {told(label)} ", then=" " * 8)
                for label, text in ((_WHAT, one.what), (_WHY, one.why), (_FIX, one.fix))
            )
            for one in sorted(self.findings, key=lambda one: one.severity)
        ]
        for title, remarks in (
            (_COULD_NOT, self.could_not),
            (_NOT_CHECKED, self.not_checked),
            (_SOUND, self.sound),
        ):
            if remarks:
                lines = [
                    fill(f"{told(one.subject)}{mark}{told(one.text)}", _WIDTH, then=" " * 6)
                    for one in remarks
                ]
                parts.append(f"{told(title)}{mark}".rstrip() + "\n" + _listed(lines))
        found, could_not = len(self.findings), len(self.could_not)
        counted = told(_ONE if found == 1 else _COUNTED)
        for number in (found, could_not, len(self.not_checked)):
            counted = counted.replace("{}", str(number), 1)
        return "\n\n".join([*parts, counted])


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(f"  - {line}" for line in lines)
