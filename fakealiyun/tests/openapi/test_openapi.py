"""The OpenAPI gateway: authentication in both signature schemes, and the form of answers."""

from __future__ import annotations

import json
import socket
import xml.etree.ElementTree as ET
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

from fakealiyun import FakeCloud
from fakealiyun.ram.policy import Policy
from fakealiyun.testing.vod import Acs3Request, Vod, now_text, rpc, rpc_parameters, send

WORDS = "a b+c *~ 世界 & = % / ?"


def test_the_official_client_is_believed_in_both_schemes(
    cloud: FakeCloud, algorithm: str | None
) -> None:
    vod = Vod(cloud, algorithm=algorithm)
    created = vod.create(title=WORDS, description="", tags="x y,z", enable_first_frame_cover=True)
    video = vod.call("get_video_info", video_id=created.video_id)["Video"]
    assert (video["Title"], video["Tags"]) == (WORDS, "x y,z")


def test_the_old_core_sdk_is_believed_by_get_and_by_post(cloud: FakeCloud) -> None:
    client = AcsClient(cloud.admin.access_key_id, cloud.admin.access_key_secret, "cn-shanghai")
    for method in ("GET", "POST"):
        request = CommonRequest()
        request.set_domain(cloud.endpoint)
        request.set_protocol_type("http")
        request.set_version("2017-03-21")
        request.set_action_name("CreateUploadVideo")
        request.set_method(method)
        request.add_query_param("Title", WORDS)
        request.add_query_param("FileName", "a.mp4")
        assert len(json.loads(client.do_action_with_exception(request))["VideoId"]) == 32


def test_a_form_body_is_read_and_signed_as_part_of_an_rpc_request(cloud: FakeCloud) -> None:
    given = {"Title": WORDS, "FileName": "a.mp4"}
    form = urlencode(rpc_parameters(cloud.admin, "CreateUploadVideo", "POST", **given))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = send(cloud, "POST", "/", headers, form.encode())
    assert (answer.status, len(answer.json()["VideoId"])) == (200, 32)


def test_every_answer_has_a_request_id_and_the_clouds_date(cloud: FakeCloud) -> None:
    cloud.clock.advance(86400)
    good = rpc(cloud, cloud.admin, "GetVideoList")
    bad = rpc(cloud, cloud.admin, "GetVideoInfo", VideoId="0" * 32)
    control = send(cloud, "GET", "/_local/clock")
    object_ = send(cloud, "GET", f"/{cloud.vod.bucket}/none.mp4")
    from email.utils import parsedate_to_datetime

    for answer in (good, bad, control, object_):
        date = parsedate_to_datetime(answer.headers["Date"]).timestamp()
        assert abs(date - cloud.clock.now()) < 60
        assert answer.headers.get("x-acs-request-id") or answer.headers.get("x-oss-request-id")
    for answer in (good, bad):
        assert answer.json()["RequestId"] == answer.headers["x-acs-request-id"]


def test_an_error_has_the_gateways_envelope(cloud: FakeCloud) -> None:
    answer = rpc(cloud, cloud.admin, "GetVideoInfo", VideoId="0" * 32)
    assert answer.status == 404
    assert answer.json() == {
        "RequestId": answer.headers["x-acs-request-id"],
        "HostId": cloud.endpoint,
        "Code": "InvalidVideo.NotFound",
        "Message": "The video does not exist.",
        "Recommend": "https://next.api.aliyun.com/troubleshoot?q=InvalidVideo.NotFound&product=vod",
    }


def test_rpc_answers_xml_unless_json_is_asked_for(cloud: FakeCloud) -> None:
    for form in (None, "XML", "xml"):
        answer = rpc(cloud, cloud.admin, "GetVideoList", Format=form)
        assert answer.headers["Content-Type"] == "text/xml;charset=utf-8"
        root = ET.fromstring(answer.body)  # noqa: S314 - our own answer
        assert (root.tag, root.findtext("Total")) == ("GetVideoListResponse", "0")
        error = rpc(cloud, cloud.admin, "GetVideoInfo", Format=form, VideoId="x")
        assert ET.fromstring(error.body).findtext("Code") == "InvalidVideo.NotFound"  # noqa: S314
    assert rpc(cloud, cloud.admin, "GetVideoList", Format="json").json()["Total"] == 0
    assert rpc(cloud, cloud.admin, "GetVideoList", Format="YAML").status == 400


