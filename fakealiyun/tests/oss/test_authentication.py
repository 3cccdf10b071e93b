"""Authentication: keys, tokens, dates, signatures, and the code of each error."""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime, formatdate, parsedate_to_datetime

import alibabacloud_oss_v2 as oss
import oss2
import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.oss import sign_url
from fakealiyun.ram.principal import cloud_service
from fakealiyun.testing.oss import BUCKET, OssReply, browser, browser_headers, sdk, send
from tests.oss.conftest import ALL, Issue, PassTime


def refused(client: oss2.Bucket) -> oss2.exceptions.ServerError:
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        client.put_object("a.mp4", b"content")
    return caught.value


def client(cloud: FakeCloud, version: str, key: str, secret: str, token: str | None) -> oss2.Bucket:
    auth = oss2.StsAuth(key, secret, token, auth_version=version)
    return oss2.Bucket(auth, cloud.url, BUCKET, region="cn-shanghai")


def test_the_right_credential_is_let_in(cloud: FakeCloud, owner: Credential, version: str) -> None:
    assert sdk(cloud, owner, version).put_object("a.mp4", b"content").status == 200


def test_a_wrong_secret(cloud: FakeCloud, owner: Credential, version: str) -> None:
    wrong = client(cloud, version, owner.access_key_id, "wrong", owner.security_token)
    error = refused(wrong)
    assert (error.status, error.code) == (403, "SignatureDoesNotMatch")
    assert error.details["OSSAccessKeyId"] == owner.access_key_id
    assert error.details["StringToSign"].startswith("PUT" if version == "v1" else "OSS4-")
    assert cloud.storage.get(BUCKET, "a.mp4") is None


def test_an_unknown_key(cloud: FakeCloud, owner: Credential, version: str) -> None:
    error = refused(client(cloud, version, "STS.unknown", "s", owner.security_token))
    assert (error.status, error.code) == (403, "InvalidAccessKeyId")


def test_a_session_without_its_token(cloud: FakeCloud, owner: Credential, version: str) -> None:
    error = refused(client(cloud, version, owner.access_key_id, owner.access_key_secret, None))
    assert (error.status, error.code) == (403, "InvalidAccessKeyId")


def test_a_token_that_never_was(cloud: FakeCloud, owner: Credential, version: str) -> None:
    garbage = client(cloud, version, owner.access_key_id, owner.access_key_secret, "CAISgarbage")
    error = refused(garbage)
    assert (error.status, error.code) == (403, "InvalidSecurityToken")


def test_a_long_term_key_with_a_token_that_never_was(cloud: FakeCloud) -> None:
    key = replace(cloud.admin, security_token="garbage")
    reply = browser(cloud, key, "GET", "a")
    assert (reply.status, reply.code) == (403, "InvalidAccessKeyId")
    assert reply.element("OSSAccessKeyId") == cloud.admin.access_key_id


def test_the_token_of_another_key(
    cloud: FakeCloud, owner: Credential, issue: Issue, version: str
) -> None:
    other = issue().security_token
    error = refused(client(cloud, version, owner.access_key_id, owner.access_key_secret, other))
    assert (error.status, error.code) == (403, "AccessKeyIdAndSecurityTokenNotMatch")


def test_an_expired_token(cloud: FakeCloud, issue: Issue, version: str) -> None:
    credential = issue(lifetime=900)
    bucket = sdk(cloud, credential, version)
    bucket.put_object("a.mp4", b"content")
    cloud.clock.advance(901)
    error = refused(bucket)
    assert (error.status, error.code) == (403, "SecurityTokenExpired")
    assert error.details["EC"] == "0002-00000007"


def test_an_expired_token_may_be_answered_as_an_unknown_key(cloud: FakeCloud, issue: Issue) -> None:
    cloud.oss.answer_expired_keys_with("InvalidAccessKeyId")
    credential = issue(lifetime=900)
    cloud.clock.advance(901)
    error = refused(sdk(cloud, credential))
    assert (error.status, error.code) == (403, "InvalidAccessKeyId")
    with pytest.raises(ValueError, match="SecurityTokenExpired"):
        cloud.oss.answer_expired_keys_with("AccessDenied")


