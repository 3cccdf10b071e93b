"""Access: signatures, nonces, dates, permissions, pages, and `--allow-deploy`."""

from __future__ import annotations

import base64
import hmac
import json
import uuid
from email.utils import formatdate
from typing import Any

import oss2
import pytest
from alibabacloud_fc20230330 import models

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.testing.fc import ANONYMOUS, Fc, FcRequest, refusal, send, upload_key, zipped

FUNCTIONS = "/2023-03-30/functions"


def allow(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}
    return {"Version": "1", "Statement": [statement]}


def try_it(cloud: FakeCloud, made: FcRequest, **changed: str) -> tuple[int, str]:
    """Status and code of a signed request whose headers were changed after signing."""
    headers = {**made.signed(cloud.endpoint), **changed}
    query = "&".join(f"{name}={value}" for name, value in made.query.items())
    target = f"{made.path}?{query}" if query else made.path
    answer = send(cloud.endpoint, made.method, target, headers, made.body or None)
    return answer.status, "" if answer.status < 300 else answer.code


def test_the_signature_covers_path_query_method_and_body(fc: Fc) -> None:
    cloud, admin = fc.cloud, fc.cloud.admin
    fc.create()
    wrong = (403, "SignatureNotMatch")
    assert try_it(cloud, FcRequest(admin, "GET", f"{FUNCTIONS}/echo")) == (200, "")
    signed = FcRequest(admin, "GET", f"{FUNCTIONS}/other").signed(cloud.endpoint)
    assert send(cloud.endpoint, "GET", f"{FUNCTIONS}/echo", signed).code == wrong[1]
    signed = FcRequest(admin, "GET", FUNCTIONS, query={"limit": "1"}).signed(cloud.endpoint)
    assert send(cloud.endpoint, "GET", f"{FUNCTIONS}?limit=2", signed).code == wrong[1]
    signed = FcRequest(admin, "GET", f"{FUNCTIONS}/echo").signed(cloud.endpoint)
    assert send(cloud.endpoint, "DELETE", f"{FUNCTIONS}/echo", signed).code == wrong[1]
    body = b'{"timeout":5}'
    signed = FcRequest(admin, "PUT", f"{FUNCTIONS}/echo", body).signed(cloud.endpoint)
    other = body.replace(b"5", b"6")
    answer = send(cloud.endpoint, "PUT", f"{FUNCTIONS}/echo", signed, other)
    assert (answer.status, answer.code) == wrong
    assert fc.get("echo")["timeout"] == 3


def test_a_wrong_secret_and_an_unknown_key_are_refused_without_an_echo(fc: Fc) -> None:
    cloud = fc.cloud
    stranger = Credential("LTAInobody", "x" * 30, cloud.admin.principal, ())
    guessed = Credential(cloud.admin.access_key_id, "x" * 30, cloud.admin.principal, ())
    assert try_it(cloud, FcRequest(stranger, "GET", FUNCTIONS)) == (403, "InvalidAccessKeyID")
    made = FcRequest(guessed, "GET", FUNCTIONS).signed(cloud.endpoint)
    answer = send(cloud.endpoint, "GET", FUNCTIONS, made)
    assert (answer.status, answer.code) == (403, "SignatureNotMatch")
    assert made["Authorization"].rpartition("=")[2] not in answer.body.decode()
    assert set(json.loads(answer.body)) == {"RequestId", "Code", "Message"}


def test_a_request_counts_once_and_for_fifteen_minutes(fc: Fc) -> None:
    cloud, admin = fc.cloud, fc.cloud.admin
    made = FcRequest(admin, "GET", FUNCTIONS).signed(cloud.endpoint)
    assert send(cloud.endpoint, "GET", FUNCTIONS, made).status == 200
    again = send(cloud.endpoint, "GET", FUNCTIONS, made)
    assert (again.status, again.code) == (400, "SignatureNonceUsed")
    old = FcRequest(admin, "GET", FUNCTIONS, date="2026-01-01T00:00:00Z")
    assert try_it(cloud, old) == (400, "InvalidArgument")


