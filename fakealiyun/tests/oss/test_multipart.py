"""Multipart uploads from the first part to the object, with expiry and races."""

from __future__ import annotations

import io
import math
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import alibabacloud_oss_v2 as oss
import oss2
import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.oss import StoredObject
from fakealiyun.oss.incoming_file import crc64
from fakealiyun.oss.multipart import multipart_etag
from fakealiyun.testing.oss import BUCKET, OssReply, browser, md5, sdk
from tests.oss.conftest import Issue

KEY = "sv/视频 1/a b.mp4"
PART = 100 * 1024
Parts = list[oss2.models.PartInfo]


def upload_parts(bucket: oss2.Bucket, upload: str, *bodies: bytes, first: int = 1) -> Parts:
    found = []
    for number, body in enumerate(bodies, first):
        etag = bucket.upload_part(KEY, upload, number, body).etag
        found.append(oss2.models.PartInfo(number, etag))
    return found


def complete_xml(*parts: tuple[object, str]) -> bytes:
    inner = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
        for number, etag in parts
    )
    return f"<CompleteMultipartUpload>{inner}</CompleteMultipartUpload>".encode()


def complete(cloud: FakeCloud, credential: Credential, upload: str, body: bytes) -> OssReply:
    return browser(cloud, credential, "POST", KEY, body, query={"uploadId": upload})


def error_details(reply: OssReply) -> list[str]:
    """The names of the elements between HostId and EC."""
    names = re.findall(r"<(\w+)>", reply.body.decode())
    return names[names.index("HostId") + 1 : names.index("EC")]


def test_the_recorded_errors_of_an_unknown_upload(cloud: FakeCloud, owner: Credential) -> None:
    query = {"uploadId": "0" * 32}
    completed = complete(cloud, owner, query["uploadId"], complete_xml((1, "x")))
    aborted = browser(cloud, owner, "DELETE", KEY, query=query)
    for reply, ec in ((completed, "0042-00000203"), (aborted, "0042-00000002")):
        assert (reply.status, reply.code) == (404, "NoSuchUpload")
        assert reply.headers["x-oss-ec"] == reply.element("EC") == ec
        assert reply.element("RecommendDoc") == f"https://api.aliyun.com/troubleshoot?q={ec}"
        assert error_details(reply) == ["UploadId"]
        assert reply.element("UploadId") == query["uploadId"]


@pytest.mark.parametrize(
    ("body", "headers"),
    [(b"<CompleteMultipartUpload/>", {}), (b"", {"x-oss-complete-all": "yes"})],
)
def test_an_upload_without_parts_becomes_an_empty_object(
    cloud: FakeCloud, owner: Credential, body: bytes, headers: dict[str, str]
) -> None:
    """Source: the official suites."""
    started = browser(cloud, owner, "POST", KEY, b"", query={"uploads": ""})
    query = {"uploadId": started.element("UploadId")}
    reply = browser(cloud, owner, "POST", KEY, body, query=query, headers=headers)
    assert reply.status == 200
    assert browser(cloud, owner, "GET", KEY).body == b""


def test_parts_repeat_what_the_client_said_about_its_encryption(
    cloud: FakeCloud, owner: Credential
) -> None:
    names = ("key", "start", "cek-alg", "wrap-alg", "data-size", "part-size")
    headers = {f"x-oss-meta-client-side-encryption-{n}": f"{i}" for i, n in enumerate(names)}
    started = browser(cloud, owner, "POST", KEY, b"", query={"uploads": ""}, headers=headers)
    listed = browser(cloud, owner, "GET", KEY, query={"uploadId": started.element("UploadId")})
    elements = ("Key", "Start", "CekAlg", "WrapAlg", "DataSize", "PartSize")
    found = [listed.element(f"ClientEncryption{name}") for name in elements]
    assert found == ["0", "1", "2", "3", "4", "5"]