def test_lists_are_repeated_elements_in_xml(cloud: FakeCloud, vod: Vod) -> None:
    vod.create(title="<one> & 'two'")
    vod.create(title="three")
    root = ET.fromstring(rpc(cloud, cloud.admin, "GetVideoList", Format="XML").body)  # noqa: S314
    titles = [video.findtext("Title") for video in root.findall("VideoList/Video")]
    assert titles == ["three", "<one> & 'two'"]


# -- refusals


def test_a_wrong_secret(cloud: FakeCloud, algorithm: str | None) -> None:
    from dataclasses import replace

    impostor = replace(cloud.admin, access_key_secret="wrong")
    refusal = Vod(cloud, impostor, algorithm).refused("get_video_list")
    assert refusal == (400, "SignatureDoesNotMatch")


def test_the_string_to_sign_is_echoed_without_the_token(cloud: FakeCloud) -> None:
    session = cloud.identities.issue(cloud.admin.principal, cloud.admin.policies, 900)
    parameters = rpc_parameters(session, "GetVideoList")
    parameters["Signature"] = "AAAA"
    answer = send(cloud, "GET", "/?" + urlencode(parameters))
    assert answer.code == "SignatureDoesNotMatch"
    assert "server string to sign is:GET&%2F&" in answer.json()["Message"]
    token = session.security_token or ""
    for form in (token, quote(token, safe=""), quote(quote(token, safe=""), safe="")):
        assert form.encode() not in answer.body


@pytest.mark.parametrize(
    ("offset", "accepted"), [(-890, True), (890, True), (-910, False), (910, False)]
)
def test_a_date_may_be_fifteen_minutes_off(cloud: FakeCloud, offset: int, accepted: bool) -> None:
    by_rpc = rpc(cloud, cloud.admin, "GetVideoList", Timestamp=now_text(offset))
    headers = {"x-acs-date": now_text(offset)}
    by_acs3 = Acs3Request(cloud, cloud.admin, "GetVideoList", headers=headers).send()
    for answer in (by_rpc, by_acs3):
        if accepted:
            assert answer.status == 200
        else:
            assert (answer.status, answer.code) == (400, "InvalidTimeStamp.Expired")


def test_dates_are_judged_by_the_machines_clock_whatever_the_clouds(cloud: FakeCloud) -> None:
    cloud.clock.advance(86400)
    assert rpc(cloud, cloud.admin, "GetVideoList").status == 200
    late = rpc(cloud, cloud.admin, "GetVideoList", Timestamp=now_text(86400))
    assert late.code == "InvalidTimeStamp.Expired"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24 08:00:00",
        "2026-11-24T08:00:00",
        "2026-13-24T08:00:00Z",
        "2026-11-24T08:00:00+00:00",
        "1795507800",
        "２０26-11-24T08:00:00Z",
        "9" * 40,
    ],
)
def test_a_date_of_another_form(cloud: FakeCloud, text: str) -> None:
    answer = rpc(cloud, cloud.admin, "GetVideoList", Timestamp=text)
    assert (answer.status, answer.code) == (400, "InvalidTimeStamp.Format")


def test_a_nonce_is_good_for_one_call(cloud: FakeCloud) -> None:
    nonce = "one-nonce"
    assert rpc(cloud, cloud.admin, "GetVideoList", SignatureNonce=nonce).status == 200
    again = rpc(cloud, cloud.admin, "GetVideoList", SignatureNonce=nonce)
    assert (again.status, again.code) == (400, "SignatureNonceUsed")
    in_acs3 = Acs3Request(
        cloud, cloud.admin, "GetVideoList", headers={"x-acs-signature-nonce": nonce}
    )
    assert in_acs3.send().code == "SignatureNonceUsed"


def test_a_request_sent_again_byte_for_byte(cloud: FakeCloud) -> None:
    request = Acs3Request(cloud, cloud.admin, "GetVideoList")
    assert request.send().status == 200
    assert request.send().code == "SignatureNonceUsed"


def test_a_nonce_belongs_to_its_access_key(cloud: FakeCloud) -> None:
    other = cloud.ram.add_user("other", *cloud.admin.policies)
    assert rpc(cloud, cloud.admin, "GetVideoList", SignatureNonce="n").status == 200
    assert rpc(cloud, other, "GetVideoList", SignatureNonce="n").status == 200