def test_nobody_gets_in_without_a_signature(cloud: FakeCloud) -> None:
    cloud_bucket = oss2.Bucket(oss2.AnonymousAuth(), cloud.url, BUCKET)
    error = refused(cloud_bucket)
    assert (error.status, error.code) == (403, "AccessDenied")


@pytest.fixture
def second(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> int:
    """A whole second at which the cloud's clock of this machine stands."""
    now = int(time.time())
    monkeypatch.setattr(cloud.clock, "wall", lambda: float(now))
    return now


@pytest.mark.parametrize("seconds", [-901, 901, -86400])
def test_a_date_too_far_away(
    cloud: FakeCloud, owner: Credential, second: int, seconds: int
) -> None:
    headers = browser_headers(owner, "PUT", "a.mp4", at=second + seconds)
    reply = send(cloud, "PUT", "/a.mp4", headers, b"x")
    assert (reply.status, reply.code) == (403, "RequestTimeTooSkewed")
    assert reply.element("MaxAllowedSkewMilliseconds") == "900000"
    assert reply.element("RequestTime")
    # The browser client sets its clock from this, so it must be the clock that checks dates.
    told = datetime.strptime(reply.element("ServerTime"), "%Y-%m-%dT%H:%M:%S.000Z")
    assert told.replace(tzinfo=timezone.utc).timestamp() == second


@pytest.mark.parametrize("seconds", [-900, 900])
def test_a_date_within_a_quarter_of_an_hour(
    cloud: FakeCloud, owner: Credential, second: int, seconds: int
) -> None:
    headers = browser_headers(owner, "PUT", "a.mp4", at=second + seconds)
    assert send(cloud, "PUT", "/a.mp4", headers, b"x").status == 200


def test_dates_are_held_against_the_wall_clock(
    cloud: FakeCloud, issue: Issue, version: str
) -> None:
    cloud.clock.advance(86400)
    assert sdk(cloud, issue(), version).put_object("a.mp4", b"x").status == 200


@pytest.mark.parametrize("date", ["", "yesterday", "2026-11-24T08:00:00Z", "0"])
def test_a_date_that_is_none(cloud: FakeCloud, owner: Credential, date: str) -> None:
    headers = browser_headers(owner, "GET", "a.mp4")
    reply = send(cloud, "GET", "/a.mp4", {**headers, "x-oss-date": date})
    assert (reply.status, reply.code) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("changed", "value"),
    [
        ("x-oss-security-token", None),
        ("content-type", "text/plain"),
        ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
        ("x-oss-meta-more", "x"),
        ("x-oss-forbid-overwrite", "true"),
    ],
)
def test_what_is_signed_cannot_be_changed(
    cloud: FakeCloud, owner: Credential, changed: str, value: str | None
) -> None:
    headers = browser_headers(owner, "PUT", "a.mp4", headers={"content-type": "video/mp4"})
    headers = {name.lower(): text for name, text in headers.items()}
    if value is None:
        del headers[changed]
    else:
        headers[changed] = value
    reply = send(cloud, "PUT", "/a.mp4", headers, b"x")
    assert reply.status == 403
    assert reply.code in ("SignatureDoesNotMatch", "InvalidAccessKeyId")


def test_a_signature_is_for_one_method_and_one_object(cloud: FakeCloud, owner: Credential) -> None:
    headers = browser_headers(owner, "GET", "a.mp4")
    for method, target in [("DELETE", "/a.mp4"), ("GET", "/b.mp4"), ("GET", "/a.mp4?acl")]:
        assert send(cloud, method, target, headers).code == "SignatureDoesNotMatch"