def test_all_parts_can_be_completed_without_a_list(cloud: FakeCloud, owner: Credential) -> None:
    """The official SDKs for Android and iOS start with `sequential`."""
    query = {"uploads": "", "sequential": ""}
    started = browser(cloud, owner, "POST", KEY, b"", query=query)
    upload = {"uploadId": started.element("UploadId")}
    every = {"x-oss-complete-all": "yes"}
    for number, body in ((2, b"tail"), (1, b"1" * PART)):
        part = {"partNumber": str(number), **upload}
        assert browser(cloud, owner, "PUT", KEY, body, query=part).status == 200
    both = browser(cloud, owner, "POST", KEY, complete_xml((1, "x")), query=upload, headers=every)
    assert (both.status, both.code) == (400, "InvalidArgument")
    done = browser(cloud, owner, "POST", KEY, b"", query=upload, headers=every)
    assert done.status == 200
    assert done.headers["etag"].endswith('-2"')
    assert browser(cloud, owner, "GET", KEY).body == b"1" * PART + b"tail"


@pytest.mark.parametrize(("method", "query"), [("PUT", {}), ("POST", {"uploads": ""})])
def test_a_private_acl_is_accepted(
    cloud: FakeCloud, owner: Credential, method: str, query: dict[str, str]
) -> None:
    headers = {"x-oss-object-acl": "private"}
    assert browser(cloud, owner, method, KEY, b"", query=query, headers=headers).status == 200


@pytest.fixture
def bucket(cloud: FakeCloud, owner: Credential, version: str) -> oss2.Bucket:
    return sdk(cloud, owner, version)


def test_parts_in_any_order_become_one_object(cloud: FakeCloud, bucket: oss2.Bucket) -> None:
    told: list[StoredObject] = []
    cloud.storage.on_stored(told.append)
    bodies = [os.urandom(PART), os.urandom(PART + 1), b"tail"]
    upload = bucket.init_multipart_upload(KEY, headers={"Content-Type": "video/mp4"}).upload_id
    last = upload_parts(bucket, upload, bodies[2], first=9)
    rest = upload_parts(bucket, upload, *bodies[:2], first=3)
    assert told == []
    assert cloud.storage.get(BUCKET, KEY) is None
    result = bucket.complete_multipart_upload(KEY, upload, rest + last)

    whole = b"".join(bodies)
    digest = md5("".join(md5(body).hex().upper() for body in bodies).encode()).hex()
    assert result.etag == f"{digest.upper()}-3"
    assert result.crc == crc64(whole)
    assert bucket.get_object(KEY).read() == whole
    head = bucket.head_object(KEY)
    assert (head.object_type, head.content_type) == ("Multipart", "video/mp4")
    stored = cloud.storage.get(BUCKET, KEY)
    assert stored is not None
    assert stored.md5 == md5(whole).hex()
    assert told == [stored]
    assert list(cloud.storage.folder.iterdir()) == [stored.path]


FIRST = "2B5C91AD399409EC9B409B66F5BB00FB"
SECOND = "267C038CC2EC32FFD0EE2512FF5DA5A5"
THIRD = "FE9E522B589EF23E2C49B65C0522CE97"


@pytest.mark.parametrize(
    ("parts", "etag"),
    [
        ([FIRST], "E00BEA22A07DB22215B2A4D889CB4C8A-1"),
        ([FIRST, SECOND], "8C11B624ED7D61A26D45D7A28FE98349-2"),
        ([THIRD, SECOND], "8B2D0ADCE4928086C89F8F6B87E504C7-2"),
        ([FIRST, SECOND, THIRD], "CC02DC03DED7B38B441058D78C28066B-3"),
    ],
)
def test_the_recorded_etags_of_multipart_objects(parts: list[str], etag: str) -> None:
    assert multipart_etag(parts) == etag


