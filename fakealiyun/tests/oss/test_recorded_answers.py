"""Answers have the form of answers that were recorded from the real service.

A row of the tables is one kind of recorded answer: the call, its status, the names of its headers,
and the names of its XML elements in their order. Ids, dates and sizes are not compared. Kinds of
operations that this fake does not have are left out: versions, retention, legal hold, encryption.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from urllib.parse import quote

import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.testing.oss import BUCKET, OssReply, browser, browser_headers, send
from tests.oss.conftest import Issue

PART = 100 * 1024
_SERVICE = "oss-cn-shanghai.aliyuncs.com"

#: Header names that the HTTP layer adds, which the recordings do not have.
_TRANSPORT = {"connection", "content-length", "transfer-encoding"}
_EVERYWHERE = frozenset({"date", "server", "x-oss-request-id"})
_TIMED = _EVERYWHERE | {"x-oss-server-time"}
_XML = _TIMED | {"content-type"}
_STORED = _TIMED | {"content-md5", "etag", "x-oss-hash-crc64ecma"}
_META = _TIMED | {"etag", "last-modified", "x-oss-hash-crc64ecma", "x-oss-object-type"}
_RANGE = _META | {"accept-ranges", "content-range", "content-type", "x-oss-storage-class"}
_OBJECT = (_RANGE - {"content-range"}) | {"content-md5"}
_TEXT = (_OBJECT - {"content-md5"}) | {"vary"}
_CONTENTS = "Contents Key LastModified ETag Type Size StorageClass"
_FAILED = "Error Code Message RequestId HostId"
_ADVICE = "EC RecommendDoc"
_DELETE = {"delete": "", "encoding-type": "url"}
_KEYS = b"<Delete><Quiet>true</Quiet><Object><Key>a</Key></Object></Delete>"
_TAGS = b"<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>"


class Client:
    """Calls one bucket by its own host name, as the recorded client did."""

    def __init__(self, cloud: FakeCloud, credential: Credential) -> None:
        self._cloud = cloud
        self._credential = credential

    def call(
        self,
        method: str,
        key: str = "",
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        bucket: str = BUCKET,
    ) -> OssReply:
        signed = browser_headers(
            self._credential, method, key, bucket=bucket, query=query, headers=headers
        )
        return self.send(method, key, query, body, signed, bucket=bucket)

    def send(
        self,
        method: str,
        key: str,
        query: Mapping[str, str] | None,
        body: bytes | None,
        headers: Mapping[str, str],
        *,
        bucket: str = BUCKET,
    ) -> OssReply:
        text = "&".join(f"{n}={quote(v, safe='')}" if v else n for n, v in (query or {}).items())
        target = "/" + quote(key) + (f"?{text}" if text else "")
        host = f"{bucket}.oss-cn-shanghai.aliyuncs.com" if bucket else _SERVICE
        return send(self._cloud, method, target, headers, body, host=host)

    def put(self, *keys: str, headers: Mapping[str, str] | None = None) -> OssReply:
        replies = [self.call("PUT", key, None, b"content", headers) for key in keys]
        assert [reply.status for reply in replies] == [200] * len(keys)
        return replies[-1]

    def initiate(self, key: str = "a", headers: Mapping[str, str] | None = None) -> OssReply:
        query = {"encoding-type": "url", "uploads": ""}
        return self.call("POST", key, query, b"", headers)

    def part(self, upload: str, number: int = 1, key: str = "a") -> OssReply:
        query = {"partNumber": str(number), "uploadId": upload}
        return self.call("PUT", key, query, b"x" * PART)

    def complete(self, upload: str, key: str = "a", *, wrong: str = "") -> OssReply:
        etag = wrong if wrong else self.part(upload, key=key).headers["etag"].strip('"')
        body = f"<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
        query = {"encoding-type": "url", "uploadId": upload}
        document = f"<CompleteMultipartUpload>{body}</CompleteMultipartUpload>".encode()
        return self.call("POST", key, query, document)

    def listing(self, **query: str) -> OssReply:
        names = {name.replace("_", "-"): value for name, value in query.items()}
        return self.call("GET", "", {"list-type": "2", "encoding-type": "url", **names})


def _read_stored(headers: Mapping[str, str], method: str) -> Callable[[Client], OssReply]:
    def act(client: Client) -> OssReply:
        client.put("a", headers=headers)
        return client.call(method, "a")

    return act


def _read_empty(client: Client) -> OssReply:
    assert client.call("PUT", "a", None, b"").status == 200
    return client.call("GET", "a")


def _head_of_text(meta: str) -> Callable[[Client], OssReply]:
    def act(client: Client) -> OssReply:
        headers = {"content-type": "text/plain", **({meta: "v"} if meta else {})}
        client.complete(client.initiate("a", headers).element("UploadId"))
        return client.call("HEAD", "a")

    return act


def _stored_then(
    method: str,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Callable[[Client], OssReply]:
    def act(client: Client) -> OssReply:
        client.put("a")
        return client.call(method, "a", query, body, headers)

    return act


def _tags(client: Client) -> OssReply:
    client.put("a", headers={"x-oss-tagging": "k=v"})
    return client.call("GET", "a", {"tagging": ""})


def _buckets(client: Client) -> OssReply:
    return client.call("GET", bucket="")


def _parts(client: Client) -> OssReply:
    upload = client.initiate().element("UploadId")
    client.part(upload)
    return client.call("GET", "a", {"encoding-type": "url", "uploadId": upload})


def _next_page(*keys: str, **query: str) -> Callable[[Client], OssReply]:
    """The second page of a listing of `keys`, one entry on the first page."""

    def act(client: Client) -> OssReply:
        client.put(*keys)
        first = client.listing(**{**query, "max_keys": "1"})
        token = first.element("NextContinuationToken")
        return client.listing(continuation_token=token, **query)

    return act


def _page(*keys: str, **query: str) -> Callable[[Client], OssReply]:
    def act(client: Client) -> OssReply:
        client.put(*keys)
        return client.listing(**query)

    return act


@dataclass(frozen=True)
class Kind:
    """One kind of recorded answer. `elements` are separated by blanks."""

    name: str
    act: Callable[[Client], OssReply]
    status: int
    headers: frozenset[str] | set[str]
    elements: str = ""


_LIST = "ListBucketResult Name Prefix"
_TAIL = "Delimiter EncodingType IsTruncated"
_ONE_KEY = {"x-oss-meta-key1": "1", "x-oss-meta-key2": "2"}

SUCCESSES = (
    Kind("object", _read_stored({}, "GET"), 200, _OBJECT),
    Kind("object with meta", _read_stored(_ONE_KEY, "GET"), 200, _OBJECT | set(_ONE_KEY)),
    Kind("empty object", _read_empty, 200, _OBJECT - {"x-oss-server-time"}),
    Kind("range", _stored_then("GET", None, {"range": "bytes=1-3"}), 206, _RANGE),
    Kind("head", _read_stored({}, "HEAD"), 200, _OBJECT),
    Kind("head with meta", _read_stored(_ONE_KEY, "HEAD"), 200, _OBJECT | set(_ONE_KEY)),
    Kind("head of multipart text", _head_of_text(""), 200, _TEXT),
    Kind(
        "head of multipart text with meta",
        _head_of_text("x-oss-meta-567"),
        200,
        _TEXT | {"x-oss-meta-567"},
    ),
    Kind("object meta", _stored_then("HEAD", {"objectMeta": ""}), 200, _META),
    Kind("put", lambda c: c.put("a"), 200, _STORED),
    Kind("put tags", _stored_then("PUT", {"tagging": ""}, body=_TAGS), 200, _TIMED),
    Kind("tags", _tags, 200, _XML, "Tagging TagSet Tag Key Value"),
    Kind(
        "bucket acl",
        lambda c: c.call("GET", "", {"acl": ""}),
        200,
        _XML,
        "AccessControlPolicy Owner ID DisplayName AccessControlList Grant",
    ),
    Kind(
        "copy",
        lambda c: (
            c.put("a"),
            c.call("PUT", "b", None, b"", {"x-oss-copy-source": f"/{BUCKET}/a"}),
        )[1],
        200,
        _XML
        | {
            "etag",
            "x-oss-copied-size",
            "x-oss-hash-crc64ecma",
            "x-oss-ia-retrieve-flow-type",
        },
        "CopyObjectResult ETag LastModified",
    ),
    Kind("delete several", lambda c: c.call("POST", "", _DELETE, _KEYS), 200, _TIMED),
    Kind(
        "put bucket",
        lambda c: c.call("PUT", "", None, b"", bucket="made-by-a-client"),
        200,
        _TIMED | {"location"},
    ),
    Kind(
        "buckets",
        _buckets,
        200,
        _XML,
        "ListAllMyBucketsResult Owner ID DisplayName Buckets Bucket Comment CreationDate "
        "ExtranetEndpoint IntranetEndpoint Location Name Region StorageClass",
    ),
    Kind("delete", _stored_then("DELETE"), 204, _TIMED),
    Kind("upload part", lambda c: c.part(c.initiate().element("UploadId")), 200, _STORED),
    Kind(
        "initiate",
        Client.initiate,
        200,
        _XML,
        "InitiateMultipartUploadResult EncodingType Bucket Key UploadId",
    ),
    Kind(
        "list parts",
        _parts,
        200,
        _XML,
        "ListPartsResult EncodingType Bucket Key UploadId StorageClass PartNumberMarker "
        "NextPartNumberMarker MaxParts IsTruncated Part PartNumber LastModified ETag Size",
    ),
    Kind(
        "complete",
        lambda c: c.complete(c.initiate().element("UploadId")),
        200,
        _XML | {"etag", "x-oss-hash-crc64ecma"},
        "CompleteMultipartUploadResult EncodingType Location Bucket Key ETag",
    ),
    Kind(
        "abort",
        lambda c: c.call("DELETE", "a", {"uploadId": c.initiate().element("UploadId")}),
        204,
        _TIMED,
    ),
    Kind(
        "list",
        _page("p/a", "p/b", prefix="p/"),
        200,
        _XML,
        f"{_LIST} MaxKeys {_TAIL} {_CONTENTS} KeyCount",
    ),
    Kind(
        "list, first page",
        _page("p/a", "p/b", prefix="p/", max_keys="1"),
        200,
        _XML,
        f"{_LIST} MaxKeys {_TAIL} NextContinuationToken {_CONTENTS} KeyCount",
    ),
    Kind(
        "list, middle page",
        _next_page("p/a", "p/b", "p/c", prefix="p/", max_keys="1"),
        200,
        _XML,
        f"{_LIST} ContinuationToken MaxKeys {_TAIL} NextContinuationToken {_CONTENTS} KeyCount",
    ),
    Kind(
        "list, last page",
        _next_page("p/a", "p/b", prefix="p/", max_keys="1"),
        200,
        _XML,
        f"{_LIST} ContinuationToken MaxKeys {_TAIL} {_CONTENTS} KeyCount",
    ),
    Kind(
        "list, last page with folders",
        _next_page("p/a", "p/b", "p/c/d", prefix="p/", delimiter="/", max_keys="5"),
        200,
        _XML,
        f"{_LIST} ContinuationToken MaxKeys {_TAIL} {_CONTENTS} CommonPrefixes KeyCount",
    ),
    Kind(
        "list, last page without folders",
        _next_page("p/a", "p/b", prefix="p/", delimiter="/", max_keys="5"),
        200,
        _XML,
        f"{_LIST} ContinuationToken MaxKeys {_TAIL} {_CONTENTS} KeyCount",
    ),
    Kind(
        "list, objects and folders",
        _page("p/a", "p/b/c", prefix="p/", delimiter="/"),
        200,
        _XML,
        f"{_LIST} MaxKeys {_TAIL} {_CONTENTS} CommonPrefixes KeyCount",
    ),
    Kind(
        "list, objects and folders, first page",
        _page("p/a", "p/b/c", "p/d", prefix="p/", delimiter="/", max_keys="2"),
        200,
        _XML,
        f"{_LIST} MaxKeys {_TAIL} NextContinuationToken {_CONTENTS} CommonPrefixes KeyCount",
    ),
    Kind(
        "list, folders",
        _page("p/a/b", "p/c/d", prefix="p/", delimiter="/"),
        200,
        _XML,
        f"{_LIST} MaxKeys {_TAIL} CommonPrefixes KeyCount",
    ),
    Kind(
        "list, folders, first page",
        _page("p/a/b", "p/c/d", prefix="p/", delimiter="/", max_keys="1"),
        200,
        _XML,
        f"{_LIST} MaxKeys {_TAIL} NextContinuationToken CommonPrefixes KeyCount",
    ),
)


@dataclass(frozen=True)
class Failure:
    """One kind of recorded error: `detail` are its own elements."""

    name: str
    act: Callable[[Client], OssReply]
    status: int
    code: str
    detail: str
    ec: str


_UPLOAD = {"encoding-type": "url", "uploadId": "0" * 32}
_WRONG_MD5 = {"content-md5": "AAAAAAAAAAAAAAAAAAAAAA=="}

FAILURES = (
    Failure("get", lambda c: c.call("GET", "no"), 404, "NoSuchKey", "Key", "0026-00000001"),
    Failure("head", lambda c: c.call("HEAD", "no"), 404, "NoSuchKey", "Key", "0026-00000001"),
    Failure(
        "object meta",
        lambda c: c.call("HEAD", "no", {"objectMeta": ""}),
        404,
        "NoSuchKey",
        "Key",
        "0026-00000001",
    ),
    Failure(
        "copy of an absent object",
        lambda c: c.call("PUT", "a", None, b"", {"x-oss-copy-source": f"/{BUCKET}/no"}),
        404,
        "NoSuchKey",
        "Key",
        "0026-00000001",
    ),
    Failure(
        "put tags",
        lambda c: c.call("PUT", "no", {"tagging": ""}, _TAGS),
        404,
        "NoSuchKey",
        "Key",
        "0026-00000001",
    ),
    Failure(
        "abort",
        lambda c: c.call("DELETE", "a", {"uploadId": "0" * 32}),
        404,
        "NoSuchUpload",
        "UploadId",
        "0042-00000002",
    ),
    Failure(
        "complete",
        lambda c: c.complete("0" * 32, wrong="x"),
        404,
        "NoSuchUpload",
        "UploadId",
        "0042-00000203",
    ),
    Failure(
        "complete with a wrong part",
        lambda c: c.complete(c.initiate().element("UploadId"), wrong="fake"),
        400,
        "InvalidPart",
        "ETag PartNumber UploadId",
        "0042-00000212",
    ),
    Failure(
        "put with a wrong digest",
        lambda c: c.call("PUT", "a", None, b"x", _WRONG_MD5),
        400,
        "InvalidDigest",
        "Content-MD5",
        "0017-00000503",
    ),
    Failure(
        "put into a bucket with a wrong name",
        lambda c: c.call("PUT", "a", None, b"x", bucket="bucketWithCapitals"),
        400,
        "InvalidBucketName",
        "BucketName",
        "0015-00000001",
    ),
)

#: The calls that were recorded with an unknown AccessKey and for an absent bucket.
CALLS: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("GET", "a", {}),
    ("HEAD", "a", {}),
    ("PUT", "a", {}),
    ("DELETE", "a", {}),
    ("GET", "", {"encoding-type": "url", "list-type": "2", "prefix": "p"}),
    ("POST", "a", {"encoding-type": "url", "uploads": ""}),
    ("PUT", "a", {"partNumber": "1", "uploadId": "0" * 32}),
    ("GET", "a", {"tagging": ""}),
    ("PUT", "a", {"tagging": ""}),
    ("POST", "", _DELETE),
    ("GET", "a", _UPLOAD),
    ("POST", "a", _UPLOAD),
    ("DELETE", "a", {"uploadId": "0" * 32}),
)


@pytest.fixture
def client(cloud: FakeCloud, owner: Credential) -> Client:
    return Client(cloud, owner)


def header_names(reply: OssReply) -> set[str]:
    return set(reply.headers) - _TRANSPORT


def elements(body: bytes) -> str:
    """The names of the elements in the order of their first use."""
    return " ".join(dict.fromkeys(re.findall(r"<([A-Za-z][\w-]*)>", body.decode())))


@pytest.mark.parametrize("kind", SUCCESSES, ids=lambda kind: kind.name)
def test_success(client: Client, kind: Kind) -> None:
    reply = kind.act(client)
    assert reply.status == kind.status
    assert header_names(reply) == set(kind.headers)
    assert elements(reply.body) == kind.elements
    assert reply.headers["server"] == "AliyunOSS"
    if kind.elements:
        assert reply.headers["content-type"] == "application/xml"


def check_failure(reply: OssReply, status: int, code: str, detail: str, ec: str) -> None:
    assert reply.status == status
    expected = _XML | {"x-oss-ec"}
    if code == "NoSuchBucket":
        expected -= {"x-oss-server-time"}
    body = reply.body
    if "x-oss-err" in reply.headers:
        expected |= {"x-oss-err"}
        body = base64.b64decode(reply.headers["x-oss-err"])
    assert body
    assert header_names(reply) == expected
    assert elements(body) == f"{_FAILED} {detail} {_ADVICE}"
    assert f"<Code>{code}</Code>" in body.decode()
    assert reply.headers["x-oss-ec"] == ec
    assert f"<EC>{ec}</EC>" in body.decode()
    assert f"<RecommendDoc>https://api.aliyun.com/troubleshoot?q={ec}<" in body.decode()


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_failure(client: Client, failure: Failure) -> None:
    reply = failure.act(client)
    check_failure(reply, failure.status, failure.code, failure.detail, failure.ec)


@pytest.mark.parametrize(("method", "key", "query"), CALLS)
def test_unknown_access_key(
    client: Client, method: str, key: str, query: Mapping[str, str]
) -> None:
    headers = {
        "authorization": "OSS unknownAccessKey:c2lnbmF0dXJl",
        "x-oss-date": formatdate(usegmt=True),
    }
    body = b"" if method in ("PUT", "POST") else None
    reply = client.send(method, key, query, body, headers)
    check_failure(reply, 403, "InvalidAccessKeyId", "OSSAccessKeyId", "0002-00000002")


@pytest.mark.parametrize(("method", "key", "query"), [*CALLS, ("GET", "", {"acl": ""})])
def test_absent_bucket(client: Client, method: str, key: str, query: Mapping[str, str]) -> None:
    body = b"" if method in ("PUT", "POST") else None
    reply = client.call(method, key, query, body, bucket="absent-bucket")
    check_failure(reply, 404, "NoSuchBucket", "BucketName", "0015-00000101")


def test_errors_have_the_ec_under_which_the_vendor_describes_them(
    cloud: FakeCloud, owner: Credential, issue: Issue
) -> None:
    """Source: the pages of the OSS documentation, one for each EC."""
    put = {"x-oss-forbid-overwrite": "true"}
    assert browser(cloud, owner, "PUT", "a.txt", b"one").status == 200
    begun = browser(cloud, owner, "POST", "a.txt", query={"uploads": ""})
    upload_id = str(begun.element("UploadId"))
    other = issue().security_token or ""
    mixed = replace(owner, security_token=other)
    garbage = replace(owner, security_token="CAISgarbage")
    short = browser_headers(owner, "PUT", "b.txt")
    for reply, code, ec in (
        (
            browser(cloud, owner, "PUT", "a.txt", b"two", headers=put),
            "FileAlreadyExists",
            "0026-00000002",
        ),
        (
            browser(
                cloud,
                owner,
                "POST",
                "a.txt",
                b"<CompleteMultipartUpload></CompleteMultipartUpload>",
                query={"uploadId": upload_id},
                headers=put,
            ),
            "FileAlreadyExists",
            "0042-00000214",
        ),
        (
            browser(cloud, owner, "GET", "a.txt", headers={"if-match": '"x"'}),
            "PreconditionFailed",
            "0017-00001001",
        ),
        (
            browser(cloud, owner, "POST", "c", b"x", query={"append": "", "position": "7"}),
            "PositionNotEqualToLength",
            "0026-00000016",
        ),
        (
            browser(cloud, owner, "POST", "a.txt", b"x", query={"append": "", "position": "3"}),
            "ObjectNotAppendable",
            "0026-00000017",
        ),
        (send(cloud, "PUT", f"/{BUCKET}/b.txt", short), "MissingContentLength", "0017-00000101"),
        (
            browser(cloud, mixed, "GET", "a.txt"),
            "AccessKeyIdAndSecurityTokenNotMatch",
            "0002-00000004",
        ),
        (browser(cloud, garbage, "GET", "a.txt"), "InvalidSecurityToken", "0002-00000008"),
    ):
        assert (reply.code, reply.element("EC"), reply.headers["x-oss-ec"]) == (code, ec, ec)
