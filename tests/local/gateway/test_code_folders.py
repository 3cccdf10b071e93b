"""Code folders: what `make run` serves is what is deployed."""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.build import dependencies, fill
from ops.code_folder import BuildError

NAME = "vodpass_sample"


def wheel(folder: Path) -> Path:
    """A wheel with one module."""
    info = f"{NAME}-1.0.dist-info"
    files = {
        f"{NAME}.py": b"VALUE = 1\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode()[:-1]},"
        f"{len(data)}\n"
        for name, data in files.items()
    )
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    path = folder / f"{NAME}-1.0-py3-none-any.whl"
    path.write_bytes(content.getvalue())
    return path


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the one package of these projects, so that no test needs a network."""
    folder = tmp_path_factory.mktemp("wheels")
    wheel(folder)
    return folder


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of installed packages. Each list is installed once, because pip is slow."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def project(tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two functions and one package."""
    root = tmp_path / "project"
    for name in ("one", "two"):
        (root / "functions" / name / "__pycache__").mkdir(parents=True)
        (root / "functions" / name / "index.py").write_text(f"NAME = '{name}'\n")
        (root / "functions" / name / "__pycache__" / "stale.pyc").touch()
    (root / "functions" / "no_function").mkdir()
    (root / "shared").mkdir()
    (root / "shared" / "__init__.py").touch()
    (root / "shared" / ".secret").write_text("not shipped")
    [package] = wheels.iterdir()
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    (root / "requirements.txt").write_text(f"{NAME}==1.0 --hash=sha256:{digest}\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    return root


def test_a_folder_has_everything_the_function_gets(
    project: Path, tmp_path: Path, cache: Path
) -> None:
    fill(project, tmp_path / "build", cache)
    one = tmp_path / "build" / "one"
    assert {path.name for path in one.iterdir()} == {"index.py", "shared", "python"}
    assert (one / "index.py").read_text() == "NAME = 'one'\n"
    assert {path.name for path in (one / "shared").iterdir()} == {"__init__.py"}
    assert (one / "python" / f"{NAME}.py").exists()
    assert not (tmp_path / "build" / "no_function").exists()


def test_is_filled_anew_every_time(project: Path, tmp_path: Path, cache: Path) -> None:
    build = tmp_path / "build"
    fill(project, build, cache)
    (build / "one" / "left-over").touch()
    (project / "functions" / "one" / "index.py").write_text("NAME = 'changed'\n")
    fill(project, build, cache)
    assert not (build / "one" / "left-over").exists()
    assert (build / "one" / "index.py").read_text() == "NAME = 'changed'\n"
    assert {path.name for path in build.iterdir()} == {"one", "two", ".lock"}


def test_an_unchanged_folder_is_not_touched(project: Path, tmp_path: Path, cache: Path) -> None:
    build = tmp_path / "build"
    fill(project, build, cache)
    before = {name: (build / name).stat().st_ino for name in ("one", "two")}
    (project / "functions" / "two" / "index.py").write_text("NAME = 'new'\n")
    fill(project, build, cache)
    assert (build / "one").stat().st_ino == before["one"]
    assert (build / "two").stat().st_ino != before["two"]
    (project / "requirements.txt").write_text(
        (project / "requirements.txt").read_text() + "# changed\n"
    )
    fill(project, build, cache)
    packages = dependencies(project, cache).resolve()
    assert (build / "one" / "python").readlink() == packages


def test_packages_are_installed_once_per_lock_file(project: Path, cache: Path) -> None:
    first = dependencies(project, cache)
    (first / "kept").touch()
    assert dependencies(project, cache) == first
    assert (first / "kept").exists()
    requirements = project / "requirements.txt"
    requirements.write_text(requirements.read_text() + "# changed\n")
    assert dependencies(project, cache) != first


def test_simultaneous_starts_do_not_collide(project: Path, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from local.build import fill;"
        "fill(*map(Path, sys.argv[1:]))"
    )
    command = [sys.executable, "-c", script]
    command += [str(project), str(tmp_path / "build"), str(tmp_path / "cache")]
    root = Path(__file__).resolve().parents[3]
    with ThreadPoolExecutor(4) as pool:
        done = list(
            pool.map(
                lambda _: subprocess.run(
                    command, cwd=root, capture_output=True, text=True, check=False
                ),
                range(4),
            )
        )
    assert [found.returncode for found in done] == [0, 0, 0, 0], done[0].stderr
    assert (tmp_path / "build" / "two" / "python" / f"{NAME}.py").exists()
    names = {path.name for path in (tmp_path / "cache").iterdir()}
    assert len([name for name in names if not name.endswith(".lock")]) == 1


def test_a_package_that_differs_from_the_lock_file_is_refused(
    project: Path, tmp_path: Path
) -> None:
    (project / "requirements.txt").write_text(f"{NAME}==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(BuildError, match="pip install failed"):
        fill(project, tmp_path / "build", tmp_path / "cache")
    left = [path.name for path in (tmp_path / "cache").iterdir() if path.is_dir()]
    assert left == [], "no half-installed packages stay"