def test_the_answers_on_the_wire(cloud: FakeCloud, owner: Credential) -> None:
    begun = browser(cloud, owner, "POST", KEY, b"", query={"uploads": ""})
    assert (begun.status, begun.headers["content-type"]) == (200, "application/xml")
    upload = begun.element("UploadId")
    assert (begun.element("Bucket"), begun.element("Key")) == (BUCKET, KEY)
    part = browser(cloud, owner, "PUT", KEY, b"1", query={"partNumber": "1", "uploadId": upload})
    assert part.headers["etag"] == '"C4CA4238A0B923820DCC509A6F75849B"'
    done = complete(cloud, owner, upload, complete_xml((1, part.headers["etag"])))
    assert done.status == 200
    assert done.headers["etag"] == done.element("ETag").replace("&quot;", '"')
    assert done.headers["etag"].endswith('-1"')
    assert (done.element("Bucket"), done.element("Key")) == (BUCKET, KEY)
    assert done.element("Location").startswith(cloud.url)


def test_encoding_type_url(cloud: FakeCloud, owner: Credential) -> None:
    encoded = "sv%2F%E8%A7%86%E9%A2%91%201%2Fa%20b.mp4"
    query = {"uploads": "", "encoding-type": "url"}
    begun = browser(cloud, owner, "POST", KEY, b"", query=query)
    assert (begun.element("Key"), begun.element("EncodingType")) == (encoded, "url")
    query["encoding-type"] = "base64"
    assert browser(cloud, owner, "POST", KEY, b"", query=query).code == "InvalidArgument"


def test_an_expired_credential_is_refused_and_a_new_one_goes_on(
    cloud: FakeCloud, issue: Issue, version: str
) -> None:
    resource = f"{BUCKET}/{KEY}"
    first = sdk(cloud, issue(resource, lifetime=3000), version)
    upload = first.init_multipart_upload(KEY).upload_id
    parts = upload_parts(first, upload, b"1" * PART, b"2" * PART)
    cloud.clock.advance(3001)
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        first.upload_part(KEY, upload, 3, b"3" * PART)
    assert (caught.value.status, caught.value.code) == (403, "SecurityTokenExpired")
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        first.complete_multipart_upload(KEY, upload, parts)
    assert caught.value.code == "SecurityTokenExpired"

    second = sdk(cloud, issue(resource, lifetime=3000), version)
    assert [part.part_number for part in second.list_parts(KEY, upload).parts] == [1, 2]
    parts += upload_parts(second, upload, b"3" * PART, b"4", first=3)
    second.complete_multipart_upload(KEY, upload, parts)
    stored = cloud.storage.get(BUCKET, KEY)
    assert stored is not None
    assert stored.size == 3 * PART + 1


def test_a_resumable_upload_of_oss2(cloud: FakeCloud, bucket: oss2.Bucket, tmp_path: Path) -> None:
    content = os.urandom(5 * PART + 7)
    file = tmp_path / "a.mp4"
    file.write_bytes(content)
    store = oss2.resumable.ResumableStore(root=str(tmp_path))
    oss2.resumable_upload(
        bucket,
        KEY,
        str(file),
        store=store,
        multipart_threshold=PART,
        part_size=PART,
        num_threads=3,
    )
    assert bucket.get_object(KEY).read() == content


def test_the_uploader_of_oss_v2(cloud: FakeCloud, owner: Credential) -> None:
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(
        owner.access_key_id, owner.access_key_secret, owner.security_token
    )
    config.region, config.endpoint = "cn-shanghai", cloud.url
    content = os.urandom(5 * PART + 7)
    uploader = oss.Client(config).uploader(part_size=PART, parallel_num=3)
    result = uploader.upload_from(oss.PutObjectRequest(BUCKET, KEY), io.BytesIO(content))
    assert result.hash_crc64 == str(crc64(content))
    stored = cloud.storage.get(BUCKET, KEY)
    assert stored is not None
    assert stored.path.read_bytes() == content


