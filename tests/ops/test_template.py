"""The template of Serverless Devs: `s init` makes a project from it that passes its own test."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ops.s_yaml import faults
from ops.serverless_devs import preview, read_by
from ops.template.build import TemplateError, build, with_questions
from shared.config.variables import REGIONS
from tests.support.serverless import S

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("template") / "template"
    build(PROJECT, made)
    return made


@pytest.fixture(scope="module")
def project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `s init` makes, with other answers than the defaults. It consumes its template."""
    folder = tmp_path_factory.mktemp("made")
    copy = folder / "copy"
    shutil.copytree(template, copy)
    (folder / ".s").mkdir()
    (folder / ".s" / "set-config.yml").write_text("analysis: disable\n")
    answers = json.dumps({"region": "cn-beijing", "name": "film", "python": "3.12"})
    done = subprocess.run(
        [S, "init", "vodpass", "--uri", copy, "-d", "shop", "--parameters", answers],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "serverless_devs_config_home": str(folder),
            "serverless_devs_daemon_enable": "false",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    made = folder / "shop"
    assert made.is_dir(), done.stdout + done.stderr
    assert not copy.exists(), "`s init` consumes it"
    (made / "node_modules").symlink_to(PROJECT / "node_modules")
    return made


def test_it_asks_for_what_is_no_secret(template: Path) -> None:
    asked = yaml.safe_load((template / "publish.yaml").read_text("utf-8"))["Parameters"]
    assert sorted(asked["properties"]) == sorted(asked["required"]) == ["name", "python", "region"]
    assert asked["properties"]["region"]["enum"] == sorted(REGIONS)
    assert re.fullmatch(asked["properties"]["name"]["pattern"], "vodpass")


def test_it_leaves_out_what_a_user_does_not_need(template: Path) -> None:
    source = template / "src"
    assert not {"tests", "benchmarks", "fakealiyun", ".git", ".ci", "node_modules"} & {
        path.name for path in source.iterdir()
    }
    [wheel] = (source / "vendor").iterdir()
    assert re.fullmatch(r"fakealiyun-.*\.whl", wheel.name)
    package = json.loads((source / "package.json").read_text())
    lock = json.loads((source / "package-lock.json").read_text())
    assert list(package["devDependencies"]) == ["@serverless-devs/s"]
    assert list(lock["packages"]) == ["", "node_modules/@serverless-devs/s"]
    assert not list(source.rglob("*.pyc"))
    assert not (source / ".env").exists()


def test_s_previews_it_and_our_check_accepts_it(project: Path) -> None:
    text = (project / "s.yaml").read_text("utf-8")
    assert "{{" not in text
    for default in ("'VODPASS_NAME', 'film'", "'VODPASS_REGION', 'cn-beijing'"):
        assert default in text
    needed = [name for name, required in read_by(project, "s.yaml").items() if required]
    rendered = preview(S, project, "s.yaml", dict.fromkeys(needed, "x"))
    assert rendered["resources"]["play"]["props"]["functionName"] == "film-play"
    assert rendered["resources"]["play"]["props"]["runtime"] == "python3.12"
    # Its shape is right; the values that stand in for settings are not.
    assert all("environmentVariables" in fault for fault in faults(rendered)), faults(rendered)


def test_its_own_test_passes(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_project.py"],
        cwd=project,
        env={name: text for name, text in os.environ.items() if not name.startswith("VODPASS_")},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_a_change_of_s_yaml_that_the_template_does_not_know_is_refused() -> None:
    text = (PROJECT / "s.yaml").read_text()
    with pytest.raises(TemplateError, match="VODPASS_REGION"):
        with_questions(text.replace("'VODPASS_REGION', 'cn-shanghai'", "'VODPASS_REGION'"))
    with pytest.raises(TemplateError, match="which `s init` replaces"):
        with_questions(text + "# {{ x }}\n")
