"""`fakealiyun verify` with a second fake in the place of the real cloud."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fakealiyun import FakeCloud
from fakealiyun.probes.vod import append_is_no_upload
from fakealiyun.verify import command
from fakealiyun.verify.bench import PREFIX
from fakealiyun.verify.run import Check


@dataclass(frozen=True)
class Finished:
    """A finished run of the command."""

    status: int
    printed: str
    errors: str
    json: str

    @property
    def differences(self) -> dict[str, list[tuple[str, Any, Any]]]:
        """The differences of each fact: what, the real value and that of the fake."""
        return {
            result["fact"]: [(one["at"], one["real"], one["fake"]) for one in result["differences"]]
            for result in json.loads(self.json)["results"]
            if result["differences"]
        }

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdict about each fact."""
        return {result["fact"]: result["verdict"] for result in json.loads(self.json)["results"]}


Verify = Callable[..., Finished]


def environment(cloud: FakeCloud) -> dict[str, str]:
    """The variables with the AccessKey of the administrator."""
    return {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": cloud.admin.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": cloud.admin.access_key_secret,
    }


@pytest.fixture
def verify(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Verify:
    """Runs the command with a cloud in the place of the real one."""
    monkeypatch.setattr(append_is_no_upload, "WAIT", 0.0)

    def run(cloud: FakeCloud, *arguments: str, checks: tuple[Check, ...] | None = None) -> Finished:
        file = tmp_path / "report.json"
        file.unlink(missing_ok=True)
        words = [*arguments, "--against", cloud.endpoint]
        if "clean" not in arguments:
            words += ["--json", str(file)]
        status = command.main(words, environment(cloud), checks)
        shown = capsys.readouterr()
        text = file.read_text("utf-8") if file.exists() else ""
        return Finished(status, shown.out, shown.err, text)

    return run


@contextmanager
def stand_in(**options: Any) -> Iterator[FakeCloud]:
    """A fake in the place of the real cloud."""
    with FakeCloud(allow_deploy=True, **options) as cloud:
        yield cloud


def nothing_left(cloud: FakeCloud) -> bool:
    """Whether everything that probes create is gone."""
    buckets = [one.name for one in cloud.storage.buckets() if one.name.startswith(PREFIX)]
    media = [*cloud.vod.library.all(), *cloud.vod.other_media.all()]
    return not media and not buckets and not cloud.queues.all()
