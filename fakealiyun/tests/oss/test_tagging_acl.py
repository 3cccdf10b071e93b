"""Object tags and access control lists: on uploads, and by their own operations."""

from __future__ import annotations

import alibabacloud_oss_v2 as oss
import oss2
import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.testing.oss import BUCKET, browser, sdk
from tests.oss.conftest import Issue, newer_sdk
from tests.oss.test_post_object import fields_v1, policy, post

KEY = "a/视频.mp4"
TAGS = {"x-oss-tagging": "kind=a+b&%E4%BB%A5=%2F&empty"}
PAIRS = {"kind": "a b", "以": "/", "empty": ""}


def tags(bucket: oss2.Bucket, key: str = KEY) -> dict[str, str]:
    return dict(bucket.get_object_tagging(key).tag_set.tagging_rule)


def test_tags_of_a_put_can_be_read(cloud: FakeCloud, owner: Credential) -> None:
    bucket = sdk(cloud, owner)
    bucket.put_object(KEY, b"x", headers=TAGS)
    assert tags(bucket) == PAIRS
    assert bucket.head_object(KEY).headers["x-oss-tagging-count"] == "3"
    bucket.put_object(KEY, b"x")
    assert tags(bucket) == {}
    assert "x-oss-tagging-count" not in bucket.head_object(KEY).headers


def test_tags_of_a_multipart_upload_are_given_at_its_start(
    cloud: FakeCloud, owner: Credential
) -> None:
    bucket = sdk(cloud, owner)
    upload = bucket.init_multipart_upload(KEY, headers=TAGS).upload_id
    etag = bucket.upload_part(KEY, upload, 1, b"x").etag
    bucket.complete_multipart_upload(KEY, upload, [oss2.models.PartInfo(1, etag)])
    assert tags(bucket) == PAIRS


def test_tags_of_a_form(cloud: FakeCloud, owner: Credential) -> None:
    assert post(cloud, {**fields_v1(owner, policy()), **TAGS}).status == 204
    assert tags(sdk(cloud, owner), "u/42/a b.mp4") == PAIRS


def test_tags_are_replaced_and_removed(cloud: FakeCloud, owner: Credential) -> None:
    bucket = sdk(cloud, owner)
    bucket.put_object(KEY, b"x", headers=TAGS)
    rule = oss2.models.TaggingRule()
    rule.add("new", "1")
    before = bucket.head_object(KEY).last_modified
    assert bucket.put_object_tagging(KEY, oss2.models.Tagging(rule)).status == 200
    assert tags(bucket) == {"new": "1"}
    assert bucket.head_object(KEY).last_modified == before
    assert bucket.delete_object_tagging(KEY).status == 204
    assert tags(bucket) == {}


def test_tags_with_the_newer_sdk(cloud: FakeCloud, owner: Credential) -> None:
    client = newer_sdk(cloud, owner)
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=KEY, body=b"x", tagging="k=v"))
    found = client.get_object_tagging(oss.GetObjectTaggingRequest(bucket=BUCKET, key=KEY))
    assert found.tag_set is not None
    assert [(tag.key, tag.value) for tag in found.tag_set.tags or []] == [("k", "v")]
    tag_set = oss.TagSet(tags=[oss.Tag(key="k2", value="v2")])
    client.put_object_tagging(
        oss.PutObjectTaggingRequest(bucket=BUCKET, key=KEY, tagging=oss.Tagging(tag_set=tag_set))
    )
    assert tags(sdk(cloud, owner)) == {"k2": "v2"}


@pytest.mark.parametrize(
    "value",
    [
        "&".join(f"k{number}=v" for number in range(11)),
        "same=1&same=2",
        "=v",
        "k=" + "v" * 257,
        "k" * 129 + "=v",
        "k=<",
    ],
)
def test_tags_that_oss_does_not_allow(cloud: FakeCloud, owner: Credential, value: str) -> None:
    reply = browser(cloud, owner, "PUT", KEY, b"x", headers={"x-oss-tagging": value})
    assert (reply.status, reply.code) == (400, "InvalidTag")
    assert cloud.storage.get(BUCKET, KEY) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<Tagging/>",
        b"<Tagging><TagSet><Tag><Key>k</Key></Tag></TagSet></Tagging>",
        b"<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value><More/></Tag></TagSet></Tagging>",
        b"<Tagging><TagSet/><TagSet/></Tagging>",
        b"<Other><TagSet/></Other>",
    ],
)
def test_xml_that_holds_no_tags(cloud: FakeCloud, owner: Credential, body: bytes) -> None:
    sdk(cloud, owner).put_object(KEY, b"x", headers=TAGS)
    reply = browser(cloud, owner, "PUT", KEY, body, query={"tagging": ""})
    assert (reply.status, reply.code) == (400, "MalformedXML")
    assert tags(sdk(cloud, owner)) == PAIRS


@pytest.mark.parametrize(
    ("headers", "action"), [(TAGS, "Tagging"), ({"x-oss-object-acl": "private"}, "Acl")]
)
def test_an_upload_needs_one_more_permission_for_them(
    cloud: FakeCloud, issue: Issue, headers: dict[str, str], action: str
) -> None:
    plain = issue(f"{BUCKET}/*", actions=("oss:PutObject",))
    reply = browser(cloud, plain, "PUT", KEY, b"x", headers=headers)
    assert (reply.status, reply.code) == (403, "AccessDenied")
    assert cloud.storage.get(BUCKET, KEY) is None
    more = issue(f"{BUCKET}/*", actions=("oss:PutObject", f"oss:PutObject{action}"))
    assert browser(cloud, more, "PUT", KEY, b"x", headers=headers).status == 200


@pytest.mark.parametrize("acl", ["private", "default"])
def test_an_acl_is_kept(cloud: FakeCloud, owner: Credential, acl: str) -> None:
    bucket = sdk(cloud, owner)
    bucket.put_object(KEY, b"x")
    assert bucket.get_object_acl(KEY).acl == "default"
    bucket.put_object_acl(KEY, acl)
    assert bucket.get_object_acl(KEY).acl == acl
    bucket.put_object(KEY, b"x", headers={"x-oss-object-acl": acl})
    assert bucket.get_object_acl(KEY).acl == acl
    assert bucket.get_bucket_acl().acl == "private"


def test_nothing_becomes_public(cloud: FakeCloud, owner: Credential) -> None:
    bucket = sdk(cloud, owner)
    bucket.put_object(KEY, b"x")
    for acl in ("public-read", "public-read-write", "other"):
        with pytest.raises(oss2.exceptions.ServerError) as caught:
            bucket.put_object_acl(KEY, acl)
        assert (caught.value.status, caught.value.code) == (501, "NotImplemented")
    assert bucket.get_object_acl(KEY).acl == "default"


@pytest.mark.parametrize("name", ["acl", "tagging"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_of_an_absent_object(cloud: FakeCloud, owner: Credential, method: str, name: str) -> None:
    body = b"" if method == "PUT" else None
    reply = browser(cloud, owner, method, KEY, body, query={name: ""})
    assert (reply.status, reply.code, reply.element("Key")) == (404, "NoSuchKey", KEY)
