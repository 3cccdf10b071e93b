"""Builds the distributions, and installs the wheel in a clean environment. Needs no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
FILES = (
    *("pyproject.toml", "build_backend.py", "MANIFEST.in"),
    *("README.md", "README.zh-CN.md", "CHANGELOG.md", "LICENSE"),
)
BUILD = "import setuptools.build_meta as b, sys; b.build_sdist(sys.argv[1])"


@dataclass(frozen=True)
class Distributions:
    """The files to publish."""

    sdist: Path
    wheel: Path


@dataclass(frozen=True)
class Environment:
    """A virtual environment with the wheel in it."""

    folder: Path

    def run(self, program: str, *arguments: str, cwd: Path) -> str:
        """Run a program of the environment. Returns its output; it must succeed."""
        return run([self.folder / "bin" / program, *arguments], cwd)

    @property
    def site_packages(self) -> Path:
        """The folder that the wheel is installed in."""
        (found,) = self.folder.glob("lib/python*/site-packages")
        return found


def run(command: list[str | Path], cwd: Path) -> str:
    """Run a command without the variables of this process. Returns its output."""
    variables = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        command, cwd=cwd, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def copy_source(folder: Path) -> None:
    """Copy what a distribution is built from into a folder, which must exist."""
    for name in FILES:
        shutil.copy(PROJECT / name, folder)
    hidden = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(PROJECT / "src", folder / "src", ignore=hidden)


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """The sdist, and the wheel that is built from it."""
    work = tmp_path_factory.mktemp("build")
    source, out = work / "source", work / "dist"
    source.mkdir()
    out.mkdir()
    copy_source(source)
    run([sys.executable, "-c", BUILD, str(out)], source)
    (sdist,) = out.glob("*.tar.gz")
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel"]
    run([*pip, "--no-deps", "--no-build-isolation", "--no-index", "-w", out, sdist], work)
    (wheel,) = out.glob("*.whl")
    return Distributions(sdist, wheel)


@pytest.fixture(scope="session")
def environment(
    distributions: Distributions, tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    """A clean environment: the wheel, and links to every other package that is installed here.

    The links leave out the fakealiyun of this environment, so only the wheel can be imported.
    """
    work = tmp_path_factory.mktemp("clean")
    environment = Environment(work / "venv")
    venv.create(environment.folder, symlinks=True)
    others = work / "others"
    others.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if "fakealiyun" not in path.name and path.suffix != ".pth":
            (others / path.name).symlink_to(path)
    (environment.site_packages / "others.pth").write_text(f"{others}\n")
    python = environment.folder / "bin" / "python"
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    run(
        [*pip, "--python", python, "install", "--no-index", "--no-deps", distributions.wheel],
        work,
    )
    return environment