def test_parts_at_once(cloud: FakeCloud, owner: Credential, bucket: oss2.Bucket) -> None:
    bodies = [bytes([number]) * PART for number in range(12)]
    upload = bucket.init_multipart_upload(KEY).upload_id

    def put(number: int) -> oss2.models.PartInfo:
        query = {"partNumber": str(number + 1), "uploadId": upload}
        reply = browser(cloud, owner, "PUT", KEY, bodies[number], query=query)
        return oss2.models.PartInfo(number + 1, reply.headers["etag"].strip('"'))

    with ThreadPoolExecutor(6) as pool:
        parts = list(pool.map(put, range(12)))
    bucket.complete_multipart_upload(KEY, upload, parts)
    assert bucket.get_object(KEY).read() == b"".join(bodies)


def test_a_part_sent_again_replaces_the_first(
    cloud: FakeCloud, owner: Credential, bucket: oss2.Bucket
) -> None:
    upload = bucket.init_multipart_upload(KEY).upload_id
    (old,) = upload_parts(bucket, upload, b"old")
    (new,) = upload_parts(bucket, upload, b"new one")
    assert complete(cloud, owner, upload, complete_xml((1, old.etag))).code == "InvalidPart"
    bucket.complete_multipart_upload(KEY, upload, [new])
    assert bucket.get_object(KEY).read() == b"new one"


def test_completing_twice_at_once_stores_once(
    cloud: FakeCloud, owner: Credential, bucket: oss2.Bucket
) -> None:
    told: list[StoredObject] = []
    cloud.storage.on_stored(told.append)
    upload = bucket.init_multipart_upload(KEY).upload_id
    parts = upload_parts(bucket, upload, *[os.urandom(1024 * 1024) for _ in range(4)])
    body = complete_xml(*((part.part_number, part.etag) for part in parts))
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: complete(cloud, owner, upload, body), range(6)))
    assert sorted(reply.status for reply in replies) == [200, 404, 404, 404, 404, 404]
    assert {reply.code for reply in replies if reply.status == 404} == {"NoSuchUpload"}
    assert len(told) == 1


class TestListParts:
    def test_pages(self, bucket: oss2.Bucket) -> None:
        upload = bucket.init_multipart_upload(KEY).upload_id
        upload_parts(bucket, upload, *[bytes(number) for number in range(1, 6)], first=2)
        page = bucket.list_parts(KEY, upload, max_parts=2)
        assert [(part.part_number, part.size) for part in page.parts] == [(2, 1), (3, 2)]
        assert page.is_truncated
        assert page.next_marker == "3"
        rest = bucket.list_parts(KEY, upload, marker="5")
        assert [part.part_number for part in rest.parts] == [6]
        assert not rest.is_truncated
        walked = list(oss2.PartIterator(bucket, KEY, upload, max_parts=2))
        assert [part.part_number for part in walked] == [2, 3, 4, 5, 6]
        assert walked[0].etag == md5(bytes(1)).hex().upper()

    @pytest.mark.parametrize("marker", ["", "0"])
    def test_an_empty_marker(
        self, cloud: FakeCloud, owner: Credential, bucket: oss2.Bucket, marker: str
    ) -> None:
        upload = bucket.init_multipart_upload(KEY).upload_id
        upload_parts(bucket, upload, b"1")
        query = {"uploadId": upload, "max-parts": "1000", "part-number-marker": marker}
        reply = browser(cloud, owner, "GET", KEY, query=query)
        assert reply.status == 200
        assert reply.element("PartNumber") == "1"

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("max-parts", "0"),
            ("max-parts", "1001"),
            ("max-parts", "x"),
            ("max-parts", "-1"),
            ("max-parts", "９"),
            ("part-number-marker", "x"),
            ("part-number-marker", "9" * 30),
        ],
    )
    def test_numbers_out_of_range(
        self, cloud: FakeCloud, owner: Credential, bucket: oss2.Bucket, name: str, value: str
    ) -> None:
        upload = bucket.init_multipart_upload(KEY).upload_id
        reply = browser(cloud, owner, "GET", KEY, query={"uploadId": upload, name: value})
        assert (reply.status, reply.code) == (400, "InvalidArgument")
        assert reply.element("ArgumentName") == name