def test_every_header_of_the_protocol_must_be_signed(fc: Fc) -> None:
    cloud, admin = fc.cloud, fc.cloud.admin
    made = FcRequest(admin, "GET", FUNCTIONS)
    assert try_it(cloud, made, **{"x-acs-signature-nonce": uuid.uuid4().hex})[0] == 403
    assert try_it(cloud, made, **{"x-acs-anything": "x"}) == (400, "InvalidArgument")
    for header in ("x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"):
        signed = made.signed(cloud.endpoint)
        del signed[header]
        assert send(cloud.endpoint, "GET", FUNCTIONS, signed).code == "MissingRequiredHeader"
    unsigned = send(cloud.endpoint, "GET", FUNCTIONS)
    assert (unsigned.status, unsigned.code) == (400, "MissingRequiredHeader")


def test_headers_must_agree_with_the_path(fc: Fc) -> None:
    cloud, admin = fc.cloud, fc.cloud.admin
    other = FcRequest(admin, "GET", FUNCTIONS, action="DeleteFunction")
    assert try_it(cloud, other) == (400, "InvalidArgument")
    older = FcRequest(admin, "GET", FUNCTIONS, headers={"x-acs-version": "2021-04-06"})
    assert try_it(cloud, older) == (400, "InvalidArgument")
    for path in (f"{FUNCTIONS}/a/unheard-of", "/2023-03-30/", f"{FUNCTIONS}/", "/2016-08-15/x"):
        assert try_it(cloud, FcRequest(admin, "GET", path)) == (400, "PathNotSupported")


def test_a_session_s_token_is_checked(fc: Fc) -> None:
    cloud = fc.cloud
    key = cloud.identities.issue(cloud.admin.principal, cloud.admin.policies, 900)
    assert try_it(cloud, FcRequest(key, "GET", FUNCTIONS))[0] == 200
    without = Credential(key.access_key_id, key.access_key_secret, key.principal, ())
    assert try_it(cloud, FcRequest(without, "GET", FUNCTIONS)) == (400, "MissingSecurityToken")
    cloud.clock.advance(901)
    expired = try_it(cloud, FcRequest(key, "GET", FUNCTIONS))
    assert expired == (400, "InvalidSecurityToken.Expired")


def test_permissions_are_those_of_the_policy(fc: Fc) -> None:
    cloud = fc.cloud
    arn = f"acs:fc:cn-shanghai:{cloud.account_id}:functions/mine*"
    key = cloud.ram.add_user(
        "deployer",
        allow("fc:*", resource=arn),
        allow("ram:PassRole", resource=fc.role("shop-play")),
    )
    mine = Fc(cloud, key)
    mine.create("mine-1", role=fc.role("shop-play"))
    mine.trigger("mine-1", ANONYMOUS)
    assert mine.get("mine-1")["functionName"] == "mine-1"
    for call in (
        lambda: mine.create("theirs"),
        mine.names,
        lambda: mine.create("mine-2", role=fc.role("shop-upload")),
        lambda: mine.sdk.get_function("theirs", models.GetFunctionRequest()),
    ):
        refused = refusal(call)
        assert (refused.status, refused.code) == (403, "AccessDenied")
    assert "ram:PassRole" in refusal(lambda: mine.update("mine-1", role=fc.role())).message


def test_a_package_in_the_caller_s_bucket_needs_permission_to_read_it(fc: Fc) -> None:
    cloud = fc.cloud
    cloud.storage.create_bucket("my-code", "cn-shanghai", cors=())
    admin = oss2.Auth(cloud.admin.access_key_id, cloud.admin.access_key_secret)
    oss2.Bucket(admin, cloud.url, "my-code").put_object("a/b.zip", zipped({"index.py": "x"}))
    code = {"ossBucketName": "my-code", "ossObjectName": "a/b.zip"}
    poor = Fc(cloud, cloud.ram.add_user("poor", allow("fc:*")))
    assert refusal(lambda: poor.create(code=code)).code == "AccessDenied"
    reader = cloud.ram.add_user("reader", allow("fc:*", "oss:GetObject"))
    assert Fc(cloud, reader).create(code=code)["codeSize"] > 0


