"""Buckets are created, described, listed and deleted by both official Python SDKs."""

from __future__ import annotations

import ast
from pathlib import Path

import alibabacloud_oss_v2 as oss
import oss2
import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.oss import Storage
from fakealiyun.testing.oss import (
    BUCKET,
    PAGE,
    OssReply,
    browser,
    browser_headers,
    preflight,
    sdk,
    send,
)
from tests.oss.conftest import Issue, newer_sdk

NAME = "made-by-a-client"
CORS = "<CORSConfiguration>{}</CORSConfiguration>"
RULE = "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>"


def bucket_of(cloud: FakeCloud, credential: Credential, version: str = "v1") -> oss2.Bucket:
    auth = oss2.StsAuth(
        credential.access_key_id,
        credential.access_key_secret,
        credential.security_token,
        auth_version=version,
    )
    return oss2.Bucket(auth, cloud.url, NAME, region="cn-shanghai")


@pytest.fixture
def made(cloud: FakeCloud, owner: Credential) -> oss2.Bucket:
    bucket = bucket_of(cloud, owner)
    bucket.create_bucket()
    return bucket


def code_of(action: object, *arguments: object, **more: object) -> tuple[int, str]:
    assert callable(action)
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        action(*arguments, **more)
    return caught.value.status, caught.value.code


def test_the_life_of_a_bucket(cloud: FakeCloud, owner: Credential, version: str) -> None:
    bucket = bucket_of(cloud, owner, version)
    assert code_of(bucket.get_bucket_info) == (404, "NoSuchBucket")
    created = bucket.create_bucket(
        oss2.BUCKET_ACL_PRIVATE, oss2.models.BucketCreateConfig(oss2.BUCKET_STORAGE_CLASS_STANDARD)
    )
    assert (created.status, created.headers["Location"]) == (200, f"/{NAME}")
    bucket.create_bucket()
    info = bucket.get_bucket_info()
    assert (info.name, info.location, info.acl.grant) == (NAME, "oss-cn-shanghai", "private")
    assert info.owner.id == cloud.account_id
    bucket.put_object("a", b"x")
    assert code_of(bucket.delete_bucket) == (409, "BucketNotEmpty")
    bucket.delete_object("a")
    upload = bucket.init_multipart_upload("a").upload_id
    assert code_of(bucket.delete_bucket) == (409, "BucketNotEmpty")
    bucket.abort_multipart_upload("a", upload)
    assert bucket.delete_bucket().status == 204
    assert code_of(bucket.delete_bucket) == (404, "NoSuchBucket")


def test_with_the_newer_sdk(cloud: FakeCloud, owner: Credential) -> None:
    client = newer_sdk(cloud, owner)
    client.put_bucket(oss.PutBucketRequest(bucket=NAME))
    info = client.get_bucket_info(oss.GetBucketInfoRequest(bucket=NAME)).bucket_info
    assert info is not None
    assert (info.name, info.location) == (NAME, "oss-cn-shanghai")
    listed = client.list_buckets(oss.ListBucketsRequest())
    assert NAME in [bucket.name for bucket in listed.buckets or []]
    rule = oss.CORSRule(allowed_origins=["*"], allowed_methods=["GET"], max_age_seconds=5)
    client.put_bucket_cors(
        oss.PutBucketCorsRequest(
            bucket=NAME, cors_configuration=oss.CORSConfiguration(cors_rules=[rule])
        )
    )
    found = client.get_bucket_cors(oss.GetBucketCorsRequest(bucket=NAME)).cors_configuration
    assert found is not None
    assert [one.allowed_methods for one in found.cors_rules or []] == [["GET"]]
    client.delete_bucket_cors(oss.DeleteBucketCorsRequest(bucket=NAME))
    client.delete_bucket(oss.DeleteBucketRequest(bucket=NAME))
    assert cloud.storage.bucket(NAME) is None


def by_host(cloud: FakeCloud, owner: Credential, name: str, body: bytes = b"") -> OssReply:
    headers = browser_headers(owner, "PUT", "", bucket=name)
    return send(cloud, "PUT", "/", headers, body, host=f"{name}.oss-cn-shanghai.aliyuncs.com")


def test_by_its_own_host_name(cloud: FakeCloud, owner: Credential) -> None:
    assert by_host(cloud, owner, NAME).status == 200
    bucket = cloud.storage.bucket(NAME)
    assert bucket is not None
    assert (bucket.region, bucket.cors) == ("cn-shanghai", ())


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (
            "<LocationConstraint>oss-cn-beijing</LocationConstraint>",
            400,
            "InvalidLocationConstraint",
        ),
        ("<StorageClass>Archive</StorageClass>", 501, "NotImplemented"),
        ("<StorageClass><a/></StorageClass>", 400, "MalformedXML"),
    ],
)
def test_configurations_that_are_refused(
    cloud: FakeCloud, owner: Credential, body: str, status: int, code: str
) -> None:
    document = f"<CreateBucketConfiguration>{body}</CreateBucketConfiguration>".encode()
    reply = by_host(cloud, owner, NAME, document)
    assert (reply.status, reply.code) == (status, code)
    assert cloud.storage.bucket(NAME) is None


