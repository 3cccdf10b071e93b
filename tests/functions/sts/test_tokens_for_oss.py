"""The holder of a token for `oss-upload` can write under its own prefix and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import alibabacloud_oss_v2 as oss_v2
import oss2
import pytest

from tests.support.files import PART
from tests.support.holder import Holder, ask, sts_token
from tests.support.house import House
from tests.support.reply import send

BUCKET = "vodpass-local"
LONG = "x" * 128
SUBJECTS: tuple[Any, ...] = (
    *(
        "*",
        "?",
        "uploads/*",
        ".",
        "..",
        "../x",
        "a/b",
        "/",
        "a",
        "ab",
        "A",
        "aB",
        "alice",
        "alice2",
    ),
    *("Alice", LONG, LONG[:-1], "日本語", "é", "e\u0301", "${user}", "a\\b", '"', " ", "7", "😀"),
)


@pytest.fixture
def holder(house: House, alice: str) -> Holder:
    return Holder.of(house, alice, "oss-upload")


def stored(house: House) -> set[str]:
    """The keys of every object in the bucket."""
    listed = oss2.Bucket(admin(house), house.cloud.url, BUCKET)
    return {item.key for item in oss2.ObjectIterator(listed)}


def admin(house: House) -> oss2.Auth:
    return oss2.Auth(house.cloud.admin.access_key_id, house.cloud.admin.access_key_secret)


def is_refused(call: Callable[[], Any]) -> None:
    with pytest.raises(oss2.exceptions.AccessDenied):
        call()


class TestUnderItsPrefix:
    def test_a_file_can_be_put(self, house: House, holder: Holder) -> None:
        holder.bucket().put_object(f"{holder.prefix}film.mp4", b"bytes")
        holder.bucket().put_object(f"{holder.prefix}a/b/c.mp4", b"bytes")
        assert stored(house) == {f"{holder.prefix}film.mp4", f"{holder.prefix}a/b/c.mp4"}

    def test_the_newer_sdk_can_put_a_file(self, house: House, holder: Holder) -> None:
        client = holder.v4_client()
        key = f"{holder.prefix}film.mp4"
        client.put_object(oss_v2.PutObjectRequest(bucket=BUCKET, key=key, body=b"bytes"))
        with pytest.raises(oss_v2.exceptions.OperationError) as refusal:
            client.put_object(oss_v2.PutObjectRequest(bucket=BUCKET, key="film.mp4", body=b""))
        assert "AccessDenied" in str(refusal.value)
        assert stored(house) == {key}

    def test_a_signed_url_can_put_a_file(self, house: House, holder: Holder) -> None:
        inside, outside = f"{holder.prefix}a.mp4", "uploads/a.mp4"
        for key, status in ((inside, 200), (outside, 403)):
            url = holder.bucket().sign_url("PUT", key, 600, slash_safe=True)
            answer = send(house.cloud.port, "PUT", url.removeprefix(house.cloud.url), body=b"x")
            assert answer.status == status
        assert stored(house) == {inside}

    def test_an_upload_in_parts_can_continue_after_an_interruption(
        self, house: House, holder: Holder, alice: str, tmp_path: Path
    ) -> None:
        """After a reload, the same user continues with a new token."""
        file = tmp_path / "film.mp4"
        file.write_bytes(bytes(range(256)) * (PART * 3 // 256))
        key, store = f"{holder.prefix}film.mp4", oss2.ResumableStore(root=str(tmp_path))

        def breaks(sent: int, _total: int) -> None:
            if sent >= PART:
                raise ConnectionAbortedError

        def upload(by: Holder, progress: Callable[[int, int], None] | None) -> None:
            oss2.resumable_upload(
                by.bucket(),
                key,
                str(file),
                store=store,
                multipart_threshold=PART,
                part_size=PART,
                progress_callback=progress,
                num_threads=1,
            )

        with pytest.raises(ConnectionAbortedError):
            upload(holder, breaks)
        assert house.cloud.calls.of("oss", "UploadPart") >= 1
        assert stored(house) == set()
        upload(Holder.of(house, alice, "oss-upload"), None)
        calls = house.cloud.calls.snapshot()["oss"]
        assert calls["ListParts"] >= 1
        assert calls["UploadPart"] <= 4
        assert calls["InitiateMultipartUpload"] == calls["CompleteMultipartUpload"] == 1
        found = house.cloud.storage.get(BUCKET, key)
        assert found is not None
        assert found.path.read_bytes() == file.read_bytes()

    def test_an_upload_in_parts_can_be_listed_and_aborted(self, holder: Holder) -> None:
        bucket, key = holder.bucket(), f"{holder.prefix}film.mp4"
        upload_id = bucket.init_multipart_upload(key).upload_id
        bucket.upload_part(key, upload_id, 1, b"part")
        assert [part.part_number for part in bucket.list_parts(key, upload_id).parts] == [1]
        assert bucket.abort_multipart_upload(key, upload_id).status == 204
        with pytest.raises(oss2.exceptions.NoSuchUpload):
            bucket.list_parts(key, upload_id)

    def test_the_prefix_stays_the_same_for_one_user(self, house: House, alice: str) -> None:
        first, second = (ask(house, alice, "oss-upload").json() for _ in range(2))
        assert first["KeyPrefix"] == second["KeyPrefix"]

    def test_nothing_can_be_read_or_deleted(self, house: House, holder: Holder) -> None:
        bucket, key = holder.bucket(), f"{holder.prefix}film.mp4"
        bucket.put_object(key, b"bytes")
        for call in (
            lambda: bucket.get_object(key),
            lambda: bucket.get_object_meta(key),
            lambda: bucket.delete_object(key),
            lambda: bucket.list_objects(prefix=holder.prefix),
            lambda: bucket.list_objects_v2(prefix=holder.prefix),
            bucket.list_objects,
            lambda: bucket.list_multipart_uploads(prefix=holder.prefix),
        ):
            is_refused(call)
        with pytest.raises(oss2.exceptions.ServerError) as refusal:
            bucket.head_object(key)
        assert refusal.value.status == 403
        assert stored(house) == {key}

    @pytest.mark.parametrize(
        "headers",
        [
            {"x-oss-object-acl": "public-read"},
            {"x-oss-tagging": "a=b"},
            {"x-oss-copy-source": f"/{BUCKET}/uploads/secret"},
            {"x-oss-symlink-target": "uploads/secret"},
        ],
        ids=lambda headers: next(iter(headers)),
    )
    def test_a_put_that_needs_another_permission_is_refused(
        self, house: House, holder: Holder, headers: dict[str, str]
    ) -> None:
        """PutObject is refused if a header needs a further permission."""
        oss2.Bucket(admin(house), house.cloud.url, BUCKET).put_object("uploads/secret", b"secret")
        with pytest.raises(oss2.exceptions.ServerError) as refusal:
            holder.bucket().put_object(f"{holder.prefix}x", b"", headers=headers)
        assert refusal.value.status in (403, 501)
        assert stored(house) == {"uploads/secret"}

    def test_the_token_works_only_until_it_expires(self, house: House, holder: Holder) -> None:
        house.cloud.clock.advance(901)
        with pytest.raises(oss2.exceptions.ServerError) as refusal:
            holder.bucket().put_object(f"{holder.prefix}x", b"bytes")
        assert (refusal.value.status, refusal.value.code) == (403, "SecurityTokenExpired")
        assert stored(house) == set()

    def test_the_token_allows_nothing_of_vod(self, holder: Holder) -> None:
        assert holder.vod_actions("0" * 32) == set()


class TestOutsideOfIt:
    def test_nothing_can_be_written(self, house: House, holder: Holder) -> None:
        other = Holder.of(house, sts_token(house, "bob"), "oss-upload").prefix
        own = holder.prefix
        digest = own.split("/")[1]
        outside = [
            "x",
            "uploads/x",
            "uploads",
            f"{other}x",
            own[:-1],  # the name of the folder itself
            f"{own[:-1]}x",
            f"{own[:-2]}/x",
            f"uploads/{digest.upper()}/x",
            f"Uploads/{digest}/x",
            f"UPLOADS/{digest}/x",
            f"uploads//{digest}/x",
            f"uploads/./{digest}/x",
            f"uploads/x/../{digest}/x",
            f"uploads%2F{digest}/x",
            f"uploads/ {digest}/x",
            f"{digest}/x",
            f"x/{own}x",
            f":{BUCKET}/{own}x",
            f"x:{BUCKET}/{own}x",
            f"*/{own}x",
        ]
        for key in outside:
            is_refused(lambda key=key: holder.bucket().put_object(key, b"x"))  # type: ignore[misc]
            is_refused(lambda key=key: holder.bucket().init_multipart_upload(key))  # type: ignore[misc]
            is_refused(lambda key=key: holder.bucket().append_object(key, 0, b"x"))  # type: ignore[misc]
        assert stored(house) == set()

    @pytest.mark.parametrize("name", [f"{BUCKET}2", "vod-bucket-like"])
    def test_nothing_can_be_written_in_another_bucket(
        self, house: House, holder: Holder, name: str
    ) -> None:
        house.cloud.storage.create_bucket(name, house.cloud.region)
        for key in (
            f"{holder.prefix}x",
            f":{BUCKET}/{holder.prefix}x",
            f"{BUCKET}/{holder.prefix}x",
        ):
            is_refused(lambda key=key: holder.bucket(name).put_object(key, b"x"))  # type: ignore[misc]

    def test_a_key_with_two_dots_stays_below_the_prefix(self, house: House, holder: Holder) -> None:
        """OSS has no folders: `..` in a key is only two dots. The object stays below the prefix."""
        other = Holder.of(house, sts_token(house, "bob"), "oss-upload")
        other.bucket().put_object(f"{other.prefix}x", b"of bob")
        climbing = f"{holder.prefix}../{other.prefix.split('/')[1]}/x"
        holder.bucket().put_object(climbing, b"of alice")
        found = house.cloud.storage.get(BUCKET, f"{other.prefix}x")
        assert found is not None
        assert found.path.read_bytes() == b"of bob"
        assert stored(house) == {f"{other.prefix}x", climbing}

    def test_uploads_in_parts_of_others_cannot_be_changed(
        self, house: House, holder: Holder
    ) -> None:
        other = Holder.of(house, sts_token(house, "bob"), "oss-upload")
        key = f"{other.prefix}film.mp4"
        upload_id = other.bucket().init_multipart_upload(key).upload_id
        bucket = holder.bucket()
        is_refused(lambda: bucket.upload_part(key, upload_id, 1, b"part"))
        is_refused(lambda: bucket.list_parts(key, upload_id))
        is_refused(lambda: bucket.abort_multipart_upload(key, upload_id))
        # A key of their own does not help: an upload belongs to the key it began with.
        mine = f"{holder.prefix}film.mp4"
        with pytest.raises(oss2.exceptions.NoSuchUpload):
            bucket.upload_part(mine, upload_id, 1, b"part")
        with pytest.raises(oss2.exceptions.NoSuchUpload):
            bucket.abort_multipart_upload(mine, upload_id)


def test_every_subject_has_its_own_prefix(house: House) -> None:
    """Every subject can write under its own prefix, and under no other."""
    holders = {sub: Holder.of(house, sts_token(house, sub), "oss-upload") for sub in SUBJECTS}
    prefixes = {holder.prefix for holder in holders.values()}
    assert len(prefixes) == len(SUBJECTS)
    assert {len(prefix) for prefix in prefixes} == {len("uploads/") + 33}
    for holder in holders.values():
        holder.bucket().put_object(f"{holder.prefix}x", b"bytes")
    assert stored(house) == {f"{prefix}x" for prefix in prefixes}
    order = list(holders.values())
    for mine, others in zip(order, order[1:] + order[:1], strict=True):
        is_refused(lambda m=mine, o=others: m.bucket().put_object(f"{o.prefix}y", b"x"))  # type: ignore[misc]
    for holder in holders.values():
        is_refused(lambda h=holder: h.bucket().put_object("uploads/y", b"x"))  # type: ignore[misc]


def test_a_number_is_the_same_subject_as_its_digits(house: House) -> None:
    prefixes = {
        ask(house, sts_token(house, sub), "oss-upload").json()["KeyPrefix"] for sub in (7, "7")
    }
    assert len(prefixes) == 1
