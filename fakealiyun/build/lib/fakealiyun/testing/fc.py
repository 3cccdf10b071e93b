"""Calls Function Compute with the official clients, or with requests signed by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import io
import json
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.models import Config, OpenApiRequest, Params
from alibabacloud_tea_openapi.utils import Utils
from darabonba.runtime import RuntimeOptions
from Tea.exceptions import TeaException

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential

ECHO = "def handler(event, context):\n    return event\n"
ANONYMOUS = {"authType": "anonymous", "methods": ["GET", "POST"]}


def config(cloud: FakeCloud, key: Credential | None = None) -> Config:
    """The configuration of an official client."""
    key = key or cloud.admin
    return Config(
        access_key_id=key.access_key_id,
        access_key_secret=key.access_key_secret,
        security_token=key.security_token,
        endpoint=cloud.endpoint,
        protocol="http",
        region_id=cloud.region,
    )


@dataclass(frozen=True)
class Refusal:
    """An error answer."""

    status: int
    code: str
    message: str


class Fc:
    """Function Compute through `alibabacloud_fc20230330`."""

    def __init__(self, cloud: FakeCloud, key: Credential | None = None) -> None:
        self.cloud = cloud
        self.sdk = Client(config(cloud, key))

    def role(self, name: str = "shop-upload") -> str:
        return f"acs:ram::{self.cloud.account_id}:role/{name}"

    def create(
        self, name: str = "echo", code: str | Mapping[str, Any] | None = ECHO, **fields: Any
    ) -> dict[str, Any]:
        """CreateFunction. `code` is the text of index.py, or the object that the API expects.

        `fields` are added under their API names.
        """
        if isinstance(code, str):
            code = {"zipFile": packed({"index.py": code})}
        given = {
            "functionName": name,
            "runtime": "python3.10",
            "handler": "index.handler",
            "code": code,
            **fields,
        }
        return self.send("POST", "/functions", given)

    def update(self, name: str, **fields: Any) -> dict[str, Any]:
        return self.send("PUT", f"/functions/{name}", fields)

    def get(self, name: str) -> dict[str, Any]:
        return shown(self.sdk.get_function(name, models.GetFunctionRequest()).body)

    def names(self) -> list[str]:
        listed = self.sdk.list_functions(models.ListFunctionsRequest(limit=100)).body
        return [function.function_name for function in listed.functions]

    def trigger(
        self, function: str, config: Mapping[str, Any], name: str = "http", kind: str = "http"
    ) -> dict[str, Any]:
        """CreateTrigger through the SDK."""
        body = models.CreateTriggerInput(
            trigger_name=name, trigger_type=kind, trigger_config=json.dumps(config)
        )
        request = models.CreateTriggerRequest(body=body)
        return shown(self.sdk.create_trigger(function, request).body)

    def invoke(self, name: str, event: bytes = b"{}", **headers: str) -> Invoked:
        """InvokeFunction. `headers` are `invocation_type` and `log_type`."""
        given = models.InvokeFunctionHeaders(
            **{f"x_fc_{header}": value for header, value in headers.items()}
        )
        answer = self.sdk.invoke_function_with_options(
            name, models.InvokeFunctionRequest(body=event), given, RuntimeOptions()
        )
        body = answer.body.read() if answer.body is not None else b""
        return Invoked(answer.status_code, dict(answer.headers), body)

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send any JSON with the transport and signature of the SDK, without its models."""
        path, _, query = path.partition("?")
        params = Params(
            action=self.action(method, path),
            version="2023-03-30",
            protocol="HTTP",
            pathname=f"/2023-03-30{path}",
            method=method,
            auth_type="AK",
            style="ROA",
            req_body_type="json",
            body_type="json",
        )
        request = OpenApiRequest(
            body=body, query=dict(pair.split("=", 1) for pair in query.split("&") if pair)
        )
        answer = self.sdk.call_api(params, request, RuntimeOptions())
        found: dict[str, Any] = answer.get("body") or {}
        return found

    def action(self, method: str, path: str) -> str:
        """The name of an operation. The SDK sends it with each request."""
        return self.cloud.fc.operations.find(method, f"/2023-03-30{path}")[0].name

    def refused(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Refusal:
        """The refusal of a call that must be refused."""
        return refusal(lambda: self.send(method, path, body))


@dataclass(frozen=True)
class Invoked:
    """The answer of InvokeFunction."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def log(self) -> str:
        return base64.b64decode(self.headers["x-fc-log-result"]).decode()


def refusal(call: Any) -> Refusal:
    """The refusal of an SDK call. Raises AssertionError if it is accepted."""
    try:
        answer = call()
    except TeaException as error:
        return Refusal(int(error.statusCode), str(error.code), str(error.message))
    raise AssertionError(f"it was accepted: {answer}")


def shown(body: Any) -> dict[str, Any]:
    """The mapping that came over the wire, from a model of an SDK."""
    found: dict[str, Any] = body.to_map()
    return found


def packed(files: Mapping[str, str | bytes]) -> str:
    """A zip in base64, for `code.zipFile`."""
    return base64.b64encode(zipped(files)).decode()


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """The bytes of a zip with these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def zipped_folder(folder: Path) -> bytes:
    """The bytes of a zip of a folder, made like the deployment tool: no links, fixed times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                info = zipfile.ZipInfo(str(path.relative_to(folder)))
                info.external_attr = 0o100644 << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, path.read_bytes())
    return buffer.getvalue()


@dataclass
class FcRequest:
    """A request that the vendor's own function signs. A test may damage it afterwards."""

    key: Credential
    method: str
    path: str
    body: bytes = b""
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    action: str | None = None
    date: str | None = None

    def signed(self, host: str) -> dict[str, str]:
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        headers = {
            "host": host,
            "x-acs-version": self.path.split("/")[1],
            "x-acs-date": self.date or now,
            "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-content-sha256": hashlib.sha256(self.body).hexdigest(),
        }
        if self.action:
            headers["x-acs-action"] = self.action
        if self.body:
            headers["content-type"] = "application/json"
        if self.key.security_token:
            headers["x-acs-accesskey-id"] = self.key.access_key_id
            headers["x-acs-security-token"] = self.key.security_token
        headers.update(self.headers)

        class Request:
            method = self.method
            pathname = self.path
            query = self.query

        Request.headers = headers  # type: ignore[attr-defined]
        headers["Authorization"] = Utils.get_authorization(
            Request,
            "ACS3-HMAC-SHA256",
            headers["x-acs-content-sha256"],
            self.key.access_key_id,
            self.key.access_key_secret,
        )
        return headers


@dataclass(frozen=True)
class FcReply:
    """An HTTP answer of Function Compute or of a function."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def code(self) -> str:
        fields = json.loads(self.body)
        # The second name is that of the API version 2016-08-15.
        return str(fields["Code"] if "Code" in fields else fields["ErrorCode"])

    @property
    def message(self) -> str:
        fields = json.loads(self.body)
        return str(fields["Message"] if "Message" in fields else fields["ErrorMessage"])


def send(
    address: str,
    method: str,
    target: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> FcReply:
    """Send one request to `host:port`, with exactly these headers."""
    connection = http.client.HTTPConnection(address, timeout=60)
    try:
        given = dict(headers or {})
        connection.putrequest(
            method,
            target,
            skip_host=any(name.lower() == "host" for name in given),
            skip_accept_encoding=True,
        )
        for name, value in given.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return FcReply(response.status, response.headers, response.read())
    finally:
        connection.close()


def get(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> FcReply:
    """Call an HTTP trigger."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    return send(parts.netloc, method, target or "/", headers, body)


def upload_key(
    cloud: FakeCloud,
    *,
    key: Credential | None = None,
    secret: str | None = None,
    path: str = "/2016-08-15/tempBucketToken",
    date: str | None = None,
    **headers: str,
) -> FcReply:
    """Get a credential to upload code. The signature follows the page about 2.0."""
    key = key or cloud.admin
    given = {"date": date or formatdate(usegmt=True), "content-type": "application/json"}
    given["x-fc-account-id"] = cloud.account_id
    if key.security_token:
        given["x-fc-security-token"] = key.security_token
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    named = "".join(f"{name}:{given[name]}\n" for name in sorted(given) if name.startswith("x-fc-"))
    message = f"GET\n\n{given['content-type']}\n{given['date']}\n{named}{path}"
    digest = hmac.new((secret or key.access_key_secret).encode(), message.encode(), "sha256")
    signature = base64.b64encode(digest.digest()).decode()
    given["authorization"] = f"FC {key.access_key_id}:{signature}"
    return send(cloud.endpoint, "GET", path, given)
