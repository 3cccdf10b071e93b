"""Copies of objects and of parts, and the deletion of many objects, by both official SDKs."""

from __future__ import annotations

import alibabacloud_oss_v2 as oss
import oss2
import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.testing.oss import BUCKET, browser, md5, sdk
from tests.oss.conftest import Issue, newer_sdk

SOURCE, TARGET = "from/视频 1+2.mp4", "to/b.mp4"
PART = 100 * 1024
BODY = bytes(range(256)) * 800
META = {"content-type": "video/mp4", "x-oss-meta-a": "1", "x-oss-tagging": "k=v"}


@pytest.fixture
def bucket(cloud: FakeCloud, owner: Credential, version: str) -> oss2.Bucket:
    found = sdk(cloud, owner, version)
    found.put_object(SOURCE, BODY, headers=META)
    return found


def code_of(action: object, *arguments: object, **more: object) -> tuple[int, str]:
    assert callable(action)
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        action(*arguments, **more)
    return caught.value.status, caught.value.code


class TestCopyObject:
    def test_with_its_metadata_and_tags(self, bucket: oss2.Bucket) -> None:
        result = bucket.copy_object(BUCKET, SOURCE, TARGET)
        assert result.etag == md5(BODY).hex().upper()
        head = bucket.head_object(TARGET)
        assert (head.content_type, head.headers["x-oss-meta-a"]) == ("video/mp4", "1")
        assert bucket.get_object(TARGET).read() == BODY
        assert bucket.get_object_tagging(TARGET).tag_set.tagging_rule == {"k": "v"}
        assert bucket.get_object(SOURCE).read() == BODY

    def test_with_other_metadata_and_tags(self, bucket: oss2.Bucket) -> None:
        headers = {
            "x-oss-metadata-directive": "REPLACE",
            "x-oss-tagging-directive": "Replace",
            "x-oss-tagging": "new=1",
            "content-type": "text/plain",
            "x-oss-meta-b": "2",
        }
        bucket.copy_object(BUCKET, SOURCE, TARGET, headers=headers)
        head = bucket.head_object(TARGET)
        assert (head.content_type, head.headers["x-oss-meta-b"]) == ("text/plain", "2")
        assert "x-oss-meta-a" not in head.headers
        assert bucket.get_object_tagging(TARGET).tag_set.tagging_rule == {"new": "1"}

    def test_onto_itself(self, bucket: oss2.Bucket) -> None:
        headers = {"x-oss-metadata-directive": "REPLACE", "x-oss-meta-b": "2"}
        bucket.copy_object(BUCKET, SOURCE, SOURCE, headers=headers)
        assert bucket.get_object(SOURCE).read() == BODY
        assert bucket.head_object(SOURCE).headers["x-oss-meta-b"] == "2"

    def test_from_another_bucket(self, cloud: FakeCloud, bucket: oss2.Bucket) -> None:
        cloud.storage.create_bucket("other-bucket", "cn-shanghai")
        other = oss2.Bucket(bucket.auth, cloud.url, "other-bucket", region="cn-shanghai")
        other.copy_object(BUCKET, SOURCE, TARGET)
        assert other.get_object(TARGET).read() == BODY

    def test_with_the_newer_sdk(
        self, cloud: FakeCloud, owner: Credential, bucket: oss2.Bucket
    ) -> None:
        client = newer_sdk(cloud, owner)
        client.copy_object(
            oss.CopyObjectRequest(
                bucket=BUCKET, key=TARGET, source_bucket=BUCKET, source_key=SOURCE
            )
        )
        assert bucket.get_object(TARGET).read() == BODY

    @pytest.mark.usefixtures("bucket")
    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"x-oss-copy-source-if-match": "other"}, 412),
            ({"x-oss-copy-source-if-none-match": md5(BODY).hex().upper()}, 304),
            ({"x-oss-copy-source-if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304),
            ({"x-oss-copy-source-if-unmodified-since": "Sat, 01 Jan 2000 00:00:00 GMT"}, 412),
            ({"x-oss-metadata-directive": "OTHER"}, 400),
            ({"x-oss-copy-source": f"/{BUCKET}/{'x'}?versionId=1"}, 501),
            ({"x-oss-copy-source": "/"}, 400),
            ({"x-oss-copy-source": f"/{BUCKET}"}, 400),
            ({"x-oss-copy-source": "/absent-bucket/x"}, 404),
            ({"x-oss-copy-source": f"/{BUCKET}/absent"}, 404),
        ],
    )
    def test_refusals(
        self,
        cloud: FakeCloud,
        owner: Credential,
        headers: dict[str, str],
        status: int,
    ) -> None:
        source = {"x-oss-copy-source": f"/{BUCKET}/from%2F%E8%A7%86%E9%A2%91%201%2B2.mp4"}
        reply = browser(cloud, owner, "PUT", TARGET, b"", headers={**source, **headers})
        assert reply.status == status
        assert cloud.storage.get(BUCKET, TARGET) is None

    def test_an_existing_object_can_be_protected(self, bucket: oss2.Bucket) -> None:
        bucket.put_object(TARGET, b"old")
        headers = {"x-oss-forbid-overwrite": "true"}
        refused = code_of(bucket.copy_object, BUCKET, SOURCE, TARGET, headers=headers)
        assert refused == (409, "FileAlreadyExists")

    @pytest.mark.usefixtures("bucket")
    @pytest.mark.parametrize("action", ["oss:PutObject", "oss:GetObject"])
    def test_both_permissions_are_needed(self, cloud: FakeCloud, issue: Issue, action: str) -> None:
        one = sdk(cloud, issue(f"{BUCKET}/*", actions=(action,)))
        assert code_of(one.copy_object, BUCKET, SOURCE, TARGET) == (403, "AccessDenied")
        both = sdk(cloud, issue(f"{BUCKET}/*", actions=("oss:PutObject", "oss:GetObject")))
        assert both.copy_object(BUCKET, SOURCE, TARGET).status == 200

    @pytest.mark.usefixtures("bucket")
    def test_the_source_must_be_readable(self, cloud: FakeCloud, issue: Issue) -> None:
        actions = ("oss:PutObject", "oss:GetObject")
        target_only = sdk(cloud, issue(f"{BUCKET}/to/*", actions=actions))
        assert code_of(target_only.copy_object, BUCKET, SOURCE, TARGET) == (403, "AccessDenied")
        assert code_of(target_only.copy_object, BUCKET, "absent", TARGET) == (403, "AccessDenied")