def v4_headers(credential: Credential, key: str) -> dict[str, str]:
    request = oss2.http.Request("GET", "http://unused.example", headers={"range": "bytes=0-1"})
    request.region, request.product, request.cloudbox_id = "cn-shanghai", "oss", None
    auth = oss2.ProviderAuthV4(
        oss2.credentials.StaticCredentialsProvider(
            credential.access_key_id, credential.access_key_secret, credential.security_token
        )
    )
    auth._sign_request(request, BUCKET, key, in_additional_headers={"range"})
    return {name.lower(): str(value) for name, value in request.headers.items()}


def v4_by_date(credential: Credential, key: str, region: str = "cn-shanghai") -> dict[str, str]:
    """Headers as the official Go SDK 3.0.2 signs them: the text of Date, without x-oss-date."""
    now = datetime.now(timezone.utc)
    date, day = formatdate(now.timestamp(), usegmt=True), f"{now:%Y%m%d}"
    signed = {
        "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
        "x-oss-security-token": str(credential.security_token),
    }
    lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
    canonical = f"GET\n/{BUCKET}/{key}\n\n{lines}\n\nUNSIGNED-PAYLOAD"
    scope = f"{day}/{region}/oss/aliyun_v4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    signing_key = f"aliyun_v4{credential.access_key_secret}".encode()
    for step in scope.split("/"):
        signing_key = hmac.digest(signing_key, step.encode(), "sha256")
    text = f"OSS4-HMAC-SHA256\n{date}\n{scope}\n{digest}"
    signature = hmac.digest(signing_key, text.encode(), "sha256").hex()
    authorization = (
        f"OSS4-HMAC-SHA256 Credential={credential.access_key_id}/{scope},Signature={signature}"
    )
    return {**signed, "date": date, "authorization": authorization}


def test_v4_by_date_alone(cloud: FakeCloud, owner: Credential) -> None:
    sdk(cloud, owner).put_object("a.mp4", b"content")
    headers = v4_by_date(owner, "a.mp4")
    assert send(cloud, "GET", f"/{BUCKET}/a.mp4", headers).body == b"content"
    signed = parsedate_to_datetime(headers["date"])
    # Of the same day, which the signature names too.
    other = signed + timedelta(seconds=60 if signed.hour < 12 else -60)
    moved = {**headers, "date": format_datetime(other, usegmt=True)}
    reply = send(cloud, "GET", f"/{BUCKET}/a.mp4", moved)
    assert reply.code == "SignatureDoesNotMatch"
    for date in ("", "2026-11-24", "Tue, 32 Nov 2026 08:00:00 GMT"):
        reply = send(cloud, "GET", f"/{BUCKET}/a.mp4", {**headers, "date": date})
        assert (reply.status, reply.code) == (400, "InvalidArgument")
    del headers["date"]
    assert send(cloud, "GET", f"/{BUCKET}/a.mp4", headers).code == "InvalidArgument"


def test_v4_for_another_region(cloud: FakeCloud, owner: Credential) -> None:
    headers = v4_by_date(owner, "a.mp4", "cn-beijing")
    reply = send(cloud, "GET", f"/{BUCKET}/a.mp4", headers)
    assert (reply.status, reply.code) == (400, "InvalidArgument")
    assert reply.element("Message") == "Invalid signing region in Authorization header."
    assert reply.headers["x-oss-ec"] == "0002-00000226"


def test_v4_fields_may_come_in_any_order(cloud: FakeCloud, owner: Credential) -> None:
    sdk(cloud, owner).put_object("a.mp4", b"content")
    headers = v4_headers(owner, "a.mp4")
    scheme, _, rest = headers["authorization"].partition(" ")
    fields = [piece.strip() for piece in rest.split(",")]
    assert len(fields) == 3
    for order in (fields, fields[::-1], [fields[2], fields[0], fields[1]]):
        for comma in (",", ", "):
            headers["authorization"] = f"{scheme} {comma.join(order)}"
            reply = send(cloud, "GET", f"/{BUCKET}/a.mp4", headers)
            assert (reply.status, reply.body) == (206, b"co")


