"""The three forms in which clients address a bucket and an object."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.oss.address import Address, addresses, bucket_of_host
from fakealiyun.testing.oss import BUCKET, browser, browser_headers, sdk, send

HARD_KEYS = [
    "plain.mp4",
    "dir/a b+c%d#e?f&g=h;i.mp4",
    "视频/测 试~(1)*'!.mp4",
    "100%25 sure.mp4",
    "a/../../../etc/passwd",
    "..",
    "trailing/",
    'quote".mp4',
]
MAPPED = f"{BUCKET}.oss-cn-shanghai.aliyuncs.com"


@pytest.mark.parametrize("key", HARD_KEYS)
def test_an_object_is_the_same_in_every_form(cloud: FakeCloud, owner: Credential, key: str) -> None:
    assert browser(cloud, owner, "PUT", key, b"content").status == 200

    headers = browser_headers(owner, "GET", key)
    by_path = send(cloud, "GET", f"/{BUCKET}/{quote(key)}", headers)
    slash_escaped = send(cloud, "GET", f"/{BUCKET}/{quote(key, safe='')}", headers)
    port = cloud.endpoint.partition(":")[2]
    by_hosts = [
        send(cloud, "GET", f"/{quote(key)}", headers, host=host)
        for host in (
            f"{BUCKET}.oss-cn-shanghai.localhost:{port}",
            f"{BUCKET}.oss.localhost:{port}",
            f"{BUCKET}.localhost:{port}",
            MAPPED,
        )
    ]
    bucketless = browser(cloud, owner, "GET", key)

    for reply in (by_path, slash_escaped, *by_hosts, bucketless):
        assert (reply.status, reply.body) == (200, b"content"), reply.body
    stored = cloud.storage.get(BUCKET, key)
    assert stored is not None
    assert stored.key == key
    assert stored.path.parent == cloud.storage.folder


def test_the_signature_tells_which_bucket_a_bucketless_request_means(
    cloud: FakeCloud, owner: Credential
) -> None:
    cloud.storage.create_bucket("second-bucket", "cn-shanghai")
    assert browser(cloud, owner, "PUT", "a.mp4", b"2", bucket="second-bucket").status == 200
    assert cloud.storage.get("second-bucket", "a.mp4") is not None
    assert cloud.storage.get(BUCKET, "a.mp4") is None


def test_a_key_may_begin_with_the_name_of_a_bucket(cloud: FakeCloud, owner: Credential) -> None:
    key = f"{BUCKET}/a.mp4"
    assert browser(cloud, owner, "PUT", key, b"x").status == 200
    assert cloud.storage.get(BUCKET, key) is not None
    assert cloud.storage.get(BUCKET, "a.mp4") is None


def test_an_unknown_bucket_is_said_to_be_unknown(cloud: FakeCloud, owner: Credential) -> None:
    headers = browser_headers(owner, "GET", "a", bucket="nobodys")
    by_path = send(cloud, "GET", "/nobodys/a", headers)
    by_host = send(cloud, "GET", "/a", headers, host="nobodys.oss-cn-shanghai.aliyuncs.com")
    for reply in (by_path, by_host):
        assert (reply.status, reply.code) == (404, "NoSuchBucket")
        assert reply.element("BucketName") == "nobodys"


def test_a_bucket_is_not_served_in_another_region(cloud: FakeCloud, owner: Credential) -> None:
    headers = browser_headers(owner, "GET", "a")
    reply = send(cloud, "GET", "/a", headers, host=f"{BUCKET}.oss-cn-beijing.localhost")
    assert (reply.status, reply.code) == (403, "AccessDenied")
    assert reply.element("Endpoint") == "oss-cn-shanghai.aliyuncs.com"


def test_a_plus_in_a_path_is_a_space(cloud: FakeCloud, owner: Credential) -> None:
    """The official Go SDK 1.5 writes a space like this. A real plus is `%2B`."""
    headers = browser_headers(owner, "PUT", "a b/c+d")
    for path in ("/a+b/c%2Bd", f"/{BUCKET}/a+b/c%2Bd", "/a%20b/c%2bd"):
        assert send(cloud, "PUT", path, headers, b"x").status == 200
    assert [stored.key for stored in cloud.storage.objects(BUCKET)] == ["a b/c+d"]
    refused = send(cloud, "PUT", "/a+b/c+d", headers, b"x")
    assert (refused.status, refused.code) == (403, "SignatureDoesNotMatch")


def test_a_plus_in_a_copy_source_is_a_space(cloud: FakeCloud, owner: Credential) -> None:
    assert browser(cloud, owner, "PUT", "a b", b"content").status == 200
    given = {"x-oss-copy-source": f"/{BUCKET}/a+b"}
    assert browser(cloud, owner, "PUT", "copy", headers=given).status == 200
    assert browser(cloud, owner, "GET", "copy").body == b"content"


@pytest.mark.parametrize("path", ["/%zz", "/a%2", "/a?x=%ff"])
def test_a_broken_path_or_query_is_refused(cloud: FakeCloud, path: str) -> None:
    reply = send(cloud, "GET", f"/{BUCKET}{path}")
    assert (reply.status, reply.code) == (400, "InvalidURI")


@pytest.mark.parametrize("path", ["/%D6%D0.txt", "/%e4%bd", "/%ff.mp4"])
def test_a_key_must_be_utf8(cloud: FakeCloud, path: str) -> None:
    reply = send(cloud, "GET", f"/{BUCKET}{path}")
    assert (reply.status, reply.code) == (400, "InvalidArgument")
    assert reply.element("Message") == "The characters encoding must be utf-8."


@pytest.mark.parametrize(
    "key", ["/slash.mp4", "\\backslash.mp4", "k" * 1024, "视" * 342, "nul\0.mp4"]
)
def test_keys_that_oss_does_not_allow(cloud: FakeCloud, owner: Credential, key: str) -> None:
    reply = browser(cloud, owner, "PUT", key, b"x")
    assert (reply.status, reply.code) == (400, "InvalidObjectName")


def test_the_longest_key(cloud: FakeCloud, owner: Credential, version: str) -> None:
    key = "视" * 341
    sdk(cloud, owner, version).put_object(key, b"x")
    assert cloud.storage.get(BUCKET, key) is not None


def test_readings_of_a_path() -> None:
    known = ["one", "two"]
    assert addresses("127.0.0.1:9", "/one/a", known)[0] == Address("one", "a")
    assert addresses("127.0.0.1:9", "/one", known)[0] == Address("one", "")
    assert addresses("127.0.0.1:9", "/x/a", known) == (
        Address("one", "x/a", named=False),
        Address("two", "x/a", named=False),
        Address("x", "a"),
    )
    assert addresses("one.localhost", "/two/a", known) == (Address("one", "two/a"),)


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("bkt.oss-cn-shanghai.localhost:9001", "bkt"),
        ("bkt.oss.localhost", "bkt"),
        ("BKT.localhost.", "bkt"),
        ("bkt.oss-cn-shanghai-internal.aliyuncs.com", "bkt"),
        ("oss-cn-shanghai.localhost", None),
        ("oss.localhost", None),
        ("vod.cn-shanghai.aliyuncs.com", None),
        ("sts.cn-shanghai.aliyuncs.com", None),
        ("bkt.example.com", None),
        ("localhost:1", None),
        ("127.0.0.1:1", None),
        ("[::1]:1", None),
        ("-bad.localhost", None),
        ("", None),
    ],
)
def test_which_hosts_name_a_bucket(host: str, bucket: str | None) -> None:
    assert bucket_of_host(host) == bucket