def test_a_forged_request_does_not_use_up_the_nonce(cloud: FakeCloud) -> None:
    parameters = rpc_parameters(cloud.admin, "GetVideoList", SignatureNonce="precious")
    forged = {**parameters, "Signature": "AAAA"}
    assert send(cloud, "GET", "/?" + urlencode(forged)).code == "SignatureDoesNotMatch"
    assert send(cloud, "GET", "/?" + urlencode(parameters)).status == 200


def test_unknown_and_disabled_keys(cloud: FakeCloud, algorithm: str | None) -> None:
    from dataclasses import replace

    stranger = replace(cloud.admin, access_key_id="LTAInobody")
    unknown = Vod(cloud, stranger, algorithm).refused("get_video_list")
    assert unknown == (404, "InvalidAccessKeyId.NotFound")
    user = cloud.ram.add_user("leaver", *cloud.admin.policies)
    cloud.identities.set_active(user.access_key_id, False)
    disabled = Vod(cloud, user, algorithm).refused("get_video_list")
    assert disabled == (400, "InvalidAccessKeyId.Inactive")


def test_security_tokens(cloud: FakeCloud, algorithm: str | None) -> None:
    from dataclasses import replace

    mine = cloud.identities.issue(cloud.admin.principal, cloud.admin.policies, 900)
    other = cloud.identities.issue(cloud.admin.principal, cloud.admin.policies, 900)

    def refused(token: str | None) -> tuple[int, str]:
        return Vod(cloud, replace(mine, security_token=token), algorithm).refused("get_video_list")

    assert Vod(cloud, mine, algorithm).call("get_video_list")["Total"] == 0
    assert refused(None) == (400, "MissingSecurityToken")
    assert refused("CAISgarbage") == (400, "InvalidSecurityToken.Malformed")
    assert refused(other.security_token) == (400, "InvalidSecurityToken.MismatchWithAccessKey")
    cloud.clock.advance(800)
    assert Vod(cloud, mine, algorithm).call("get_video_list")["Total"] == 0
    cloud.clock.advance(100)
    assert refused(mine.security_token) == (400, "InvalidSecurityToken.Expired")


def test_unknown_actions_and_versions(cloud: FakeCloud) -> None:
    unknown = rpc(cloud, cloud.admin, "DropEverything")
    assert (unknown.status, unknown.code) == (404, "InvalidAction.NotFound")
    assert rpc(cloud, cloud.admin, "getvideolist").code == "InvalidAction.NotFound"
    assert rpc(cloud, cloud.admin, "AssumeRole").code == "InvalidAction.NotFound"
    version = rpc(cloud, cloud.admin, "GetVideoList", Version="2016-01-01")
    assert (version.status, version.code) == (400, "InvalidVersion")


@pytest.mark.parametrize(
    ("left_out", "code"),
    [
        ("Action", "MissingAction"),
        ("Version", "MissingVersion"),
        ("Timestamp", "MissingTimestamp"),
        ("SignatureMethod", "MissingSignatureMethod"),
        ("SignatureVersion", "MissingSignatureVersion"),
        ("SignatureNonce", "MissingSignatureNonce"),
        ("AccessKeyId", "MissingAccessKeyId"),
    ],
)
def test_a_missing_rpc_parameter(cloud: FakeCloud, left_out: str, code: str) -> None:
    changes: dict[str, Any] = {left_out: None}
    parameters = rpc_parameters(cloud.admin, "GetVideoList", **changes)
    answer = send(cloud, "GET", "/?" + urlencode(parameters))
    assert (answer.status, answer.code) == (400, code)


@pytest.mark.parametrize(
    ("left_out", "code"),
    [
        ("x-acs-action", "MissingAction"),
        ("x-acs-version", "MissingVersion"),
        ("x-acs-date", "MissingTimestamp"),
        ("x-acs-signature-nonce", "MissingSignatureNonce"),
        ("x-acs-content-sha256", "MissingContentSha256"),
    ],
)
def test_a_missing_acs3_header(cloud: FakeCloud, left_out: str, code: str) -> None:
    request = Acs3Request(cloud, cloud.admin, "GetVideoList")
    authorization = request.authorization()
    del request.headers[left_out]
    answer = request.send(authorization)
    assert (answer.status, answer.code) == (400, code)


