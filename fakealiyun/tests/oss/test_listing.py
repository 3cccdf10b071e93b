"""Listings of a bucket, as the official clients read them."""

from __future__ import annotations

from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import alibabacloud_oss_v2 as oss
import oss2
import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.testing.oss import BUCKET, browser_headers, sdk, send

KEYS = ["a.mp4", "dir/1 2.mp4", "dir/3.mp4", "dir/sub/4.mp4", "other/5&6.mp4", "视频.mp4"]


@pytest.fixture
def bucket(cloud: FakeCloud, owner: Credential, version: str) -> oss2.Bucket:
    client = sdk(cloud, owner, version)
    for key in reversed(KEYS):
        client.put_object(key, b"x")
    return client


@pytest.mark.parametrize("iterator", [oss2.ObjectIterator, oss2.ObjectIteratorV2])
@pytest.mark.parametrize("page", [1, 2, 100])
def test_all_objects_in_order(bucket: oss2.Bucket, iterator: type, page: int) -> None:
    found = list(iterator(bucket, max_keys=page))
    assert [item.key for item in found] == KEYS
    assert (found[0].size, found[0].type) == (1, "Normal")
    assert found[0].etag == "9DD4E461268C8034F5C8564E155C67A6"


@pytest.mark.parametrize("iterator", [oss2.ObjectIterator, oss2.ObjectIteratorV2])
@pytest.mark.parametrize("page", [1, 2, 100])
def test_folders(bucket: oss2.Bucket, iterator: type, page: int) -> None:
    top = [item.key for item in iterator(bucket, delimiter="/", max_keys=page)]
    assert sorted(top) == ["a.mp4", "dir/", "other/", "视频.mp4"]
    inside = [item.key for item in iterator(bucket, "dir/", delimiter="/", max_keys=page)]
    assert sorted(inside) == ["dir/1 2.mp4", "dir/3.mp4", "dir/sub/"]


def test_prefix_and_marker(bucket: oss2.Bucket) -> None:
    found = bucket.list_objects(prefix="dir/", marker="dir/1 2.mp4").object_list
    assert [item.key for item in found] == ["dir/3.mp4", "dir/sub/4.mp4"]
    after = bucket.list_objects_v2(start_after="dir/3.mp4", max_keys=1)
    assert [item.key for item in after.object_list] == ["dir/sub/4.mp4"]
    assert after.is_truncated


def test_oss_v2_lists(cloud: FakeCloud, owner: Credential, bucket: oss2.Bucket) -> None:
    assert bucket is not None
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(
        owner.access_key_id, owner.access_key_secret, owner.security_token
    )
    config.region, config.endpoint = "cn-shanghai", cloud.url
    result = oss.Client(config).list_objects_v2(oss.ListObjectsV2Request(BUCKET, max_keys=4))
    assert [item.key for item in result.contents or []] == KEYS[:4]
    assert (result.key_count, result.is_truncated) == (4, True)


@pytest.mark.parametrize(
    "query",
    [
        {"max-keys": "0"},
        {"max-keys": "1001"},
        {"max-keys": "x"},
        {"list-type": "3"},
        {"encoding-type": "x"},
        {"list-type": "2", "continuation-token": "!"},
        {"list-type": "2", "continuation-token": "/w=="},
    ],
)
def test_what_a_listing_refuses(cloud: FakeCloud, owner: Credential, query: dict[str, str]) -> None:
    text = "&".join(f"{name}={value}" for name, value in query.items())
    headers = browser_headers(owner, "GET", "", query=query)
    reply = send(cloud, "GET", f"/{BUCKET}/?{text}", headers)
    assert (reply.status, reply.code) == (400, "InvalidArgument")


def test_a_key_that_xml_cannot_hold(cloud: FakeCloud, owner: Credential) -> None:
    key = "bell\x07<&>.mp4"
    sdk(cloud, owner).put_object(key, b"x")
    headers = browser_headers(owner, "GET", "")
    plain = send(cloud, "GET", f"/{BUCKET}/", headers)
    assert plain.element("Key") == "bell\ufffd&lt;&amp;&gt;.mp4"
    assert [item.key for item in oss2.ObjectIterator(sdk(cloud, owner))] == [key]


LIST_V2 = ["MaxKeys", "Delimiter", "EncodingType", "IsTruncated"]


def listed(cloud: FakeCloud, credential: Credential, **query: str) -> ElementTree.Element:
    """The root of the answer to a ListObjects call with `encoding-type=url`."""
    query = {name.replace("_", "-"): value for name, value in query.items()}
    query["encoding-type"] = "url"
    text = urlencode(query, quote_via=quote)
    headers = browser_headers(credential, "GET", "", query=query)
    reply = send(cloud, "GET", f"/{BUCKET}/?{text}", headers)
    assert reply.status == 200, reply.body
    return ElementTree.fromstring(reply.body)  # noqa: S314 - our own server's answer


def order(root: ElementTree.Element) -> list[str]:
    """The names of the elements in order, each name once."""
    return list(dict.fromkeys(child.tag for child in root))


