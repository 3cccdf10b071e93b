"""A deployment on one machine for the doctor to check, and what the doctor reports."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local.stack import Stack
from ops import chinese
from ops.doctor.command import main
from tests.ops.prose import english
from tests.support import operator


@dataclass
class DoctorRun:
    """One run of the doctor: its exit code, its report as JSON, and all that it printed."""

    exit_code: int
    report: dict[str, Any]
    printed: str = field(repr=False)

    @property
    def codes(self) -> set[str]:
        return {one["code"] for one in self.report["findings"]}

    def found(self, code: str) -> dict[str, Any]:
        """The one finding of this code."""
        found = [one for one in self.report["findings"] if one["code"] == code]
        assert len(found) == 1, self.report["findings"]
        return dict(found[0])


def english_in_chinese(report: Mapping[str, Any]) -> list[str]:
    """The texts of a report that have English prose in the Chinese one too."""
    remarks = [
        one for name in ("sound", "not_checked", "could_not") for one in report.get(name, ())
    ]
    said = [one["text"] for one in remarks] + [one["subject"] for one in remarks]
    for finding in report.get("findings", ()):
        said += [finding[name] for name in ("subject", "what", "why", "mend")]
    return [text for text in said if english(chinese.of(text))]


@dataclass
class DoctorTarget:
    """A running deployment, what `s preview` renders for it, and the doctor to check it."""

    stack: Stack
    document: dict[str, Any] = field(repr=False)
    folder: Path
    capture: pytest.CaptureFixture[str] | None = field(default=None, repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """The operator's."""
        return operator.environment(self.stack)

    def rendered(self, **changes: str | None) -> dict[str, Any]:
        """What `s preview` renders, with changed variables in each function that has them."""
        document = copy.deepcopy(self.document)
        for resource in document["resources"].values():
            variables = resource["props"]["environmentVariables"]
            for name, value in changes.items():
                if value is None:
                    variables.pop(name, None)
                elif name in variables:
                    variables[name] = value
        return document

    def check(
        self,
        *arguments: str,
        document: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        url: str | None = None,
    ) -> DoctorRun:
        """Run the doctor on the deployment, as in a rehearsal."""
        path = self.folder / "rendered.json"
        path.write_text(json.dumps(self.document if document is None else document))
        assert self.capture is not None
        self.capture.readouterr()
        given = ["--settings", str(path), "--json", "--endpoint", self.stack.cloud.endpoint]
        given += ["--url", self.stack.url if url is None else url, *arguments]
        code = main(given, self.environment if environment is None else environment)
        shown = self.capture.readouterr()
        printed = shown.out + shown.err
        self.holds_no_secret(printed)
        report = json.loads(shown.out) if shown.out else {}
        assert not english_in_chinese(report), english_in_chinese(report)
        return DoctorRun(code, report, printed)

    def secrets(self) -> list[str]:
        """What must never be shown."""
        keys = self.stack.keys
        jwk = json.loads(keys.jwks)["keys"][0]["k"]
        return [
            jwk,
            keys.owner_keys.partition(":")[2],
            keys.callback_path,
            keys.callback_key,
            keys.webhook_secret,
            keys.play_key,
            self.stack.cloud.admin.access_key_secret,
            "eyJ",  # the start of every JWT
            "CAIS",  # the start of every security token
        ]

    def holds_no_secret(self, printed: str) -> None:
        assert not [secret for secret in self.secrets() if secret in printed]