@pytest.mark.parametrize("number", ["0", "10001", "-1", "1.5", "x", ""])
def test_a_part_number_out_of_range(
    cloud: FakeCloud, owner: Credential, bucket: oss2.Bucket, number: str
) -> None:
    upload = bucket.init_multipart_upload(KEY).upload_id
    query = {"partNumber": number, "uploadId": upload}
    reply = browser(cloud, owner, "PUT", KEY, b"x", query=query)
    assert (reply.status, reply.code) == (400, "InvalidArgument")


def test_the_last_part_number(bucket: oss2.Bucket) -> None:
    upload = bucket.init_multipart_upload(KEY).upload_id
    parts = upload_parts(bucket, upload, b"x", first=10_000)
    bucket.complete_multipart_upload(KEY, upload, parts)
    assert bucket.get_object(KEY).read() == b"x"


def test_an_aborted_upload_is_gone(cloud: FakeCloud, bucket: oss2.Bucket) -> None:
    upload = bucket.init_multipart_upload(KEY).upload_id
    parts = upload_parts(bucket, upload, b"x")
    assert bucket.abort_multipart_upload(KEY, upload).status == 204
    acts: list[Callable[[], object]] = [
        lambda: bucket.upload_part(KEY, upload, 2, b"x"),
        lambda: bucket.list_parts(KEY, upload),
        lambda: bucket.complete_multipart_upload(KEY, upload, parts),
        lambda: bucket.abort_multipart_upload(KEY, upload),
    ]
    for act in acts:
        with pytest.raises(oss2.exceptions.NoSuchUpload):
            act()
    assert list(cloud.storage.folder.iterdir()) == []