@pytest.mark.parametrize(
    ("query", "elements"),
    [
        ({}, [*LIST_V2, "Contents", "KeyCount"]),
        ({"delimiter": "/"}, [*LIST_V2, "Contents", "CommonPrefixes", "KeyCount"]),
        ({"max_keys": "2"}, [*LIST_V2, "NextContinuationToken", "Contents", "KeyCount"]),
        (
            {"continuation_token": "YS5tcDQ=", "max_keys": "2"},
            ["ContinuationToken", *LIST_V2, "NextContinuationToken", "Contents", "KeyCount"],
        ),
        ({"start_after": "a.mp4"}, ["StartAfter", *LIST_V2, "Contents", "KeyCount"]),
    ],
)
def test_the_recorded_order_of_elements(
    cloud: FakeCloud,
    owner: Credential,
    bucket: oss2.Bucket,
    query: dict[str, str],
    elements: list[str],
) -> None:
    root = listed(cloud, owner, list_type="2", **query)
    assert root.tag == "ListBucketResult"
    assert order(root) == ["Name", "Prefix", *elements]
    assert [child.tag for child in root.find("Contents") or ()] == [
        "Key",
        "LastModified",
        "ETag",
        "Type",
        "Size",
        "StorageClass",
    ]


def test_each_entry_has_its_owner(cloud: FakeCloud, owner: Credential, bucket: oss2.Bucket) -> None:
    """Always in ListObjects, and in ListObjectsV2 with `fetch-owner=true`."""
    for root in (listed(cloud, owner), listed(cloud, owner, list_type="2", fetch_owner="true")):
        owners = [entry.findtext("Owner/ID") for entry in root.iter("Contents")]
        assert owners == [cloud.account_id] * len(KEYS)
    without = listed(cloud, owner, list_type="2", fetch_owner="false")
    assert without.find("Contents/Owner") is None
    found = bucket.list_objects_v2(fetch_owner=True).object_list
    assert found[0].owner.id == cloud.account_id


def test_url_encoding_includes_the_slash(
    cloud: FakeCloud, owner: Credential, bucket: oss2.Bucket
) -> None:
    bucket.put_object("dir/a-b_c.d", b"x")
    root = listed(cloud, owner, prefix="dir/a")
    assert root.findtext("Prefix") == "dir%2Fa"
    assert root.findtext("Contents/Key") == "dir%2Fa-b_c.d"


class TestMultipartUploads:
    def test_uploads_of_one_key_are_sorted_by_their_ids(
        self, cloud: FakeCloud, owner: Credential
    ) -> None:
        bucket = sdk(cloud, owner)
        ids = sorted(bucket.init_multipart_upload("a").upload_id for _ in range(8))
        other = bucket.init_multipart_upload("b").upload_id
        found = [item.upload_id for item in bucket.list_multipart_uploads().upload_list]
        assert found == [*ids, other]
        before = f"{int(ids[3], 16) - 1:032X}"
        rest = bucket.list_multipart_uploads(key_marker="a", upload_id_marker=before).upload_list
        assert [item.upload_id for item in rest] == [*ids[3:], other]
        after = bucket.list_multipart_uploads(key_marker="a").upload_list
        assert [item.upload_id for item in after] == [other]

    def test_pages(self, cloud: FakeCloud, owner: Credential, version: str) -> None:
        bucket = sdk(cloud, owner, version)
        keys = ("b", "a", "视频/c", "a")
        begun = [(key, bucket.init_multipart_upload(key).upload_id) for key in keys]
        for page in (1, 3, 1000):
            found = [
                (item.key, item.upload_id)
                for item in oss2.MultipartUploadIterator(bucket, max_uploads=page)
            ]
            assert sorted(found) == sorted(begun)
            assert [key for key, _ in found] == ["a", "a", "b", "视频/c"]
        only = bucket.list_multipart_uploads(prefix="视频/").upload_list
        assert [item.key for item in only] == ["视频/c"]

    def test_folders(self, cloud: FakeCloud, owner: Credential, version: str) -> None:
        bucket = sdk(cloud, owner, version)
        for key in ("b", "dir/1", "dir/2", "dir/sub/3", "视频/4", "a"):
            bucket.init_multipart_upload(key)
        for page in (1, 2, 1000):
            iterator = oss2.MultipartUploadIterator(bucket, delimiter="/", max_uploads=page)
            found = [(item.key, item.is_prefix()) for item in iterator]
            assert sorted(found) == [("a", False), ("b", False), ("dir/", True), ("视频/", True)]
        inside = oss2.MultipartUploadIterator(bucket, prefix="dir/", delimiter="/")
        assert [item.key for item in inside] == ["dir/1", "dir/2", "dir/sub/"]

    def test_of_one_object(self, cloud: FakeCloud, owner: Credential) -> None:
        bucket = sdk(cloud, owner)
        mine = bucket.init_multipart_upload("a").upload_id
        bucket.init_multipart_upload("ab")
        found = [item.upload_id for item in oss2.ObjectUploadIterator(bucket, "a")]
        assert found == [mine]