def test_v4_additional_headers_are_signed(cloud: FakeCloud, owner: Credential) -> None:
    headers = v4_headers(owner, "a.mp4")
    other_range = send(cloud, "GET", "/a.mp4", {**headers, "range": "bytes=0-9"})
    assert other_range.code == "SignatureDoesNotMatch"
    del headers["range"]
    assert send(cloud, "GET", "/a.mp4", headers).code == "InvalidArgument"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cn-shanghai", "cn-beijing"),
        ("cn-shanghai", "oss-cn-shanghai"),
        ("/oss/", "/s3/"),
        ("aliyun_v4_request", "aws4_request"),
        ("Signature=", "Signature=,Signature="),
        ("Credential=", "Nothing="),
        ("OSS4-HMAC-SHA256", "OSS4-HMAC-SHA512"),
        ("OSS4-HMAC-SHA256", "Bearer"),
        ("Credential=STS", "Credential=/STS"),
    ],
)
def test_v4_authorization_that_is_not_well_formed(
    cloud: FakeCloud, owner: Credential, old: str, new: str
) -> None:
    headers = v4_headers(owner, "a.mp4")
    headers["authorization"] = headers["authorization"].replace(old, new)
    reply = send(cloud, "GET", "/a.mp4", headers)
    assert (reply.status, reply.code) == (400, "InvalidArgument")


