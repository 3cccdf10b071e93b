"""A short test of this project: what the setup writes is what `s` renders without a fault."""

# ruff: noqa: S101

import json
import shutil
from pathlib import Path

import pytest

from ops import dot_env, readiness, serverless_devs
from ops.setup.command import main as setup

PROJECT = Path(__file__).resolve().parent
ANSWERS = {"issuer": {"kind": "own-shared-key"}, "webhook_url": "https://app.example.com/hook"}
DOMAIN = {"kind": "domain", "domain": "vod.example.com", "certificate_id": "1"}


@pytest.mark.parametrize(
    ("template", "more"),
    [
        ("s.yaml", {}),
        ("s.no-queue.yaml", {"callbacks": "http"}),
        ("s.prod.yaml", {"address": DOMAIN}),
    ],
)
def test_the_setup_leads_to_a_deployment_without_a_fault(
    tmp_path: Path, template: str, more: dict[str, object]
) -> None:
    for path in [*PROJECT.glob("s*.yaml"), *PROJECT.glob(".env*.example")]:
        shutil.copy(path, tmp_path)
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({**ANSWERS, **more}))
    assert setup(["--answers", str(answers)], {}, project=tmp_path) == 0
    command = serverless_devs.find(PROJECT)
    assert command is not None, "run `make setup`"
    values = dot_env.read(tmp_path / ".env")
    assert readiness.faults(values, tmp_path, template, command) == []