class TestWithoutAllowDeploy:
    """A cloud that was started without `--allow-deploy`."""

    def test_everything_that_changes_something_is_refused_clearly(self, cloud: FakeCloud) -> None:
        fc = Fc(cloud)
        writes = [one for one in cloud.fc.operations.all if one.writes]
        assert len(writes) > 15
        for operation in writes:
            path = operation.path
            for name in ("function", "trigger", "domain", "version", "alias"):
                path = path.replace(f"{{{name}}}", "a.example.com" if name == "domain" else "echo")
            body = (
                b'{"functionName":"echo","triggerName":"t","domainName":"a.example.com"}'
                if operation.name != "CreateAlias"
                else b'{"aliasName":"echo"}'
            )
            sent = b"" if operation.method == "DELETE" else body
            made = FcRequest(cloud.admin, operation.method, path, sent)
            answer = send(
                cloud.endpoint, operation.method, path, made.signed(cloud.endpoint), sent or None
            )
            assert (answer.status, answer.code) == (403, "AccessDenied"), operation.name
            assert "--allow-deploy" in answer.message
        assert fc.names() == []

    def test_no_key_to_upload_code_is_given_out(self, cloud: FakeCloud) -> None:
        answer = upload_key(cloud)
        assert (answer.status, "--allow-deploy" in answer.message) == (403, True)
        assert cloud.storage.bucket("fc-temporary-code-cn-shanghai") is None

    def test_a_wrong_signature_is_refused_first(self, cloud: FakeCloud) -> None:
        stranger = Credential("LTAInobody", "x" * 30, cloud.admin.principal, ())
        made = FcRequest(stranger, "POST", FUNCTIONS, b"{}").signed(cloud.endpoint)
        assert send(cloud.endpoint, "POST", FUNCTIONS, made, b"{}").code == "InvalidAccessKeyID"


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_pages_of_a_foreign_origin_are_refused_and_get_no_cors_headers(
    fc: Fc, headers: dict[str, str]
) -> None:
    cloud = fc.cloud
    signed = FcRequest(cloud.admin, "GET", FUNCTIONS).signed(cloud.endpoint)
    for method, sent in (("GET", {**signed, **headers}), ("OPTIONS", headers), ("POST", headers)):
        answer = send(cloud.endpoint, method, FUNCTIONS, sent)
        assert answer.status == 403
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    token = send(cloud.endpoint, "GET", "/2016-08-15/tempBucketToken", headers)
    assert token.status == 403


def test_the_service_s_own_names_lead_to_it(fc: Fc) -> None:
    cloud = fc.cloud
    for name in ("fcv3.cn-shanghai.localhost", f"{cloud.account_id}.cn-shanghai.fc.localhost"):
        host = f"{name}:{cloud.port}"
        signed = FcRequest(cloud.admin, "GET", FUNCTIONS).signed(host)
        assert send(cloud.endpoint, "GET", FUNCTIONS, signed).status == 200
    evil = FcRequest(cloud.admin, "GET", FUNCTIONS).signed("evil.example")
    assert send(cloud.endpoint, "GET", FUNCTIONS, evil).status == 421


