"""The storage, as VOD and the control routes use it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from fakealiyun import FakeCloud
from fakealiyun.clock import Clock
from fakealiyun.identity import Credential
from fakealiyun.oss import Storage, StoredObject
from fakealiyun.testing.oss import BUCKET, browser, sdk


def test_listeners_are_told_when_it_holds(cloud: FakeCloud, owner: Credential) -> None:
    seen: list[bytes] = []

    def read(stored: StoredObject) -> None:
        assert cloud.storage.get(stored.bucket, stored.key) == stored
        seen.append(stored.path.read_bytes())

    cloud.storage.on_stored(read)
    bucket = sdk(cloud, owner)
    bucket.put_object("a.mp4", b"first")
    bucket.put_object("a.mp4", b"second")
    bucket.append_object("log", 0, b"not told")
    bucket.delete_object("a.mp4")
    assert seen == [b"first", b"second"]


def test_a_listener_that_fails_does_not_fail_the_upload(
    cloud: FakeCloud, owner: Credential, caplog: pytest.LogCaptureFixture
) -> None:
    told = []

    def fail(stored: StoredObject) -> None:
        raise LookupError(stored.key)

    cloud.storage.on_stored(fail)
    cloud.storage.on_stored(lambda stored: told.append(stored.key))
    assert browser(cloud, owner, "PUT", "a.mp4", b"x").status == 200
    assert told == ["a.mp4"]
    assert "a listener failed" in caplog.text


def test_deleting_takes_the_unfinished_uploads_along(cloud: FakeCloud, owner: Credential) -> None:
    bucket = sdk(cloud, owner)
    bucket.put_object("a.mp4", b"x")
    upload = bucket.init_multipart_upload("a.mp4").upload_id
    bucket.upload_part("a.mp4", upload, 1, b"x")
    other = bucket.init_multipart_upload("b.mp4").upload_id
    cloud.storage.delete(BUCKET, "a.mp4")
    cloud.storage.delete(BUCKET, "never.mp4")
    assert list(cloud.storage.folder.iterdir()) == []
    assert [item.upload_id for item in cloud.storage.uploads(BUCKET)] == [other]


def test_reset_removes_the_content_and_keeps_the_buckets(
    cloud: FakeCloud, owner: Credential
) -> None:
    bucket = sdk(cloud, owner)
    bucket.put_object("a.mp4", b"x")
    upload = bucket.init_multipart_upload("b.mp4").upload_id
    bucket.upload_part("b.mp4", upload, 1, b"x")
    cloud.storage.reset()
    assert list(cloud.storage.folder.iterdir()) == []
    assert cloud.storage.objects(BUCKET) == []
    assert cloud.storage.uploads(BUCKET) == []
    assert cloud.storage.bucket(BUCKET) is not None
    assert browser(cloud, owner, "PUT", "a.mp4", b"x").status == 200


def test_only_files_of_its_own_are_cleared_away(tmp_path: Path) -> None:
    clock = Clock()
    ours = tmp_path / f"{'0' * 32}.object"
    theirs = tmp_path / "holiday.mp4"
    ours.write_bytes(b"x")
    theirs.write_bytes(b"x")
    Storage(tmp_path, clock)
    clock.close()
    assert list(tmp_path.iterdir()) == [theirs]


@pytest.mark.parametrize(
    "name", ["", "ab", "A-bucket", "-bucket", "bucket-", "a.b.c", "b" * 64, "../etc", "b\n"]
)
def test_bucket_names_that_oss_does_not_allow(tmp_path: Path, name: str) -> None:
    clock = Clock()
    with pytest.raises(ValueError, match="bucket name"):
        Storage(tmp_path, clock).create_bucket(name, "cn-shanghai")
    clock.close()


def test_nothing_secret_is_logged(
    cloud: FakeCloud, owner: Credential, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="local")
    caplog.set_level(logging.DEBUG, logger="aiohttp")

    def fail(stored: StoredObject) -> None:
        raise LookupError(stored.key)

    cloud.storage.on_stored(fail)
    browser(cloud, owner, "PUT", "a.mp4", b"x")
    browser(cloud, owner, "PUT", "a.mp4", b"x", signed_key="other")
    assert caplog.records
    for secret in (owner.access_key_secret, owner.security_token or "-", "OSS STS."):
        assert secret not in caplog.text