def test_other_signature_methods(cloud: FakeCloud) -> None:
    for changes in (
        {"SignatureMethod": "HMAC-SHA256"},
        {"SignatureVersion": "2.0"},
        {"SignatureType": "BEARERTOKEN"},
    ):
        answer = rpc(cloud, cloud.admin, "GetVideoList", **changes)
        assert (answer.status, answer.code) == (400, "IncompleteSignature")
    assert rpc(cloud, cloud.admin, "GetVideoList", SignatureType="").status == 200
    request = Acs3Request(cloud, cloud.admin, "GetVideoList")
    for algorithm in ("ACS3-RSA-SHA256", "ACS3-HMAC-SM3", "Bearer", "acs3-hmac-sha256", ""):
        changed = request.authorization().replace("ACS3-HMAC-SHA256", algorithm, 1)
        assert request.send(changed).code == "IncompleteSignature"


def test_an_unsigned_acs_header_is_not_believed(cloud: FakeCloud) -> None:
    for extra in ("x_acs_security_token", "x_acs_region_id", "x_acs_accesskey_id"):
        answer = Acs3Request(cloud, cloud.admin, "GetVideoList").send(**{extra: "anything"})
        assert (answer.status, answer.code) == (400, "IncompleteSignature")


def test_host_must_be_signed(cloud: FakeCloud) -> None:
    request = Acs3Request(cloud, cloud.admin, "GetVideoList")
    without = request.authorization().replace(";host;", ";", 1)
    assert request.send(without).code == "IncompleteSignature"


def test_a_signed_header_must_be_there(cloud: FakeCloud) -> None:
    request = Acs3Request(cloud, cloud.admin, "GetVideoList", headers={"x-extra": ""})
    authorization = request.authorization()
    del request.headers["x-extra"]
    assert request.send(authorization).code == "IncompleteSignature"


def test_a_named_access_key_must_be_the_signing_one(cloud: FakeCloud) -> None:
    headers = {"x-acs-accesskey-id": "LTAIsomeoneelse"}
    answer = Acs3Request(cloud, cloud.admin, "GetVideoList", headers=headers).send()
    assert answer.code == "IncompleteSignature"


def test_a_body_that_is_not_the_signed_one(cloud: FakeCloud) -> None:
    request = Acs3Request(
        cloud,
        cloud.admin,
        "GetVideoList",
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=b"PageNo=1",
    )
    assert request.send().status == 200
    request = Acs3Request(
        cloud,
        cloud.admin,
        "GetVideoList",
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=b"PageNo=1",
    )
    request.body = b"PageNo=2"
    assert request.send().code == "SignatureDoesNotMatch"


def test_a_changed_query_breaks_the_signature(cloud: FakeCloud) -> None:
    request = Acs3Request(cloud, cloud.admin, "GetVideoList", query={"PageNo": "1"})
    authorization = request.authorization()
    request.query = {"PageNo": "2"}
    assert request.send(authorization).code == "SignatureDoesNotMatch"


# -- permission


def allow(action: str) -> Policy:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return Policy.parse({"Version": "1", "Statement": [statement]})


def test_permission_is_asked_for_every_operation(cloud: FakeCloud, vod: Vod) -> None:
    video_id = vod.normal()
    user = cloud.ram.add_user("reader", allow("vod:GetVideoInfo"))
    client = Vod(cloud, user)
    assert client.status(video_id) == "Normal"
    for action, fields in (
        ("get_video_play_auth", {"video_id": video_id}),
        ("refresh_upload_video", {"video_id": video_id}),
        ("delete_video", {"video_ids": video_id}),
        ("create_upload_video", {"title": "t", "file_name": "a.mp4"}),
    ):
        assert client.refused(action, **fields) == (403, "Forbidden.RAM")
    assert vod.status(video_id) == "Normal"


def test_a_removed_permission_is_gone_at_once(cloud: FakeCloud) -> None:
    user = cloud.ram.add_user("reader", allow("vod:GetVideoList"))
    assert Vod(cloud, user).call("get_video_list")["Total"] == 0
    cloud.ram.set_user_policies("reader", allow("vod:GetVideoInfo"))
    assert Vod(cloud, user).refused("get_video_list") == (403, "Forbidden.RAM")


def test_a_refusal_says_which_policy_refused(cloud: FakeCloud) -> None:
    user = cloud.ram.add_user("reader", allow("vod:GetVideoInfo"))
    detail = rpc(cloud, user, "GetVideoList").json()["AccessDeniedDetail"]
    assert detail["AuthAction"] == "vod:GetVideoList"
    assert detail["NoPermissionType"] == "ImplicitDeny"
    assert detail["AuthPrincipalOwnerId"] == cloud.account_id