def test_a_public_bucket_is_refused(cloud: FakeCloud, owner: Credential) -> None:
    refused = code_of(bucket_of(cloud, owner).create_bucket, oss2.BUCKET_ACL_PUBLIC_READ)
    assert refused == (501, "NotImplemented")
    assert cloud.storage.bucket(NAME) is None


def test_only_with_permission(cloud: FakeCloud, issue: Issue) -> None:
    credential = issue(NAME, f"{NAME}/*", actions=("oss:PutObject", "oss:GetBucketInfo"))
    assert code_of(bucket_of(cloud, credential).create_bucket) == (403, "AccessDenied")
    assert cloud.storage.bucket(NAME) is None
    service = oss2.Service(bucket_of(cloud, credential).auth, cloud.url)
    assert code_of(service.list_buckets) == (403, "AccessDenied")


def test_a_stranger_creates_nothing(cloud: FakeCloud) -> None:
    reply = send(cloud, "PUT", "/", body=b"", host=f"{NAME}.oss-cn-shanghai.aliyuncs.com")
    assert (reply.status, reply.code) == (404, "NoSuchBucket")
    assert cloud.storage.bucket(NAME) is None


def test_the_list_of_buckets(cloud: FakeCloud, owner: Credential, made: oss2.Bucket) -> None:
    service = oss2.Service(made.auth, cloud.url)
    names = sorted(bucket.name for bucket in cloud.storage.buckets())
    for page in (1, 100):
        found = list(oss2.BucketIterator(service, max_keys=page))
        assert [bucket.name for bucket in found] == names
    assert [one.name for one in service.list_buckets(prefix="made-").buckets] == [NAME]


def test_a_reset_restores_the_buckets(cloud: FakeCloud, made: oss2.Bucket) -> None:
    sdk_bucket = oss2.Bucket(made.auth, cloud.url, BUCKET)
    sdk_bucket.delete_bucket_cors()
    sdk_bucket.delete_bucket()
    cloud.storage.reset()
    assert cloud.storage.bucket(NAME) is None
    restored = cloud.storage.bucket(BUCKET)
    assert restored is not None
    assert restored.cors


def vod_bucket(storage: Storage) -> str:
    return next(bucket.name for bucket in storage.buckets() if bucket.managed)


def test_a_bucket_of_a_service_is_not_ours(cloud: FakeCloud, owner: Credential) -> None:
    name = vod_bucket(cloud.storage)
    bucket = oss2.Bucket(sdk(cloud, owner).auth, cloud.url, name)
    assert code_of(bucket.delete_bucket) == (403, "AccessDenied")
    assert code_of(bucket.delete_bucket_cors) == (403, "AccessDenied")
    assert code_of(bucket.put_bucket_cors, oss2.models.BucketCors([])) == (403, "AccessDenied")
    assert code_of(bucket.create_bucket) == (409, "BucketAlreadyExists")


class TestCors:
    def test_rules_are_kept_and_used(self, cloud: FakeCloud, made: oss2.Bucket) -> None:
        assert code_of(made.get_bucket_cors) == (404, "NoSuchCORSConfiguration")
        assert preflight(cloud, f"/{NAME}/a").status == 403
        rules = [
            oss2.models.CorsRule([PAGE], ["PUT", "POST"], ["*"], ["ETag", "x-oss-id"], 60),
            oss2.models.CorsRule(["https://*.example"], ["GET"]),
        ]
        made.put_bucket_cors(oss2.models.BucketCors(rules))
        found = made.get_bucket_cors().rules
        assert [one.allowed_origins for one in found] == [[PAGE], ["https://*.example"]]
        assert found[0].allowed_methods == ["PUT", "POST"]
        assert found[0].expose_headers == ["ETag", "x-oss-id"]
        assert found[0].max_age_seconds == 60
        answer = preflight(cloud, f"/{NAME}/a")
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert answer.headers["access-control-max-age"] == "60"
        made.delete_bucket_cors()
        assert preflight(cloud, f"/{NAME}/a").status == 403

    @pytest.mark.parametrize("vary", [True, False])
    def test_answers_vary_if_asked(self, cloud: FakeCloud, made: oss2.Bucket, vary: bool) -> None:
        rule = oss2.models.CorsRule(["*"], ["PUT"], ["*"])
        made.put_bucket_cors(oss2.models.BucketCors([rule], vary))
        assert made.get_bucket_cors().response_vary is vary
        answer = preflight(cloud, f"/{NAME}/a")
        assert answer.headers.get("vary") == ("Origin" if vary else None)

    @pytest.mark.parametrize(
        ("rules", "code"),
        [
            ("", "MalformedXML"),
            ("<CORSRule/>", "MalformedXML"),
            ("<CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule>", "MalformedXML"),
            (f"<CORSRule>{RULE}<Other>1</Other></CORSRule>", "MalformedXML"),
            (f"<CORSRule>{RULE}<AllowedMethod>PATCH</AllowedMethod></CORSRule>", "InvalidArgument"),
            (f"<CORSRule>{RULE}<AllowedHeader>*-*</AllowedHeader></CORSRule>", "InvalidArgument"),
            (f"<CORSRule>{RULE}<ExposeHeader>*</ExposeHeader></CORSRule>", "InvalidArgument"),
            (f"<CORSRule>{RULE}<MaxAgeSeconds>-1</MaxAgeSeconds></CORSRule>", "InvalidArgument"),
            (f"<CORSRule>{RULE}</CORSRule>" * 11, "CORSRuleBeyondLimit"),
            (
                f"<CORSRule>{RULE}</CORSRule><ResponseVary>no</ResponseVary>",
                "MalformedXML",
            ),
        ],
    )
    def test_rules_that_are_refused(
        self, cloud: FakeCloud, owner: Credential, made: oss2.Bucket, rules: str, code: str
    ) -> None:
        body = CORS.format(rules).encode()
        reply = browser(cloud, owner, "PUT", "", body, query={"cors": ""}, bucket=NAME)
        assert (reply.status, reply.code) == (400, code)
        assert code_of(made.get_bucket_cors)[0] == 404


