"""Upload callbacks: OSS calls the app's server after an upload and passes its answer on."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import oss2
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import MD5
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from fakealiyun import FakeCloud, loopback
from fakealiyun.identity import Credential
from fakealiyun.testing.oss import BUCKET, OssReply, browser, md5, sdk
from fakealiyun.testing.receiver import Received, Receiver
from tests.oss.test_post_object import fields_v1, policy, post

KEY = "u/42/视频 1.mp4"
ANSWER = b'{"a":"b"}'


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    running.respond = lambda _request: (200, ANSWER)
    yield running
    running.close()


def encoded(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.b64encode(text).decode()


def callback(url: str, body: str = "key=${object}", **more: str) -> dict[str, str]:
    return {"x-oss-callback": encoded({"callbackUrl": url, "callbackBody": body, **more})}


def put(cloud: FakeCloud, owner: Credential, headers: dict[str, str]) -> OssReply:
    all_headers = {"content-type": "video/mp4", **headers}
    return browser(cloud, owner, "PUT", KEY, b"content", headers=all_headers)


def test_put_calls_and_passes_the_answer_on(
    cloud: FakeCloud, owner: Credential, receiver: Receiver
) -> None:
    body = (
        "bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&mimeType=${mimeType}"
        "&width=${imageInfo.width}&operation=${operation}&mine=${x:mine}&none=${x:none}"
    )
    variables = {"x-oss-callback-var": encoded({"x:mine": "a&b"})}
    reply = put(cloud, owner, {**callback(receiver.url, body), **variables})
    etag = md5(b"content").hex().upper()
    assert (reply.status, reply.body) == (200, ANSWER)
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["etag"] == f'"{etag}"'
    (request,) = receiver.received
    assert (request.method, request.path) == ("POST", "/events/r4nd0m")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.body.decode() == (
        f"bucket={BUCKET}&object=u%2F42%2F%E8%A7%86%E9%A2%91%201.mp4&etag={etag}&size=7"
        "&mimeType=video%2Fmp4&width=&operation=PutObject&mine=a%26b&none="
    )
    assert browser(cloud, owner, "GET", KEY).body == b"content"


def test_a_json_body_has_json_values(
    cloud: FakeCloud, owner: Credential, receiver: Receiver
) -> None:
    body = '{"object":${object},"size":${size},"mine":${x:mine},"id":${reqId},"ip":${clientIp}}'
    headers = callback(receiver.url, body, callbackBodyType="application/json")
    variables = {"x-oss-callback-var": encoded({"x:mine": 'say "hi"'})}
    reply = put(cloud, owner, {**headers, **variables})
    assert reply.body == ANSWER
    (request,) = receiver.received
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {
        "object": KEY,
        "size": 7,
        "mine": 'say "hi"',
        "id": reply.headers["x-oss-request-id"],
        "ip": "127.0.0.1",
    }


def test_the_host_header_can_be_another(
    cloud: FakeCloud, owner: Credential, receiver: Receiver
) -> None:
    put(cloud, owner, callback(receiver.url, callbackHost="app.example"))
    assert receiver.received[0].headers["host"] == "app.example"


def test_an_address_without_a_scheme_and_the_next_one(
    cloud: FakeCloud, owner: Credential, receiver: Receiver
) -> None:
    """The vendor's samples have no scheme. Addresses are called until one succeeds."""
    receiver.respond = lambda request: (200 if request.path == "/second" else 500, ANSWER)
    first, second = (f"127.0.0.1:{receiver.port}/{name}" for name in ("first", "second"))
    assert put(cloud, owner, callback(f"{first};{second}")).body == ANSWER
    assert [request.path for request in receiver.received] == ["/first", "/second"]


def public_key(cloud: FakeCloud, request: Received) -> RSAPublicKey:
    url = base64.b64decode(request.headers["x-oss-pub-key-url"]).decode()
    assert url == f"{cloud.url}/_local/oss-callback-key.pem"
    with urllib.request.urlopen(url) as answer:
        key = load_pem_public_key(answer.read())
    assert isinstance(key, RSAPublicKey)
    return key


def test_the_signature_is_that_of_the_documented_verifier(
    cloud: FakeCloud, owner: Credential, receiver: Receiver
) -> None:
    """Decoded path, query and body; MD5 with RSA."""
    address = f"http://127.0.0.1:{receiver.port}/%E5%9B%9E%20x?a=%20b&c"
    assert put(cloud, owner, callback(address)).status == 200
    (request,) = receiver.received
    path, _, query = request.path.partition("?")
    message = f"{unquote(path)}?{query}\n{request.body.decode()}".encode()
    key = public_key(cloud, request)
    signature = base64.b64decode(request.headers["authorization"])
    key.verify(signature, message, padding.PKCS1v15(), MD5())  # noqa: S303 - as the vendor does
    with pytest.raises(InvalidSignature):
        key.verify(signature, message + b"x", padding.PKCS1v15(), MD5())  # noqa: S303


