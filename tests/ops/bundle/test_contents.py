"""The content of a bundle: only what the function reaches, and the same bytes each time."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import certifi
import pytest

from ops.bundle import bill
from ops.bundle.build import build
from ops.bundle.manifest import archive
from ops.bundle.target import RUNTIMES
from ops.code_folder import BuildError
from tests.support.code_under_test import CodeUnderTest
from tests.support.runtimes import ANY

PROJECT = Path(__file__).resolve().parents[3]

LARGEST_ZIP = 6_000_000


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def sources(folder: Path) -> set[str]:
    return {place for place in contents(folder) if not place.endswith(".pyc")}


@pytest.mark.timeout(900)  # it builds the bundle twice
def test_two_builds_in_different_folders_are_the_same_bytes(
    bundle: CodeUnderTest, tmp_path: Path
) -> None:
    """The command makes the second one, with another environment and in another place."""
    if bundle.python not in RUNTIMES:
        pytest.skip("there is no interpreter of a runtime on this machine")
    first = bundle.folder
    second = tmp_path / "somewhere" / "else" / "entirely"
    done = subprocess.run(
        [sys.executable, "-m", "ops.bundle", "--python", bundle.python, "--out", str(second)],
        cwd=PROJECT,
        env={**os.environ, "TZ": "Asia/Shanghai", "PYTHONHASHSEED": "7"},
        umask=0o077,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in first.iterdir())
    assert sorted([*names, bill.NAME]) == sorted(path.name for path in second.iterdir())
    assert names == sorted(path.parent.name for path in (PROJECT / "functions").glob("*/index.py"))
    for name in names:
        assert contents(first / name) == contents(second / name)
        assert f"{second / name}: Python {bundle.python}, zip " in done.stdout
    zipped = archive(first / "upload")
    assert zipped == archive(second / "upload")
    assert len(zipped) < LARGEST_ZIP
    # The bill of materials has these packages and zips, and is the same bytes again.
    found = json.loads((second / bill.NAME).read_text("utf-8"))
    hashes = {one["name"]: one["hashes"][0]["content"] for one in found["components"][: len(names)]}
    assert hashes == {name: hashlib.sha256(archive(first / name)).hexdigest() for name in names}
    shipped = {
        (name, version)
        for name in names
        for name, version in json.loads(
            (first / name / "python" / "manifest.json").read_text("utf-8")
        )["distributions"].items()
    }
    listed = found["components"][len(names) :]
    assert {(one["name"], one["version"]) for one in listed} == {
        (bill.normal(name), version) for name, version in shipped
    }
    page = (PROJECT / "THIRD_PARTY.md").read_text("utf-8")
    rows = set(re.findall(r"^\| `([\w-]+)` \| ([^|]+) \|", page, re.MULTILINE))
    licences = {(one["name"], bill.licence_of(one)) for one in listed}
    # The oldest Python needs every package of the page; a later one has some of them itself.
    assert rows == licences if bundle.python == RUNTIMES[0] else rows >= licences
    # The command reports what it did.
    assert "  leaves out aiofiles, aiohappyeyeballs, aiohttp" in done.stdout
    assert "  calls AssumeRole\n" in done.stdout


def test_a_function_gets_its_code_and_nothing_else(
    bundle: CodeUnderTest,
) -> None:
    built = bundle.folder
    for folder in built.iterdir():
        assert {path.name for path in folder.iterdir()} - {"__pycache__"} == {
            "index.py",
            "shared",
            "python",
        }
        for path in folder.rglob("*"):
            assert not path.is_symlink()
            assert not path.name.startswith(".")
            assert path.name not in ("tests", "test", "bin")
            assert path.stat().st_mtime == 315532800
            assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644)
        ours = PROJECT / "functions" / folder.name / "index.py"
        assert light(folder / "index.py") == ours.read_text("utf-8")
        assert (folder / "shared" / "alibaba" / "client.py").is_file()
        for path in (folder / "shared").rglob("*.py"):
            assert light(path) == (PROJECT / path.relative_to(folder)).read_text("utf-8")
    vod, sts = "alibabacloud_vod20170321", "alibabacloud_sts20150401"
    assert (built / "sts" / "python" / sts).exists()
    assert not (built / "sts" / "python" / vod).exists()
    assert not (built / "sts" / "shared" / "alibaba" / "vod.py").exists()
    assert (built / "play" / "python" / vod).exists()
    assert not (built / "play" / "python" / sts).exists()
    for heavy in ("urllib3", "charset_normalizer", "apscheduler", "yarl", "aiofiles"):
        assert not list(built.glob(f"*/python/{heavy}*"))


def light(path: Path) -> str:
    """The source of a bundled module of ours, with the one line as it was that a bundle changes."""
    bundled = path.read_text("utf-8")
    source, count = re.subn(r"(?m)^from light_dataclasses ", "from dataclasses ", bundled)
    assert count <= 1
    assert "dataclasses" not in bundled.replace("from light_dataclasses ", "")
    return source


def test_a_client_has_the_operations_that_a_function_calls(bundle: CodeUnderTest) -> None:
    methods = {
        name: re.findall(r"(?m)^    (?:async )?def (\w+)\(", client.read_text("utf-8"))
        for name in ("sts", "play")
        for client in (bundle.folder / name / "python").glob("alibabacloud_*20*/client.py")
    }
    assert methods["sts"] == ["__init__", "get_endpoint", "assume_role_with_options"]
    assert {"__init__", "get_endpoint", "get_video_play_auth_with_options"} < set(methods["play"])
    manifest = json.loads((bundle.folder / "play" / "python" / "manifest.json").read_text("utf-8"))
    assert len(methods["play"]) == 2 + len(manifest["operations"])


def test_the_manifest_names_every_file_by_its_hash(
    bundle: CodeUnderTest,
) -> None:
    for folder in bundle.folder.iterdir():
        manifest = json.loads((folder / "python" / "manifest.json").read_text())
        found = contents(folder)
        del found["python/manifest.json"]
        assert manifest["files"] == {
            place: hashlib.sha256(data).hexdigest() for place, data in found.items()
        }
        assert (manifest["function"], manifest["python"]) == (folder.name, bundle.python)
        assert manifest["byte_code"] is True
        locked = (PROJECT / "requirements.txt").read_text().replace("-", "_")
        for name, version in manifest["distributions"].items():
            assert f"\n{name}=={version} " in locked
            licence = folder.glob(f"python/{name}-{version}.dist-info/**/LICENSE*")
            # Alibaba's own distributions have no licence text; they name the Apache License 2.0.
            assert list(licence) or name.startswith(("alibabacloud_", "darabonba_"))


def test_byte_code_stays_valid_whatever_a_zip_does_to_times(
    bundle: CodeUnderTest,
) -> None:
    assert bundle.python is not None
    tag = f"cpython-{bundle.python.replace('.', '')}"
    for folder in bundle.folder.iterdir():
        found = {path: path.read_bytes() for path in folder.rglob("*.pyc")}
        assert {f"{path.parent.parent / path.name.split('.')[0]}.py" for path in found} == {
            str(path) for path in folder.rglob("*.py")
        }
        for path, data in found.items():
            assert path.name.endswith(f".{tag}.pyc")
            assert int.from_bytes(data[4:8], "little") == 0b01, "hash-based, and not checked"
            assert str(folder.parent).encode() not in data, "no path of this machine"


def test_the_ca_of_the_limits_store_is_bundled(sample_project: Path, tmp_path: Path) -> None:
    roots = Path(certifi.where()).read_bytes()
    (sample_project / "limits-ca.pem").write_bytes(roots)
    for built in build(sample_project, ANY, tmp_path / "out"):
        assert (built.folder / "limits-ca.pem").read_bytes() == roots
        assert "limits-ca.pem" in (built.folder / "python" / "manifest.json").read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no certificate"),
        ("no certificate", "no certificate"),
        (f"{Path(certifi.where()).read_text()}-----BEGIN PRIVATE KEY-----", "private key"),
    ],
)
def test_a_ca_that_is_none_stops_the_bundle(
    sample_project: Path, tmp_path: Path, text: str, said: str
) -> None:
    (sample_project / "limits-ca.pem").write_text(text)
    with pytest.raises(BuildError, match=said):
        build(sample_project, ANY, tmp_path / "out")


def test_other_files_of_a_project_are_not_bundled(sample_project: Path, tmp_path: Path) -> None:
    for place in (
        ".env",
        "functions/one/.env",
        "functions/one/notes.txt",
        "functions/one/__pycache__/index.cpython-310.pyc",
        "shared/.secret",
        "shared/keys.json",
        "tests/test_one.py",
    ):
        path = sample_project / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a secret")
    build(sample_project, ANY, tmp_path / "out")
    one = tmp_path / "out" / "one"
    assert {place for place in sources(one) if not place.startswith("python/")} == {
        "index.py",
        "shared/__init__.py",
        "shared/used.py",
        "shared/deeper.py",
    }
    assert sources(one / "python") == {
        "vodpass_sample.py",
        "vodpass_sample-1.0.dist-info/LICENSE",
        "manifest.json",
    }
    assert sources(tmp_path / "out" / "two") == {"index.py", "python/manifest.json"}
    assert not any(b"a secret" in data for data in contents(tmp_path / "out").values())


def test_a_new_bundle_replaces_the_old_one(sample_project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "one").mkdir(parents=True)
    (out / "one" / "left_over.py").touch()
    (out / "other").mkdir()
    build(sample_project, ANY, out)
    assert not (out / "one" / "left_over.py").exists()
    assert {path.name for path in out.iterdir()} == {"one", "two", "other"}


def test_without_an_interpreter_the_bundle_has_only_source(
    sample_project: Path, tmp_path: Path
) -> None:
    made = build(sample_project, ANY, tmp_path / "out", interpreter=lambda _: None)
    assert [built.with_byte_code for built in made] == [False, False]
    assert not list((tmp_path / "out").rglob("*.pyc"))
    manifest = json.loads((tmp_path / "out" / "one" / "python" / "manifest.json").read_text())
    assert manifest["byte_code"] is False
