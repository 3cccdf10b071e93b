"""A deployment on one machine for the smoke test, and what the smoke test prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from local.stack import Stack
from ops import chinese
from ops.smoke.command import main
from tests.ops.prose import english
from tests.support import operator

TEXT = 16
"""Where the text of a step begins in its line."""


@dataclass
class SmokeRun:
    """One run of the smoke test: its exit code and what it printed."""

    exit_code: int
    out: str
    err: str

    def steps(self) -> list[tuple[str, str]]:
        """Step and outcome of each line."""
        lines = [line.split() for line in self.out.splitlines() if line not in ("passed", "FAILED")]
        return [(words[0], words[1]) for words in lines]


@dataclass
class SmokeTarget:
    """A running deployment, and the smoke test to run against it."""

    stack: Stack
    slept: list[float] = field(default_factory=list)
    capture: pytest.CaptureFixture[str] | None = field(default=None, repr=False)

    def token(self, **changes: Any) -> str:
        return operator.user_token(self.stack, **changes)

    def environment(self) -> dict[str, str]:
        return operator.environment(self.stack)

    def sleep(self, seconds: float) -> None:
        """Move the cloud's clock instead of waiting."""
        self.slept.append(seconds)
        self.stack.cloud.clock.advance(seconds)

    def run(
        self,
        *arguments: str,
        environment: dict[str, str] | None = None,
        url: str | None = None,
    ) -> SmokeRun:
        assert self.capture is not None
        self.capture.readouterr()
        given = environment if environment is not None else self.environment()
        at = self.stack.url if url is None else url
        endpoint = self.stack.cloud.endpoint
        code = main(
            [at, "--token-env", "TOKEN", "--endpoint", endpoint, *arguments], given, self.sleep
        )
        shown = self.capture.readouterr()
        for secret in ("eyJ", "CAIS", self.stack.cloud.admin.access_key_secret, "Signature="):
            assert secret not in shown.out + shown.err
        said = [line[TEXT:] for line in shown.out.splitlines()] + shown.err.splitlines()
        untranslated = [one for one in said if english(chinese.of(one))]
        assert not untranslated, untranslated
        return SmokeRun(code, shown.out, shown.err)

    def left(self) -> list[object]:
        """Everything that a run has left in the cloud: media, objects, and parts of objects."""
        cloud = self.stack.cloud
        root = cloud.storage.folder
        return [
            *cloud.vod.library.all(),
            *cloud.vod.other_media.all(),
            *(path for path in root.rglob("*") if path.is_file()),
        ]
