"""What the deployment prints: one line for each step, then a summary."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from ops.deploy.target import Target
from ops.deploy.texts import STEPS, T
from ops.deploy.tools import Missing
from ops.text import Text
from ops.voice import told

_MARK = Text(": ", "：")


class Say:
    """Prints in one language. Nothing that it gets may hold a secret."""

    def __init__(self, language: str) -> None:
        self.language = language

    def step(self, name: str, text: Text) -> None:
        """A step that has ended."""
        width = 8 if self.language == "en" else 5
        print(f"{STEPS[name].of(self.language).ljust(width)}  {_plain(text.of(self.language))}")
        sys.stdout.flush()

    def line(self, text: str) -> None:
        """A detail of the step before."""
        print(f"    {_plain(text)}", flush=True)

    def fault(self, text: str, fix: Text) -> None:
        """A fault, and what corrects it."""
        mark = f"{T.FIX.of(self.language)}{_MARK.of(self.language)}"
        print(f"! {_plain(text)}", file=sys.stderr)
        if fix.of(self.language):
            print(f"    {mark}{_plain(fix.of(self.language))}", file=sys.stderr)

    def missing(self, one: Missing) -> None:
        """A tool that is missing."""
        self.fault(one.what.of(self.language), Text(one.fix, told(one.fix)))

    def finding(self, finding: Mapping[str, Any]) -> None:
        """A finding of the doctor, which speaks the same language."""
        mark = _MARK.of(self.language)
        subject = told(str(finding.get("subject")))
        self.line(mark.join((str(finding.get("code")), subject, str(finding.get("what")))))
        self.line(f"{T.FIX.of(self.language)}{mark}{finding.get('mend')}")

    def remark(self, remark: Mapping[str, Any]) -> None:
        """What the doctor could not check."""
        subject = told(str(remark.get("subject")))
        self.line(f"{subject}{_MARK.of(self.language)}{remark.get('text')}")

    def error(self, text: Text) -> None:
        """Why the deployment ends."""
        print(_plain(text.of(self.language)), file=sys.stderr)

    def summary(self, target: Target, *, again: str, sound: bool) -> None:
        """What is where, what to set in the app, how to go back."""
        head = T.SUMMARY if sound else T.SUMMARY_NOT_SOUND
        of = f"{target.name} ({target.region}), {target.template}, {target.digest}"
        print(f"\n{head.of(self.language)}{of}")
        for function, url in target.addresses().items():
            hidden = "/…" if function == "events" else ""
            print(f"  {function:<8} {url}{hidden}")
        texts = [T.APP.filled(target.env_path.name), T.BACK.filled(again)]
        if target.alias:
            texts.insert(0, T.ON_ALIAS.filled(target.alias))
        for text in texts:
            print(f"  {text.of(self.language)}")
        sys.stdout.flush()


def _plain(text: str) -> str:
    """The text without control characters, which could rewrite what the terminal shows."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)
