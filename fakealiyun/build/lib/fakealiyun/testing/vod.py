"""Calls VOD with its official client, or with requests made by hand.

The vendor's own code (`alibabacloud_tea_openapi.utils`) signs the requests made by hand, so that
the fake's own code is not tested against itself.
"""

from __future__ import annotations

import base64
import http.client
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote, urlencode

import oss2
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_openapi.utils import Utils
from alibabacloud_vod20170321 import models
from alibabacloud_vod20170321.client import Client
from Tea.exceptions import TeaException

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential

MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 64
VERSION = "2017-03-21"


class Vod:
    """VOD for one caller, through `alibabacloud_vod20170321`. Answers are mappings.

    A refused call raises TeaException.
    """

    def __init__(
        self, cloud: FakeCloud, key: Credential | None = None, algorithm: str | None = None
    ) -> None:
        key = key or cloud.admin
        self._client = Client(
            Config(
                access_key_id=key.access_key_id,
                access_key_secret=key.access_key_secret,
                security_token=key.security_token,
                endpoint=cloud.endpoint,
                protocol="http",
                signature_algorithm=algorithm,
            )
        )

    def call(self, action: str, **fields: Any) -> dict[str, Any]:
        """Call an operation by its name in snake case, with the fields of its request model."""
        model = "".join(part.capitalize() for part in action.split("_")) + "Request"
        request = getattr(models, model)(**fields)
        body: dict[str, Any] = getattr(self._client, action)(request).body.to_map()
        return body

    def refused(self, action: str, **fields: Any) -> tuple[int, str]:
        """The status and code of a call that must be refused."""
        try:
            answer = self.call(action, **fields)
        except TeaException as error:
            return int(error.statusCode), str(error.code)
        raise AssertionError(f"{action} was accepted: {sorted(answer)}")

    def create(self, **fields: Any) -> Upload:
        """CreateUploadVideo, with a default title and file name."""
        fields = {"title": "A film", "file_name": "film.mp4", **fields}
        return Upload(self.call("create_upload_video", **fields))

    def refresh(self, video_id: str) -> Upload:
        """RefreshUploadVideo."""
        return Upload(self.call("refresh_upload_video", video_id=video_id))

    def status(self, video_id: str) -> str:
        """The status of a video, from GetVideoInfo."""
        return str(self.call("get_video_info", video_id=video_id)["Video"]["Status"])

    def normal(self, content: bytes = MP4, **fields: Any) -> str:
        """Upload a file. Returns its VideoId."""
        upload = self.create(**fields)
        upload.put(content)
        return upload.video_id


def unpack(text: str) -> dict[str, Any]:
    """The JSON object in a base64 credential. Raises ValueError if the padding is wrong."""
    value: dict[str, Any] = json.loads(base64.b64decode(text, validate=True))
    return value


@dataclass
class Upload:
    """An answer of CreateUploadVideo or RefreshUploadVideo."""

    answer: dict[str, Any]
    address: dict[str, Any] = field(init=False)
    auth: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.address = unpack(self.answer["UploadAddress"])
        self.auth = unpack(self.answer["UploadAuth"])

    @property
    def video_id(self) -> str:
        return str(self.answer["VideoId"])

    @property
    def key(self) -> str:
        return str(self.address["FileName"])

    def bucket(self) -> oss2.Bucket:
        """The client that official tools make from UploadAddress and UploadAuth."""
        auth = oss2.StsAuth(
            self.auth["AccessKeyId"], self.auth["AccessKeySecret"], self.auth["SecurityToken"]
        )
        return oss2.Bucket(auth, self.address["Endpoint"], self.address["Bucket"])

    def put(self, content: bytes = MP4) -> None:
        """Upload the file."""
        self.bucket().put_object(self.key, content)