class TestKeyToUploadCode:
    """`tempBucketToken`, the only call that still has the signature from before 3.0."""

    def test_it_opens_one_object_for_writing_and_nothing_else(self, fc: Fc) -> None:
        cloud = fc.cloud
        given = json.loads(upload_key(cloud).body)
        keys = given["credentials"]
        auth = oss2.StsAuth(keys["AccessKeyId"], keys["AccessKeySecret"], keys["SecurityToken"])
        bucket = oss2.Bucket(auth, cloud.url, given["ossBucket"])
        name = f"{cloud.account_id}/{given['objectName']}"
        bucket.put_object(name, zipped({"index.py": "x = 1"}))
        for call in (
            lambda: bucket.get_object(name),
            lambda: bucket.put_object(f"{cloud.account_id}/other", b""),
            lambda: bucket.delete_object(name),
            bucket.list_objects,
        ):
            with pytest.raises(oss2.exceptions.ServerError):
                call()
        assert json.loads(upload_key(cloud).body)["objectName"] != given["objectName"]
        code = {"ossBucketName": given["ossBucket"], "ossObjectName": name}
        assert fc.create(code=code)["codeSize"] > 0

    def test_what_was_uploaded_goes_when_the_key_expires(self, fc: Fc) -> None:
        cloud = fc.cloud
        given = json.loads(upload_key(cloud).body)
        keys = given["credentials"]
        auth = oss2.StsAuth(keys["AccessKeyId"], keys["AccessKeySecret"], keys["SecurityToken"])
        bucket = oss2.Bucket(auth, cloud.url, given["ossBucket"])
        bucket.put_object(f"{cloud.account_id}/{given['objectName']}", b"x")
        cloud.clock.advance(3601)
        assert cloud.storage.objects(given["ossBucket"]) == []

    def test_a_session_gets_one_too(self, fc: Fc) -> None:
        key = fc.cloud.identities.issue(fc.cloud.admin.principal, fc.cloud.admin.policies, 900)
        assert upload_key(fc.cloud, key=key).status == 200

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"secret": "guessed"}, "SignatureNotMatch"),
            ({"path": "/2016-08-15/tempBucketToken?x=1"}, "PathNotSupported"),
            ({"date": formatdate(1_700_000_000, usegmt=True)}, "InvalidArgument"),
            ({"date": "yesterday"}, "InvalidArgument"),
            ({"x_fc_account_id": "1"}, "InvalidArgument"),
            ({"x_fc_security_token": "x"}, "InvalidSecurityToken.Malformed"),
        ],
    )
    def test_it_is_refused(self, fc: Fc, changes: dict[str, str], code: str) -> None:
        assert upload_key(fc.cloud, **changes).code == code  # type: ignore[arg-type]

    def test_it_accepts_no_other_scheme(self, fc: Fc) -> None:
        path = "/2016-08-15/tempBucketToken"
        signed = FcRequest(fc.cloud.admin, "GET", path).signed(fc.cloud.endpoint)
        assert send(fc.cloud.endpoint, "GET", path, signed).code == "MissingRequiredHeader"

    def test_the_deployment_tool_s_client_names_the_bucket_of_its_default_region(
        self, fc: Fc
    ) -> None:
        """ali-oss on Node, given the address of an IP, sends such a Host beside a bare path."""
        cloud = fc.cloud
        given = json.loads(upload_key(cloud).body)
        keys, bucket = given["credentials"], given["ossBucket"]
        name = f"{cloud.account_id}/{given['objectName']}"
        date, token = formatdate(usegmt=True), keys["SecurityToken"]
        signed = f"x-oss-date:{date}\nx-oss-security-token:{token}"
        message = f"PUT\n\n\n{date}\n{signed}\n/{bucket}/{name}"
        digest = hmac.new(keys["AccessKeySecret"].encode(), message.encode(), "sha1").digest()
        headers = {
            "Host": f"{bucket}.oss-cn-hangzhou.aliyuncs.com",
            "x-oss-date": date,
            "x-oss-security-token": token,
            "Authorization": f"OSS {keys['AccessKeyId']}:{base64.b64encode(digest).decode()}",
        }
        content = zipped({"index.py": "x = 1"})
        assert send(cloud.endpoint, "PUT", f"/{name}", headers, content).status == 200
        headers["Host"] = f"{bucket}.oss-cn-beijing.aliyuncs.com"
        elsewhere = send(cloud.endpoint, "PUT", f"/{name}", headers, content)
        assert elsewhere.status == 403
        assert b"<Endpoint>oss-cn-hangzhou.aliyuncs.com</Endpoint>" in elsewhere.body