def test_complete_calls_too(cloud: FakeCloud, owner: Credential, receiver: Receiver) -> None:
    bucket = sdk(cloud, owner)
    upload = bucket.init_multipart_upload(KEY).upload_id
    etag = bucket.upload_part(KEY, upload, 1, b"content").etag
    parts = [oss2.models.PartInfo(1, etag)]
    headers = callback(receiver.url, "etag=${etag}&op=${operation}")
    result = bucket.complete_multipart_upload(KEY, upload, parts, headers=headers)
    assert result.resp.read() == ANSWER
    body = f"etag={result.etag}&op=CompleteMultipartUpload"
    assert receiver.received[0].body.decode() == body


def test_a_signed_url_can_ask_for_it(
    cloud: FakeCloud, owner: Credential, receiver: Receiver
) -> None:
    wanted = callback(receiver.url, "v=${x:v}")["x-oss-callback"]
    query = {"callback": wanted, "callback-var": encoded({"x:v": "1"})}
    reply = browser(cloud, owner, "PUT", KEY, b"content", query=query)
    assert reply.body == ANSWER
    assert receiver.received[0].body == b"v=1"


def test_a_form_calls_with_its_own_fields(
    cloud: FakeCloud, owner: Credential, receiver: Receiver
) -> None:
    fields = {
        **fields_v1(owner, policy()),
        "callback": callback(receiver.url, "v=${x:v}&op=${operation}")["x-oss-callback"],
        "x:v": "1",
        "success_action_status": "201",
    }
    reply = post(cloud, fields, b"content", key=KEY)
    assert (reply.status, reply.body) == (200, ANSWER)
    assert receiver.received[0].body == b"v=1&op=PostObject"


class TestFailures:
    def check(self, reply: OssReply, message: str) -> None:
        assert (reply.status, reply.code) == (203, "CallbackFailed")
        assert reply.headers["content-type"] == "application/xml"
        assert reply.element("Message") == message

    @pytest.mark.parametrize(
        ("status", "body", "message"),
        [
            (500, ANSWER, "Error status : 500."),
            (301, ANSWER, "Error status : 301."),
            (200, b"<html>", "Response body is not valid json format."),
            (200, b"", "Response body is not valid json format."),
            (
                200,
                b'"' + b"x" * 1024**2 + b'"',
                "Error status : 400.User server return too long content-length value.",
            ),
        ],
    )
    def test_the_object_stays(
        self,
        cloud: FakeCloud,
        owner: Credential,
        receiver: Receiver,
        status: int,
        body: bytes,
        message: str,
    ) -> None:
        receiver.respond = lambda _request: (status, body)
        self.check(put(cloud, owner, callback(receiver.url)), message)
        assert browser(cloud, owner, "GET", KEY).body == b"content"

    def test_a_receiver_that_is_too_slow(
        self,
        cloud: FakeCloud,
        owner: Credential,
        receiver: Receiver,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        assert loopback.TIMEOUT == 5.0
        monkeypatch.setattr(loopback, "TIMEOUT", 0.2)
        receiver.respond = lambda _request: (0, b"")
        self.check(put(cloud, owner, callback(receiver.url)), "Cost too long time.")

    @pytest.mark.parametrize(
        "url",
        [
            "http://192.0.2.1/",
            "http://app.example/",
            "http://127.0.0.1:1/",
            "http://user@127.0.0.1/",
        ],
    )
    def test_only_this_machine_is_called(
        self, cloud: FakeCloud, owner: Credential, url: str
    ) -> None:
        self.check(
            put(cloud, owner, callback(url)),
            "Error status : -1.OSS can not connect to your callbackUrl, please check it.",
        )

    def test_the_control_routes_are_never_called(self, cloud: FakeCloud, owner: Credential) -> None:
        reply = put(cloud, owner, callback(f"{cloud.url}/_local/reset"))
        assert reply.status == 203
        assert browser(cloud, owner, "GET", KEY).body == b"content"

    @pytest.mark.parametrize(
        ("value", "ec"),
        [
            ("x123-*&", "0007-00000002"),
            (encoded(b"no json"), ""),
            (encoded({"callbackUrl": "127.0.0.1", "callbackBody": ""}), "0007-00000011"),
            (encoded({"callbackUrl": "127.0.0.1:port", "callbackBody": "x"}), "0007-00000004"),
            (encoded({"callbackUrl": "1;2;3;4;5;6", "callbackBody": "x"}), "0007-00000004"),
            (encoded({"callbackUrl": 1, "callbackBody": "x"}), ""),
            (
                encoded({"callbackUrl": "a", "callbackBody": "x", "callbackBodyType": "text/css"}),
                "",
            ),
        ],
    )
    def test_a_malformed_callback_stores_nothing(
        self, cloud: FakeCloud, owner: Credential, value: str, ec: str
    ) -> None:
        reply = put(cloud, owner, {"x-oss-callback": value})
        assert (reply.status, reply.code) == (400, "InvalidArgument")
        assert reply.element("EC") == ec
        assert browser(cloud, owner, "GET", KEY).status == 404

    def test_an_operation_without_callbacks_refuses_one(
        self, cloud: FakeCloud, owner: Credential
    ) -> None:
        headers = callback("127.0.0.1")
        reply = browser(cloud, owner, "POST", KEY, b"", query={"uploads": ""}, headers=headers)
        assert (reply.status, reply.code) == (501, "NotImplemented")
