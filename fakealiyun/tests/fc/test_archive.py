"""Packages from an attacker."""

from __future__ import annotations

import base64
import io
import os
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from fakealiyun.fc import archive
from fakealiyun.fc.archive import ArchiveError, unpack
from fakealiyun.testing.fc import Fc, zipped

Entry = tuple[str, bytes, int]
FILE, LINK = stat.S_IFREG | 0o644, stat.S_IFLNK | 0o777


def made(*entries: Entry) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as opened:
        warnings.simplefilter("ignore")  # about names that occur twice
        for name, content, mode in entries:
            info = zipfile.ZipInfo("x")
            info.filename = name
            info.external_attr = mode << 16
            opened.writestr(info, content)
    return buffer.getvalue()


def link(name: str, target: str) -> Entry:
    return (name, target.encode(), LINK)


@pytest.fixture
def unpacked(tmp_path: Path) -> Callable[[bytes], Path]:
    def run(content: bytes) -> Path:
        (tmp_path / "code.zip").write_bytes(content)
        folder = tmp_path / "deep" / "code"
        folder.mkdir(parents=True)
        (tmp_path / "outside").write_text("untouched")
        try:
            unpack(tmp_path / "code.zip", folder)
        finally:
            found = sorted(p.name for p in tmp_path.iterdir())
            assert found == ["code.zip", "deep", "outside"]
            assert (tmp_path / "outside").read_text() == "untouched"
            assert [p.name for p in (tmp_path / "deep").iterdir()] == ["code"]
        return folder

    return run


def test_files_folders_and_links_inside_arrive(unpacked: Callable[[bytes], Path]) -> None:
    folder = unpacked(
        made(
            ("index.py", b"x", FILE),
            ("empty/", b"", stat.S_IFDIR | 0o755),
            ("lib/a/run", b"#!", stat.S_IFREG | 0o755),
            link("lib/run", "a/run"),
            link("lib/up", "../index.py"),
        )
    )
    assert (folder / "index.py").read_bytes() == b"x"
    assert (folder / "empty").is_dir()
    assert os.access(folder / "lib/a/run", os.X_OK)
    assert not os.access(folder / "index.py", os.X_OK)
    assert (folder / "lib/run").read_bytes() == b"#!"
    assert (folder / "lib/up").read_bytes() == b"x"


@pytest.mark.parametrize(
    "entries",
    [
        [("../outside", b"!", FILE)],
        [("a/../../outside", b"!", FILE)],
        [("a/..", b"", FILE)],
        [("/tmp/outside", b"!", FILE)],  # noqa: S108 - never written
        [("//outside", b"!", FILE)],
        [("..\\outside", b"!", FILE)],
        [("C:/outside", b"!", FILE)],
        [("a\0../outside", b"!", FILE)],
        [("a\nb", b"!", FILE)],
        [("", b"!", FILE)],
        [(".", b"!", FILE)],
        [("../", b"", stat.S_IFDIR | 0o755)],
        [("x" * 600, b"!", FILE)],
        [link("l", "../../outside")],
        [link("l", "/etc/passwd")],
        [link("l", "..")],
        [link("l", "absent")],
        [link("l", "l")],
        [link("l", "m"), link("m", "l")],
        [link("l", "")],
        [link("l", "x" * 2000)],
        [link("d", ".."), ("d/outside", b"!", FILE)],
        [("d/x", b"", FILE), link("a", "d/b/../../../outside"), link("d/b", "..")],
        [link("up", "."), link("out", "up/../../../outside")],
        [("index.py", b"1", FILE), ("index.py", b"2", FILE)],
        [("a", b"1", FILE), ("a/b", b"2", FILE)],
        [("a/b", b"1", FILE), ("a", b"2", FILE)],
        [("a/b", b"1", FILE), link("a", "b")],
        [("pipe", b"", stat.S_IFIFO | 0o644)],
        [("device", b"", stat.S_IFCHR | 0o644)],
        [("folder/", b"", LINK)],
    ],
)
def test_nothing_leads_out_and_nothing_is_written_twice(
    unpacked: Callable[[bytes], Path], entries: list[Entry]
) -> None:
    with pytest.raises(ArchiveError) as refused:
        unpacked(made(*entries))
    assert "outside" not in str(refused.value)


def test_what_unpacks_to_too_much_is_cut_off(
    unpacked: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_BYTES", 1_000_000)
    content = zipped({"a": b"\0" * 600_000, "b": b"\0" * 600_000})
    assert len(content) < 10_000
    with pytest.raises(ArchiveError, match="more than 1000000 bytes"):
        unpacked(content)


def test_a_size_that_is_a_lie_does_not_help(
    unpacked: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_BYTES", 1_000_000)
    content = zipped({"a": b"\0" * 1_500_000})
    lied = content.replace(struct.pack("<L", 1_500_000), struct.pack("<L", 10))
    assert lied != content
    with pytest.raises(ArchiveError):
        unpacked(lied)


def test_too_many_entries_are_refused_before_they_are_read(
    unpacked: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for number in range(11):
            opened.writestr(str(number), b"")
    monkeypatch.setattr(archive, "MAX_FILES", 10)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(ArchiveError, match="more than 10 entries"):
        unpacked(buffer.getvalue())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no zip",
        b"PK\5\6",
        zipped({"a": "b"})[:-30],
        zipped({"a": b"content" * 99}).replace(b"PK\1\2", b"PK\1\3"),
    ],
    # A zip contains the time at which it was made, and every test process makes its own.
    ids=["nothing", "no zip", "an end alone", "cut short", "another directory"],
)
def test_what_is_no_sound_zip_is_refused(unpacked: Callable[[bytes], Path], content: bytes) -> None:
    with pytest.raises(ArchiveError):
        unpacked(content)


def test_a_damaged_file_is_noticed(unpacked: Callable[[bytes], Path]) -> None:
    content = made(("a", b"content", FILE)).replace(b"content", b"changed", 1)
    with pytest.raises(ArchiveError, match="not a valid zip"):
        unpacked(content)


def test_the_api_refuses_such_a_package_and_keeps_nothing_of_it(fc: Fc) -> None:
    evil = base64.b64encode(made(("../index.py", b"!", FILE))).decode()
    body = {
        "functionName": "evil",
        "runtime": "python3.10",
        "handler": "index.handler",
        "code": {"zipFile": evil},
    }
    refused = fc.refused("POST", "/functions", body)
    assert (refused.status, refused.code) == (400, "InvalidArgument")
    assert "leads out of the package" in refused.message
    root = fc.cloud.fc._code._root
    assert root is not None
    assert list(root.iterdir()) == []