class TestUploadPartCopy:
    def test_parts_of_an_object(self, bucket: oss2.Bucket) -> None:
        upload = bucket.init_multipart_upload(TARGET).upload_id
        parts = []
        for number, piece in enumerate(((0, PART - 1), (PART, len(BODY) - 1)), 1):
            copied = bucket.upload_part_copy(BUCKET, SOURCE, piece, TARGET, upload, number)
            parts.append(oss2.models.PartInfo(number, copied.etag))
        assert parts[0].etag == md5(BODY[:PART]).hex().upper()
        bucket.complete_multipart_upload(TARGET, upload, parts)
        assert bucket.get_object(TARGET).read() == BODY

    def test_a_whole_object_with_the_newer_sdk(
        self, cloud: FakeCloud, owner: Credential, bucket: oss2.Bucket
    ) -> None:
        upload = bucket.init_multipart_upload(TARGET).upload_id
        copied = newer_sdk(cloud, owner).upload_part_copy(
            oss.UploadPartCopyRequest(
                bucket=BUCKET,
                key=TARGET,
                part_number=1,
                upload_id=upload,
                source_bucket=BUCKET,
                source_key=SOURCE,
            )
        )
        assert copied.etag is not None
        parts = [oss2.models.PartInfo(1, copied.etag.strip('"'))]
        bucket.complete_multipart_upload(TARGET, upload, parts)
        assert bucket.get_object(TARGET).read() == BODY

    @pytest.mark.parametrize(
        ("value", "status", "code"),
        [
            (f"bytes=0-{len(BODY)}", 416, "InvalidRange"),
            ("bytes=9-8", 416, "InvalidRange"),
            ("bytes=-5", 400, "InvalidArgument"),
            ("x", 400, "InvalidArgument"),
        ],
    )
    def test_ranges_that_are_refused(
        self,
        cloud: FakeCloud,
        owner: Credential,
        bucket: oss2.Bucket,
        value: str,
        status: int,
        code: str,
    ) -> None:
        upload = bucket.init_multipart_upload(TARGET).upload_id
        bucket.put_object("plain", BODY)
        headers = {"x-oss-copy-source": f"/{BUCKET}/plain", "x-oss-copy-source-range": value}
        query = {"partNumber": "1", "uploadId": upload}
        reply = browser(cloud, owner, "PUT", TARGET, b"", query=query, headers=headers)
        assert (reply.status, reply.code) == (status, code)
        assert cloud.storage.upload(BUCKET, TARGET, upload).parts == {}

    def test_of_an_unknown_upload(self, bucket: oss2.Bucket) -> None:
        refused = code_of(bucket.upload_part_copy, BUCKET, SOURCE, (0, 1), TARGET, "0" * 32, 1)
        assert refused == (404, "NoSuchUpload")


class TestDeleteMultipleObjects:
    def test_present_and_absent(self, bucket: oss2.Bucket) -> None:
        keys = [SOURCE, "absent", "a & <b>"]
        assert bucket.batch_delete_objects(keys).deleted_keys == keys
        assert code_of(bucket.head_object, SOURCE)[0] == 404

    @pytest.mark.usefixtures("bucket")
    def test_quietly_with_the_newer_sdk(self, cloud: FakeCloud, owner: Credential) -> None:
        result = newer_sdk(cloud, owner).delete_multiple_objects(
            oss.DeleteMultipleObjectsRequest(
                bucket=BUCKET, objects=[oss.DeleteObject(key=SOURCE)], quiet=True
            )
        )
        assert not result.deleted_objects
        assert cloud.storage.get(BUCKET, SOURCE) is None

    def test_all_or_none(self, cloud: FakeCloud, bucket: oss2.Bucket, issue: Issue) -> None:
        bucket.put_object(TARGET, b"x")
        part = sdk(cloud, issue(f"{BUCKET}/to/*", actions=("oss:DeleteObject",)))
        assert code_of(part.batch_delete_objects, [TARGET, SOURCE]) == (403, "AccessDenied")
        assert {item.key for item in cloud.storage.objects(BUCKET)} == {SOURCE, TARGET}
        assert part.batch_delete_objects([TARGET]).deleted_keys == [TARGET]

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ("", 400),
            ("<Object/>", 400),
            ("<Object><Key></Key></Object>", 400),
            ("<Object><Key>a</Key></Object>" * 1001, 400),
            ("<Quiet>yes</Quiet><Object><Key>a</Key></Object>", 400),
            ("<Object><Key>a</Key><VersionId>1</VersionId></Object>", 501),
        ],
    )
    def test_bodies_that_are_refused(
        self, cloud: FakeCloud, owner: Credential, body: str, status: int
    ) -> None:
        sdk(cloud, owner).put_object("a", b"x")
        document = f"<Delete>{body}</Delete>".encode()
        reply = browser(cloud, owner, "POST", "", document, query={"delete": ""})
        assert reply.status == status
        assert cloud.storage.get(BUCKET, "a") is not None