class TestComplete:
    @pytest.fixture
    def upload(self, bucket: oss2.Bucket) -> str:
        return str(bucket.init_multipart_upload(KEY).upload_id)

    def test_a_part_too_small(
        self, cloud: FakeCloud, owner: Credential, bucket: oss2.Bucket, upload: str
    ) -> None:
        parts = upload_parts(bucket, upload, b"x" * (PART - 1), b"tail")
        body = complete_xml(*((part.part_number, part.etag) for part in parts))
        reply = complete(cloud, owner, upload, body)
        assert (reply.status, reply.code) == (400, "EntityTooSmall")
        assert (reply.element("EC"), reply.element("PartNumber")) == ("0042-00000213", "1")
        upload_parts(bucket, upload, b"x" * PART)
        assert len(bucket.list_parts(KEY, upload).parts) == 2

    def test_parts_not_ascending(
        self, cloud: FakeCloud, owner: Credential, bucket: oss2.Bucket, upload: str
    ) -> None:
        one, two = upload_parts(bucket, upload, b"1" * PART, b"2" * PART)
        for order in ([two, one], [one, one]):
            body = complete_xml(*((part.part_number, part.etag) for part in order))
            reply = complete(cloud, owner, upload, body)
            assert (reply.status, reply.code) == (400, "InvalidPartOrder")

    def test_a_part_that_is_not_there(
        self, cloud: FakeCloud, owner: Credential, bucket: oss2.Bucket, upload: str
    ) -> None:
        (one,) = upload_parts(bucket, upload, b"1" * PART)
        for parts in (((1, "0" * 32),), ((1, one.etag), (2, one.etag)), ((1, "nonsense"),)):
            reply = complete(cloud, owner, upload, complete_xml(*parts))
            assert (reply.status, reply.code) == (400, "InvalidPart")
            number, etag = parts[-1]
            assert reply.headers["x-oss-ec"] == reply.element("EC") == "0042-00000212"
            assert error_details(reply) == ["ETag", "PartNumber", "UploadId"]
            assert reply.element("ETag") == etag
            assert reply.element("PartNumber") == str(number)
            assert reply.element("UploadId") == upload

    def test_part_numbers_out_of_range(
        self, cloud: FakeCloud, owner: Credential, upload: str
    ) -> None:
        for number in (0, 10_001):
            reply = complete(cloud, owner, upload, complete_xml((number, "0" * 32)))
            assert (reply.status, reply.code) == (400, "InvalidArgument")

    def test_etags_with_and_without_quotes(
        self, cloud: FakeCloud, owner: Credential, bucket: oss2.Bucket, upload: str
    ) -> None:
        (one,) = upload_parts(bucket, upload, b"1")
        body = complete_xml((1, f"&quot;{one.etag.lower()}&quot;"))
        assert complete(cloud, owner, upload, body).status == 200

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"not xml",
            b"<CompleteMultipartUpload><Part/></CompleteMultipartUpload>",
            b"<Other><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></Other>",
            complete_xml(("x", "y")),
            complete_xml(("1" * 40, "y")),
            complete_xml((1, "y<More/>")),
            complete_xml((1, "y</ETag><ETag>z")),
            b"<CompleteMultipartUpload>text</CompleteMultipartUpload>",
            complete_xml(*((number, "x") for number in range(1, 10_002))),
            complete_xml((1, "x")) + b"<More/>",
            b"<CompleteMultipartUpload>" + b"<a>" * 1000,
        ],
    )
    def test_xml_that_is_none(
        self, cloud: FakeCloud, owner: Credential, upload: str, body: bytes
    ) -> None:
        reply = complete(cloud, owner, upload, body)
        assert (reply.status, reply.code) == (400, "MalformedXML")

    @pytest.mark.parametrize(
        "doctype",
        [
            '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
            '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY e "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
            '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
            "<!DOCTYPE x>",
        ],
    )
    def test_entities_are_never_expanded(
        self, cloud: FakeCloud, owner: Credential, upload: str, doctype: str
    ) -> None:
        body = doctype.encode() + complete_xml((1, "&e;"))
        reply = complete(cloud, owner, upload, body)
        assert (reply.status, reply.code) == (400, "MalformedXML")

    def test_a_body_without_end(self, cloud: FakeCloud, owner: Credential, upload: str) -> None:
        reply = complete(cloud, owner, upload, b" " * (2 * 1024**2 + 1))
        assert (reply.status, reply.code) == (400, "EntityTooLarge")

    def test_overwriting_forbidden_at_the_start_or_at_the_end(self, bucket: oss2.Bucket) -> None:
        forbid = {"x-oss-forbid-overwrite": "true"}
        for at_start, at_end in ((forbid, {}), ({}, forbid)):
            bucket.delete_object(KEY)
            upload = bucket.init_multipart_upload(KEY, headers=at_start).upload_id
            parts = upload_parts(bucket, upload, b"new")
            bucket.put_object(KEY, b"old")
            with pytest.raises(oss2.exceptions.ServerError) as caught:
                bucket.complete_multipart_upload(KEY, upload, parts, headers=at_end)
            assert (caught.value.status, caught.value.code) == (409, "FileAlreadyExists")
            assert bucket.get_object(KEY).read() == b"old"
            bucket.abort_multipart_upload(KEY, upload)


def test_an_upload_may_have_a_part_of_every_size(bucket: oss2.Bucket) -> None:
    sizes = [PART, PART * 3, PART + 1, 0]
    upload = bucket.init_multipart_upload(KEY).upload_id
    parts = upload_parts(bucket, upload, *[b"x" * size for size in sizes])
    bucket.complete_multipart_upload(KEY, upload, parts)
    assert bucket.head_object(KEY).content_length == math.fsum(sizes)