@pytest.mark.parametrize("payload", [None, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934c"])
def test_v4_payload_is_never_signed(
    cloud: FakeCloud, owner: Credential, payload: str | None
) -> None:
    headers = v4_headers(owner, "a.mp4")
    if payload is None:
        del headers["x-oss-content-sha256"]
    else:
        headers["x-oss-content-sha256"] = payload
    assert send(cloud, "GET", "/a.mp4", headers).code == "InvalidArgument"


@pytest.mark.parametrize(
    "authorization",
    ["OSS", "OSS x", "OSS :", "OSS :sig", "OSS key:", "", "Basic eDp5", "OSS2 AccessKeyId:a"],
)
def test_v1_authorization_that_is_not_well_formed(cloud: FakeCloud, authorization: str) -> None:
    headers = {"authorization": authorization, "x-oss-date": formatdate(usegmt=True)}
    reply = send(cloud, "GET", "/a.mp4", headers)
    assert (reply.status, reply.code) == (400, "InvalidArgument")


def test_a_signature_of_other_than_ascii(cloud: FakeCloud, owner: Credential) -> None:
    headers = browser_headers(owner, "GET", "a.mp4")
    headers["authorization"] = f"OSS {owner.access_key_id}:签名"
    assert send(cloud, "GET", "/a.mp4", headers).code == "SignatureDoesNotMatch"


def test_the_same_parameter_twice(cloud: FakeCloud, owner: Credential) -> None:
    headers = browser_headers(owner, "GET", "a.mp4", query={"uploadId": "A"})
    reply = send(cloud, "GET", "/a.mp4?uploadId=A&uploadId=B", headers)
    assert (reply.status, reply.code) == (400, "InvalidArgument")


def test_oss_v2_in_v1_mode_sends_its_token_unsigned(cloud: FakeCloud, owner: Credential) -> None:
    """It is not known whether the real service accepts a token there. This one does not."""
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(
        owner.access_key_id, owner.access_key_secret, owner.security_token
    )
    config.region, config.endpoint = "cn-shanghai", cloud.url
    config.signature_version = "v1"
    with pytest.raises(oss.exceptions.OperationError) as caught:
        oss.Client(config).put_object(oss.PutObjectRequest(BUCKET, "a.mp4", body=b"x"))
    service_error = caught.value.unwrap()
    assert isinstance(service_error, oss.exceptions.ServiceError)
    assert service_error.code == "InvalidAccessKeyId"


def get(cloud: FakeCloud, url: str) -> OssReply:
    assert url.startswith(cloud.url)
    return send(cloud, "GET", url.removeprefix(cloud.url))


class TestSignedUrls:
    def test_of_oss2(
        self, cloud: FakeCloud, owner: Credential, version: str, pass_time: PassTime
    ) -> None:
        bucket = sdk(cloud, owner, version)
        bucket.put_object("dir/a b.mp4", b"content")
        url = bucket.sign_url("GET", "dir/a b.mp4", 60)
        assert get(cloud, url).body == b"content"
        pass_time(61)
        expired = get(cloud, url)
        assert (expired.status, expired.code) == (403, "AccessDenied")
        assert expired.element("EC") == "0002-00000069"

    def test_that_a_client_signed_end_by_its_own_clock(
        self, cloud: FakeCloud, version: str, pass_time: PassTime
    ) -> None:
        admin = cloud.admin
        cloud.clock.advance(1000)
        auth = oss2.AuthV4 if version == "v4" else oss2.Auth
        keys = auth(admin.access_key_id, admin.access_key_secret)
        bucket = oss2.Bucket(keys, cloud.url, BUCKET, region="cn-shanghai")
        bucket.put_object("a.mp4", b"content")
        url = bucket.sign_url("GET", "a.mp4", 600)
        assert get(cloud, url).body == b"content"
        cloud.clock.advance(86400)
        assert get(cloud, url).body == b"content"
        pass_time(601)
        expired = get(cloud, url)
        assert (expired.status, expired.code) == (403, "AccessDenied")
        told = datetime.strptime(expired.element("ServerTime"), "%Y-%m-%dT%H:%M:%S.000Z")
        assert abs(told.replace(tzinfo=timezone.utc).timestamp() - time.time() - 601) < 60

    def test_that_a_client_signed_with_keys_of_vod(
        self, cloud: FakeCloud, version: str, pass_time: PassTime
    ) -> None:
        """A service issued these keys to a client, so the client signs with them."""
        service = cloud_service("vod.aliyuncs.com", cloud.account_id)
        keys = cloud.identities.issue(service, (ALL,), 3000)
        cloud.clock.advance(1000)
        bucket = sdk(cloud, keys, version)
        url = bucket.sign_url("PUT", "a.mp4", 600)
        assert send(cloud, "PUT", url.removeprefix(cloud.url), body=b"x").status == 200
        pass_time(601)
        late = send(cloud, "PUT", url.removeprefix(cloud.url), body=b"x")
        assert (late.status, late.element("EC")) == (403, "0002-00000069")

    def test_that_a_service_signed_end_by_cloud_time(
        self, cloud: FakeCloud, pass_time: PassTime
    ) -> None:
        service = cloud_service("vod.aliyuncs.com", cloud.account_id)
        own = Credential("LTAIvod", "secret", service, (ALL,))
        cloud.identities.add_access_key(own)
        sdk(cloud, cloud.admin).put_object("a.mp4", b"content")
        cloud.clock.advance(1000)
        until = int(cloud.clock.now()) + 600
        url = sign_url(own, "GET", cloud.url, BUCKET, "a.mp4", until)
        pass_time(2000)
        assert get(cloud, url).body == b"content"
        cloud.clock.advance(601)
        expired = get(cloud, url)
        assert (expired.status, expired.element("EC")) == (403, "0002-00000069")

    def test_of_oss_v2(self, cloud: FakeCloud, owner: Credential, pass_time: PassTime) -> None:
        sdk(cloud, owner).put_object("dir/a b.mp4", b"content")
        cloud.clock.advance(1000)
        config = oss.config.load_default()
        config.credentials_provider = oss.credentials.StaticCredentialsProvider(
            owner.access_key_id, owner.access_key_secret, owner.security_token
        )
        config.region, config.endpoint = "cn-shanghai", cloud.url
        request = oss.GetObjectRequest(BUCKET, "dir/a b.mp4")
        url = oss.Client(config).presign(request, expires=timedelta(seconds=600)).url
        assert url is not None
        assert get(cloud, url).body == b"content"
        pass_time(601)
        assert get(cloud, url).element("EC") == "0002-00000069"

    def test_to_put(self, cloud: FakeCloud, owner: Credential, version: str) -> None:
        url = sdk(cloud, owner, version).sign_url("PUT", "a.mp4", 60)
        assert send(cloud, "PUT", url.removeprefix(cloud.url), body=b"new").status == 200
        assert get(cloud, url).code == "SignatureDoesNotMatch"

    def test_of_our_own(self, cloud: FakeCloud, owner: Credential) -> None:
        key = "视频/a b+c%d#e?f.mp4"
        sdk(cloud, owner).put_object(key, b"content")
        cloud.clock.advance(7200)
        expired = sign_url(owner, "GET", cloud.url, BUCKET, key, int(cloud.clock.now()) + 60)
        assert get(cloud, expired).code == "SecurityTokenExpired"

    def test_ends_with_its_token(self, cloud: FakeCloud, issue: Issue, version: str) -> None:
        bucket = sdk(cloud, issue(lifetime=900), version)
        bucket.put_object("a.mp4", b"content")
        url = bucket.sign_url("GET", "a.mp4", 3600)
        assert get(cloud, url).status == 200
        cloud.clock.advance(901)
        assert get(cloud, url).code == "SecurityTokenExpired"

    def test_cannot_be_stretched(self, cloud: FakeCloud, owner: Credential) -> None:
        sdk(cloud, owner).put_object("a.mp4", b"content")
        at = int(cloud.clock.now()) + 60
        url = sign_url(owner, "GET", cloud.url, BUCKET, "a.mp4", at)
        assert get(cloud, url).status == 200
        assert get(cloud, url.replace(str(at), str(at + 9))).code == "SignatureDoesNotMatch"
        more = url + "&response-content-type=text/html"
        assert get(cloud, more).code == "SignatureDoesNotMatch"

    @pytest.mark.parametrize("drop", ["Expires", "Signature", "OSSAccessKeyId"])
    def test_lacks_something(self, cloud: FakeCloud, owner: Credential, drop: str) -> None:
        url = sign_url(owner, "GET", cloud.url, BUCKET, "a.mp4", int(cloud.clock.now()) + 60)
        path, _, query = url.removeprefix(cloud.url).partition("?")
        rest = "&".join(p for p in query.split("&") if not p.startswith(drop + "="))
        assert send(cloud, "GET", f"{path}?{rest}").code == "AccessDenied"

    @pytest.mark.parametrize("seconds", ["0", "604801", "-1", "x"])
    def test_v4_lives_a_week_at_most(
        self, cloud: FakeCloud, owner: Credential, seconds: str
    ) -> None:
        url = sdk(cloud, owner, "v4").sign_url("GET", "a.mp4", 60)
        reply = get(cloud, url.replace("x-oss-expires=60", f"x-oss-expires={seconds}"))
        assert (reply.status, reply.code) == (400, "InvalidArgument")

    def test_only_one_way_at_a_time(self, cloud: FakeCloud, owner: Credential) -> None:
        url = sdk(cloud, owner, "v1").sign_url("GET", "a.mp4", 60)
        headers = browser_headers(owner, "GET", "a.mp4")
        reply = send(cloud, "GET", url.removeprefix(cloud.url), headers)
        assert reply.code == "InvalidArgument"


def test_no_secret_is_shown_by_an_error_or_a_repr(cloud: FakeCloud, owner: Credential) -> None:
    reply = browser(cloud, owner, "PUT", "a.mp4", b"x", signed_key="other.mp4")
    assert reply.code == "SignatureDoesNotMatch"
    assert owner.access_key_secret not in reply.body.decode()
    assert owner.access_key_secret not in repr(owner)
