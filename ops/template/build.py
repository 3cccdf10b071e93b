"""Makes the template: what a user needs to deploy, and a `publish.yaml` that asks three questions.

`s init` fills `{{ name }}` in `s.yaml` only. So the answers become the defaults there.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from shared.config.variables import REGIONS

_FILES = Path(__file__).parent / "files"

FOLDERS = ("clients", "docs", "functions", "local", "ops", "ram", "shared")
"""What a user gets. Tests, benchmarks and the source of the fake stay out."""

SINGLE = (
    ".env.example",
    ".env.zh-CN.example",
    ".gitignore",
    ".npmrc",
    "CHANGELOG.md",
    "LICENSE",
    "SECURITY.md",
    "openapi.yaml",
    "requirements-dev.txt",
    "requirements.txt",
)
_NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.pyc", "template", "node_modules", "*.svg")
_NOT_BUILT = shutil.ignore_patterns("__pycache__", "build", "*.egg-info", "tests")
_DEFAULTS = {"name": "VODPASS_NAME", "region": "VODPASS_REGION", "python": "VODPASS_PYTHON"}
_S = "@serverless-devs/s"


class TemplateError(Exception):
    """The template cannot be built; the message says why."""


def build(project: Path, out: Path) -> None:
    """Make the template in `out`, which is replaced. Raises TemplateError."""
    shutil.rmtree(out, ignore_errors=True)
    source = out / "src"
    source.mkdir(parents=True)
    for name in FOLDERS:
        shutil.copytree(project / name, source / name, ignore=_NOT_COPIED)
    for name in SINGLE:
        shutil.copy(project / name, source / name)
    for path in project.glob("s*.yaml"):
        shutil.copy(path, source / path.name)
    for name in ("Makefile", "README.md", "test_project.py"):
        shutil.copy(_FILES / name, source / name)
    (source / "s.yaml").write_text(with_questions((project / "s.yaml").read_text("utf-8")), "utf-8")
    regions = ", ".join(sorted(REGIONS))
    text = (_FILES / "publish.yaml").read_text("utf-8").replace("enum: []", f"enum: [{regions}]")
    (out / "publish.yaml").write_text(text, "utf-8")
    _node(project, source)
    _wheel(project, source / "vendor")


def with_questions(text: str) -> str:
    """`s.yaml` with the answers of `s init` as defaults. Raises TemplateError."""
    if "{{" in text:
        raise TemplateError("s.yaml has {{ already, which `s init` replaces")
    for question, variable in _DEFAULTS.items():
        text, times = re.subn(
            rf"\$\{{env\('{variable}', '[^']*'\)\}}",
            f"${{env('{variable}', '{{{{ {question} }}}}')}}",
            text,
        )
        if not times:
            raise TemplateError(f"s.yaml has no default for {variable}")
    return text


def _node(project: Path, source: Path) -> None:
    """`package.json` and its lock with `s` alone, which has no dependencies."""
    package = json.loads((project / "package.json").read_text("utf-8"))
    lock = json.loads((project / "package-lock.json").read_text("utf-8"))
    own = {_S: package["devDependencies"][_S]}
    place = f"node_modules/{_S}"
    if lock["packages"][place].get("dependencies"):
        raise TemplateError(f"{_S} has dependencies now; the lock would need them")
    package["devDependencies"] = own
    root = {**lock["packages"][""], "devDependencies": own}
    lock["packages"] = {"": root, place: lock["packages"][place]}
    for name, content in (("package.json", package), ("package-lock.json", lock)):
        (source / name).write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def _wheel(project: Path, folder: Path) -> None:
    """The fake cloud as a wheel: the tools use it for a rehearsal."""
    with tempfile.TemporaryDirectory() as temporary:
        # A build writes into its source, where two builds at once would meet.
        source = Path(temporary) / "fakealiyun"
        shutil.copytree(project / "fakealiyun", source, ignore=_NOT_BUILT)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"),
                *("--no-deps", "--no-build-isolation", "-w", str(folder), str(source)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise TemplateError("pip wheel failed:\n" + "\n".join(done.stderr.splitlines()[-8:]))