# -- hostile requests: a clear refusal, never a failure of the server


@pytest.mark.parametrize(
    "target",
    [
        "/?Action=GetVideoList&Action=DeleteVideo&Format=JSON",
        "/?Action=%zz&Format=JSON",
        "/?Action=%ff%fe",
        "/?=x",
        "/?&&&&",
        "/?" + "a=b&" * 400,
        "/?Action=" + "A" * 30000,
        "/?Action=GetVideoList&Version=2017-03-21&Format=JSON&AccessKeyId=" + "x" * 20000,
        "/?Action=%00&Version=%00",
        "/",
    ],
)
def test_a_malformed_query(cloud: FakeCloud, target: str) -> None:
    for method in ("GET", "POST"):
        answer = send(cloud, method, target)
        assert 400 <= answer.status < 500
        assert answer.body


def test_a_repeated_parameter_is_refused_even_when_signed(cloud: FakeCloud) -> None:
    """It is refused, whichever of the two values was signed."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for first, last in ("ab", "ba"):
        for method in ("GET", "POST"):
            parameters = rpc_parameters(cloud.admin, "GetVideoInfo", method, VideoId="a")
            del parameters["VideoId"]
            target = f"/?{urlencode(parameters)}&VideoId={first}"
            if method == "GET":
                answer = send(cloud, "GET", f"{target}&VideoId={last}")
            else:
                answer = send(cloud, "POST", target, form, f"VideoId={last}".encode())
            assert answer.status == 400
            assert b"InvalidRequest" in answer.body


@pytest.mark.parametrize(
    "authorization",
    [
        "ACS3-HMAC-SHA256",
        "ACS3-HMAC-SHA256 ",
        "ACS3-HMAC-SHA256 Credential=LTAIlocaladmin",
        "ACS3-HMAC-SHA256 Credential=,SignedHeaders=,Signature=",
        "ACS3-HMAC-SHA256 Credential=a,Credential=b,SignedHeaders=host,Signature=c",
        "ACS3-HMAC-SHA256 Credential=LTAIlocaladmin,SignedHeaders=host,Signature=" + "0" * 64,
        "ACS3-HMAC-SHA256 Credential=LTAIlocaladmin,SignedHeaders=host;host,Signature=00",
        "ACS3-HMAC-SHA256 Credential=x,SignedHeaders=HOST,Signature=00",
        "ACS3-HMAC-SHA256 Credential=x,SignedHeaders=host;x-acs-\xff,Signature=\xff",
        "ACS3-HMAC-SHA256 " + "," * 5000,
    ],
)
def test_a_malformed_authorization(cloud: FakeCloud, authorization: str) -> None:
    answer = Acs3Request(cloud, cloud.admin, "GetVideoList").send(authorization)
    assert 400 <= answer.status < 500
    assert answer.json()["Code"]


def test_two_ways_of_signing_at_once(cloud: FakeCloud) -> None:
    request = Acs3Request(cloud, cloud.admin, "GetVideoList")
    request.query = rpc_parameters(cloud.admin, "GetVideoList", "POST")
    assert request.send().code == "IncompleteSignature"


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 400),
        ("text/plain", b"x", 400),
        ("application/x-www-form-urlencoded", b"\xff\xfe", 400),
        ("application/x-www-form-urlencoded", b"a=%e4", 400),
        ("application/x-www-form-urlencoded", b"a=" + b"b" * 300_000, 413),
    ],
)
def test_a_malformed_body(cloud: FakeCloud, content_type: str, body: bytes, status: int) -> None:
    answer = send(cloud, "POST", "/?Format=JSON", {"Content-Type": content_type}, body)
    assert answer.status == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"])
def test_another_method(cloud: FakeCloud, method: str) -> None:
    query = urlencode(rpc_parameters(cloud.admin, "GetVideoList", method))
    assert send(cloud, method, "/?" + query).status == 405


def first_line(cloud: FakeCloud, raw: bytes, *, end: bool) -> bytes:
    """The status line that answers raw bytes. With `end`, the client closes its sending side."""
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=20) as connection:
        connection.sendall(raw)
        if end:
            connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").readline()


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /_local/state HTTP/1.1\r\n\r\n",
        b"GET /_local/state HTTP/1.0\r\n\r\n",
        b"GET http://127.0.0.1/_local/state HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET http://evil.example/_local/state HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /_local/state HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET /?a=" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    ],
)
def test_bytes_that_are_no_request(cloud: FakeCloud, raw: bytes) -> None:
    assert first_line(cloud, raw, end=False).split()[1].startswith(b"4")
    assert rpc(cloud, cloud.admin, "GetVideoList").status == 200


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"GET",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nhalf",
        b"POST /_local/reset HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{}",
    ],
)
def test_a_client_that_goes_away_half_way(cloud: FakeCloud, vod: Vod, raw: bytes) -> None:
    vod.create()
    assert first_line(cloud, raw, end=True) == b""
    assert len(cloud.vod.library.all()) == 1


# -- what web clients call from a page


def web_session(cloud: FakeCloud) -> Any:
    return cloud.identities.issue(cloud.admin.principal, cloud.admin.policies, 900)


def test_web_clients_call_without_a_timestamp_given_a_token(cloud: FakeCloud, vod: Vod) -> None:
    session = web_session(cloud)
    video_id = vod.normal()
    for action, fields in (
        ("CreateUploadVideo", {"Title": "t", "FileName": "a.mp4"}),
        ("RefreshUploadVideo", {"VideoId": video_id}),
        ("GetPlayInfo", {"VideoId": video_id}),
    ):
        changes: dict[str, Any] = {"Timestamp": None, "RequestId": "sent-as-input", **fields}
        answer = rpc(cloud, session, action, **changes)
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")
        by_key = rpc(cloud, cloud.admin, action, **changes)
        assert (by_key.status, by_key.code) == (400, "MissingTimestamp")


def test_server_operations_need_a_timestamp_even_with_a_token(cloud: FakeCloud) -> None:
    for action in ("GetVideoInfo", "GetVideoList", "GetVideoPlayAuth", "DeleteVideo"):
        answer = rpc(cloud, web_session(cloud), action, Timestamp=None, VideoId="x")
        assert answer.code == "MissingTimestamp"


def test_a_web_call_without_a_date_cannot_be_sent_twice_while_its_keys_live(
    cloud: FakeCloud, vod: Vod
) -> None:
    session = web_session(cloud)
    changes: dict[str, Any] = {"Timestamp": None, "VideoId": vod.normal()}
    query = "/?" + urlencode(rpc_parameters(session, "GetPlayInfo", **changes))
    assert send(cloud, "GET", query).status == 200
    assert send(cloud, "GET", query).code == "SignatureNonceUsed"


def test_the_players_unsigned_region_is_left_out_of_the_signature(
    cloud: FakeCloud, vod: Vod
) -> None:
    changes: dict[str, Any] = {"Timestamp": None, "VideoId": vod.normal()}
    for host in (cloud.endpoint, f"vod.localhost:{cloud.port}"):
        query = urlencode(rpc_parameters(web_session(cloud), "GetPlayInfo", **changes))
        path = "/any" if host.startswith("vod.") else "/"
        target = f"{path}?{query}&RegionId=cn-shanghai"
        assert send(cloud, "GET", target, {"Host": host}).status == 200
    timed = urlencode(rpc_parameters(cloud.admin, "GetVideoList"))
    answer = send(cloud, "GET", f"/?{timed}&RegionId=cn-shanghai")
    assert answer.code == "SignatureDoesNotMatch"


def test_errors_of_web_calls_can_be_read_by_the_page(cloud: FakeCloud) -> None:
    session = web_session(cloud)
    cloud.clock.advance(901)
    answer = rpc(cloud, session, "GetPlayInfo", Timestamp=None, VideoId="x")
    assert answer.code == "InvalidSecurityToken.Expired"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_the_web_uploaders_progress_calls_need_no_key(cloud: FakeCloud) -> None:
    fields = {
        "Version": "2017-03-21",
        "Source": "WebSDK",
        "BusinessType": "UploadVideo",
        "AuthInfo": "digest",
        "UploadInfoList": "[]",
    }
    asked = send(cloud, "GET", "/?" + urlencode({"Action": "GetUploadProgress", **fields}))
    assert asked.json()["UploadProgress"] == {"UploadProgressList": []}
    form = urlencode({"Action": "ReportUploadProgress", **fields}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    told = send(cloud, "POST", "/?", headers, form)
    for answer in (asked, told):
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.json()["RequestId"]
    named = {"Action": "GetUploadProgress", "AccessKeyId": "LTAIlocaladmin", **fields}
    assert send(cloud, "GET", "/?" + urlencode({**named, "Format": "JSON"})).status == 404