@dataclass
class JsonReply:
    """An HTTP answer with a JSON body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json()["Code"])


def send(
    cloud: FakeCloud,
    method: str,
    target: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> JsonReply:
    """Send one request, exactly as given. Host is the endpoint unless the headers have it."""
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=30)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        given = {"Host": cloud.endpoint, **(headers or {})}
        if body is not None and "Content-Length" not in given:
            given["Content-Length"] = str(len(body))
        for name, value in given.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return JsonReply(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


def post_control(cloud: FakeCloud, route: str, body: Any, **headers: str) -> JsonReply:
    """Send a well-formed control call."""
    given = {"Content-Type": "application/json", **headers}
    return send(cloud, "POST", f"/_local/{route}", given, json.dumps(body).encode())


def now_text(offset: float = 0.0) -> str:
    """Wall time plus `offset` seconds, in the form that requests need."""
    moment = datetime.now(timezone.utc).timestamp() + offset
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def rpc_parameters(
    key: Credential, action: str, method: str = "GET", **changes: Any
) -> dict[str, str]:
    """Signed RPC parameters. `changes` apply before signing; None removes a parameter."""
    given: dict[str, str | None] = {
        "Action": action,
        "Version": VERSION,
        "Format": "JSON",
        "AccessKeyId": key.access_key_id,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": uuid.uuid4().hex,
        "Timestamp": now_text(),
        "SecurityToken": key.security_token,
        **changes,
    }
    parameters = {name: value for name, value in given.items() if value is not None}
    secret = key.access_key_secret
    parameters["Signature"] = Utils.get_rpcsignature(parameters, method, secret)
    return parameters


def rpc(cloud: FakeCloud, key: Credential, action: str, **changes: Any) -> JsonReply:
    """Send an RPC call by GET."""
    return send(cloud, "GET", "/?" + urlencode(rpc_parameters(key, action, **changes)))


@dataclass
class Acs3Request:
    """An ACS3 request that is not signed yet. Change it, then call `send`."""

    cloud: FakeCloud
    key: Credential
    action: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    secret: str | None = None

    def __post_init__(self) -> None:
        self.headers = {
            "host": self.cloud.endpoint,
            "accept": "application/json",
            "x-acs-action": self.action,
            "x-acs-version": VERSION,
            "x-acs-date": now_text(),
            "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-content-sha256": Utils.hash(self.body, "ACS3-HMAC-SHA256").hex(),
            **self.headers,
        }
        if self.key.security_token is not None:
            self.headers.setdefault("x-acs-accesskey-id", self.key.access_key_id)
            self.headers.setdefault("x-acs-security-token", self.key.security_token)

    def authorization(self) -> str:
        """The Authorization header, made by the vendor's code."""
        from darabonba.request import DaraRequest

        request = DaraRequest()
        request.method, request.pathname = "POST", "/"
        request.query, request.headers = dict(self.query), dict(self.headers)
        payload = self.headers["x-acs-content-sha256"]
        secret = self.secret or self.key.access_key_secret
        return str(
            Utils.get_authorization(
                request, "ACS3-HMAC-SHA256", payload, self.key.access_key_id, secret
            )
        )

    def send(self, authorization: str | None = None, **extra: str) -> JsonReply:
        """Sign unless `authorization` is given, and send. The `extra` headers are not signed."""
        headers = {**self.headers, "Authorization": authorization or self.authorization()}
        headers |= {name.replace("_", "-"): value for name, value in extra.items()}
        headers["Host"] = headers.pop("host")
        target = "/?" + urlencode(self.query, quote_via=quote) if self.query else "/"
        return send(self.cloud, "POST", target, headers, self.body or None)


def play_auth_key(text: str) -> tuple[Credential, str]:
    """The credential in a PlayAuth, as a player reads it, and its AuthInfo."""
    from fakealiyun.ram.principal import account

    value = unpack(text)
    key = Credential(
        value["AccessKeyId"],
        value["AccessKeySecret"],
        account("0"),
        (),
        security_token=value["SecurityToken"],
    )
    return key, value["AuthInfo"]
