"""What the wheel and the sdist contain."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from email.parser import HeaderParser
from pathlib import Path

from tests.packaging.conftest import PROJECT, Distributions, copy_source


def modules() -> set[str]:
    """Every module of the source, as a path below `src`."""
    source = PROJECT / "src"
    return {path.relative_to(source).as_posix() for path in source.rglob("*.py")}


def test_the_wheel_has_every_module_and_nothing_else(distributions: Distributions) -> None:
    with zipfile.ZipFile(distributions.wheel) as wheel:
        names = set(wheel.namelist())
    metadata = {name for name in names if ".dist-info/" in name}
    assert names - metadata == modules() | {"fakealiyun/py.typed"}
    folder = "fakealiyun-0.1.0.dist-info"
    needed = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    assert metadata == {f"{folder}/{name}" for name in (*needed, "top_level.txt")}


def test_the_wheel_names_what_it_needs(distributions: Distributions) -> None:
    with zipfile.ZipFile(distributions.wheel) as wheel:
        text = wheel.read("fakealiyun-0.1.0.dist-info/METADATA").decode()
    metadata = HeaderParser().parsestr(text)
    requirements = metadata.get_all("Requires-Dist", [])
    always = {one.partition(">")[0] for one in requirements if "extra ==" not in one}
    assert always == {"aiohttp", "defusedxml", "fastcrc"}
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.10"
    assert str(metadata.get_payload()).lstrip().startswith("# fakealiyun")


def test_the_wheel_speaks_of_itself_alone(distributions: Distributions) -> None:
    """The project that it was made for may be named in the README, in one link."""
    with zipfile.ZipFile(distributions.wheel) as wheel:
        counts = {name: wheel.read(name).lower().count(b"vodpass") for name in wheel.namelist()}
    found = {name: count for name, count in counts.items() if count}
    assert found.keys() <= {"fakealiyun-0.1.0.dist-info/METADATA"}
    assert sum(found.values()) <= 1


def test_the_sdist_has_the_source_and_the_texts(distributions: Distributions) -> None:
    with tarfile.open(distributions.sdist) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    texts = {
        "pyproject.toml",
        "build_backend.py",
        "README.md",
        "README.zh-CN.md",
        "CHANGELOG.md",
        "LICENSE",
        "PKG-INFO",
    }
    assert texts | {f"src/{name}" for name in modules()} <= names
    assert not any(name.startswith("tests") for name in names)


def test_the_wheel_is_the_same_bytes_from_another_checkout(
    distributions: Distributions, tmp_path: Path
) -> None:
    """Other times, permissions, time zone and folder, with what an earlier build left behind."""
    source, out = tmp_path / "elsewhere", tmp_path / "out"
    source.mkdir()
    copy_source(source)
    left = source / "build" / "lib" / "fakealiyun"
    left.mkdir(parents=True)
    (left / "removed.py").touch()
    for number, path in enumerate(sorted(source.rglob("*.py"))):
        path.chmod(0o600 + number % 2 * 0o155)
        os.utime(path, (1_000_000_000 + number, 1_700_000_000 + number))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps"),
            *("--no-build-isolation", "--no-index", "-w", out, source),
        ],
        env={"PATH": os.environ["PATH"], "TZ": "Asia/Shanghai", "PYTHONHASHSEED": "7"},
        umask=0o077,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (again,) = out.glob("*.whl")
    assert again.name == distributions.wheel.name
    assert again.read_bytes() == distributions.wheel.read_bytes()
    assert not (source / "build").exists()