def test_location_and_statistics(
    made: oss2.Bucket, cloud: FakeCloud, owner: Credential, version: str
) -> None:
    bucket = bucket_of(cloud, owner, version)
    assert bucket.get_bucket_location().location == "oss-cn-shanghai"
    bucket.put_object("a", b"1234")
    bucket.put_object("b", b"56")
    upload = bucket.init_multipart_upload("c").upload_id
    bucket.upload_part("c", upload, 1, b"789")
    stat = bucket.get_bucket_stat()
    assert (stat.storage_size_in_bytes, stat.object_count) == (6, 2)
    assert (stat.multi_part_upload_count, stat.multipart_part_count) == (1, 1)
    newer = newer_sdk(cloud, owner)
    location = newer.get_bucket_location(oss.GetBucketLocationRequest(bucket=NAME))
    assert location.location == "oss-cn-shanghai"
    found = newer.get_bucket_stat(oss.GetBucketStatRequest(bucket=NAME))
    assert (found.storage, found.standard_object_count, found.archive_storage) == (6, 2, 0)
    cloud.storage.create_bucket("elsewhere", "cn-beijing")
    path = f"/{NAME}?location"
    reply = send(cloud, "GET", path, browser_headers(owner, "GET", "", bucket=NAME))
    assert reply.status == 403  # `location` is part of what is signed


def test_they_need_a_permission(made: oss2.Bucket, cloud: FakeCloud, issue: Issue) -> None:
    for name, call in (("Location", "get_bucket_location"), ("Stat", "get_bucket_stat")):
        allowed = bucket_of(cloud, issue(NAME, actions=(f"oss:GetBucket{name}",)))
        assert getattr(allowed, call)().status == 200
        other = bucket_of(cloud, issue(NAME, actions=("oss:GetBucketInfo",)))
        assert code_of(getattr(other, call)) == (403, "AccessDenied")


def operations_of_the_sdk() -> list[tuple[str, dict[str, str], bool, bool]]:
    """Method and parameters of each operation of oss-v2, from its source, and whether it has a key.

    It lists an operation as `OperationInput(op_name=…, method=…, parameters={…}, bucket=…, key=…)`.
    """
    found = []
    for path in sorted((Path(oss.__file__).parent / "operations").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "OperationInput":
                given = {word.arg: word.value for word in node.keywords}
                method = ast.literal_eval(given["method"])
                literal = given.get("parameters")
                pairs = (
                    zip(literal.keys, literal.values, strict=True)
                    if isinstance(literal, ast.Dict)
                    else ()
                )
                names = {
                    str(ast.literal_eval(name)): str(value.value)
                    if isinstance(value, ast.Constant)
                    else ""
                    for name, value in pairs
                    if name is not None
                }
                found.append((method, names, "key" in given, "bucket" in given))
    return found


def test_no_operation_of_the_newest_sdk_is_taken_for_another(
    made: oss2.Bucket, cloud: FakeCloud, owner: Credential
) -> None:
    """An operation that is not faked is refused. It must not list or change something else."""
    asked = operations_of_the_sdk()
    assert len(asked) > 150
    bare = {(method, key, bucket) for method, names, key, bucket in asked if not names}
    assert ("GET", False, False) in bare  # ListBuckets
    made.put_object("known", b"content")
    client = newer_sdk(cloud, owner, once=True)
    refused = 0
    for method, names, key, bucket in asked:
        if not names or method == "POST":
            continue
        operation = oss.OperationInput(
            op_name="Any",
            method=method,
            parameters=names,
            bucket=NAME if bucket else None,
            key="known" if key else None,
        )
        code = ""
        try:
            client.invoke_operation(operation)
        except oss.exceptions.OperationError as error:
            code = error.unwrap().code
        if not bucket:
            assert code == "NotImplemented", (method, names)
        refused += code == "NotImplemented"
    assert refused > 80
