"""Upload callbacks: after an upload, OSS sends a POST request and passes the answer on.

PutObject and CompleteMultipartUpload ask for one with the headers `x-oss-callback` and
`x-oss-callback-var` or the parameters `callback` and `callback-var`, PostObject with the form field
`callback`. The value is base64 of JSON. Source: the vendor's page about callbacks.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from yarl import URL

from fakealiyun import loopback, strict_json
from fakealiyun.oss.call import OssAnswer, OssCall
from fakealiyun.oss.callback_key import CallbackKey
from fakealiyun.oss.errors import OssError
from fakealiyun.oss.metadata import checksums, content_md5
from fakealiyun.oss.request import RequestHead
from fakealiyun.oss.state import StoredObject

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
HEADERS = frozenset({"x-oss-callback", "x-oss-callback-var"})
_MAX_URLS = 5
_MAX_ANSWER = 1024**2  # bytes
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
#: The texts of CallbackFailed. Source: the vendor's page about status 203.
_NOT_JSON = "Response body is not valid json format."
_TOO_LONG = "Error status : 400.User server return too long content-length value."
_TOO_SLOW = "Cost too long time."
_NO_CONNECTION = "Error status : -1.OSS can not connect to your callbackUrl, please check it."


@dataclass(frozen=True)
class UploadCallback:
    """What to send, and where: the `urls` are called in order until one succeeds.

    `body` contains `${variables}`. `variables` are the caller's own, by name (`x:...`).
    """

    urls: tuple[str, ...]
    host: str
    body: str = field(repr=False)
    body_type: str
    variables: Mapping[str, str] = field(repr=False)


def requested(head: RequestHead) -> UploadCallback | None:
    """The callback that a request asks for in its headers or its query; None without one.

    Raises OssError like `parse`.
    """
    callback = head.header("x-oss-callback") or head.parameters.get("callback", "")
    own = head.header("x-oss-callback-var") or head.parameters.get("callback-var", "")
    if not callback:
        return None
    return parse(callback, _variables(own))


def parse(encoded: str, variables: Mapping[str, str]) -> UploadCallback | None:
    """A callback from its base64; None if it names no URL. Raises OssError InvalidArgument."""
    settings = _decoded(encoded, "callback")
    urls = tuple(one.strip() for one in _text(settings, "callbackUrl").split(";") if one.strip())
    if not urls:
        return None
    urls = tuple(one if "://" in one else f"http://{one}" for one in urls)
    if len(urls) > _MAX_URLS or not all(_is_url(one) for one in urls):
        raise _invalid("The callbackUrl is not valid.", "0007-00000004")
    body = _text(settings, "callbackBody")
    if not body:
        raise _invalid("The callbackBody is empty.", "0007-00000011")
    body_type = _text(settings, "callbackBodyType") or FORM
    if body_type not in (FORM, JSON):
        raise _invalid("The callbackBodyType is not valid.")
    return UploadCallback(urls, _text(settings, "callbackHost"), body, body_type, variables)


class UploadCallbacks:
    """Sends the callbacks of one cloud, to this machine only, and signs them."""

    def __init__(self) -> None:
        self.key = CallbackKey()
        self._key_url = ""
        self._client: loopback.Client | None = None

    def publish_key_at(self, url: str) -> None:
        """Set the URL of the public key, which callbacks name. Real ones name the vendor's."""
        self._key_url = url

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def deliver(
        self, wanted: UploadCallback, call: OssCall, stored: StoredObject
    ) -> OssAnswer:
        """Send the callback of an upload that has been stored, and pass the answer on.

        Raises OssError CallbackFailed (203). The object stays then too.
        """
        body = _filled(wanted, _system_variables(call, stored)).encode()
        failure = _NO_CONNECTION
        for url in wanted.urls:
            receiver = loopback.receiver(url)
            if receiver is None:
                failure = _NO_CONNECTION
                continue
            answer = await self._post(receiver, wanted, body)
            if isinstance(answer, bytes):
                return OssAnswer(200, {**checksums(stored), "Content-Type": JSON}, answer)
            failure = answer
        raise OssError("CallbackFailed", failure)

    async def _post(self, url: URL, wanted: UploadCallback, body: bytes) -> bytes | str:
        """The body of a successful answer, or the text of the failure."""
        if self._client is None:
            self._client = loopback.Client()
        message = _signed_path(url).encode() + b"\n" + body
        signature = await asyncio.to_thread(self.key.sign, message)
        headers = {
            "Content-Type": wanted.body_type,
            "User-Agent": "ehttp-client/0.0.1",
            "Authorization": base64.b64encode(signature).decode(),
            "x-oss-pub-key-url": base64.b64encode(self._key_url.encode()).decode(),
            **({"Host": wanted.host} if wanted.host else {}),
        }
        try:
            status, answer = await self._client.exchange(url, body, headers, _MAX_ANSWER)
        except loopback.TooLate:
            return _TOO_SLOW
        except loopback.TooLong:
            return _TOO_LONG
        except loopback.NotConnected:
            return _NO_CONNECTION
        if status != 200:
            return f"Error status : {status}."
        try:
            json.loads(answer)
        except (ValueError, RecursionError):
            return _NOT_JSON
        return answer


def _signed_path(url: URL) -> str:
    """The decoded path, and the query as it is sent."""
    return url.path + (f"?{url.raw_query_string}" if url.raw_query_string else "")


def form_variables(fields: Mapping[str, str]) -> dict[str, str]:
    """The caller's own variables in a form: its fields `x:...`, and those in `callback-var`."""
    named = {name: value for name, value in fields.items() if name.startswith("x:")}
    return {**_variables(fields.get("callback-var", "")), **named}


def _variables(encoded: str) -> dict[str, str]:
    if not encoded:
        return {}
    found = _decoded(encoded, "callback-var")
    return {name.lower(): _text(found, name) for name in found}


def _decoded(encoded: str, what: str) -> dict[str, object]:
    try:
        text = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise _invalid(f"The {what} configuration is not base64 encoded.", "0007-00000002") from (
            None
        )
    try:
        return dict(strict_json.parse_object(text, max_depth=4))
    except strict_json.StrictJsonError:
        raise _invalid(f"The {what} configuration is not json format.") from None


def _text(settings: Mapping[str, object], name: str) -> str:
    value = settings.get(name, "")
    if not isinstance(value, str):
        raise _invalid(f"The {name} is not valid.")
    return value


def _is_url(text: str) -> bool:
    try:
        url = URL(text, encoded=True)
        return url.scheme in ("http", "https") and bool(url.host) and url.port is not None
    except ValueError:
        return False


def _invalid(message: str, ec: str = "") -> OssError:
    return OssError("InvalidArgument", message, ec=ec)


def _system_variables(call: OssCall, stored: StoredObject) -> dict[str, str | int]:
    return {
        "bucket": stored.bucket,
        "object": stored.key,
        "etag": stored.etag,
        "size": stored.size,
        "mimeType": stored.content_type,
        "crc64": str(stored.crc64),
        "contentMd5": content_md5(stored.md5),
        "clientIp": call.head.source_ip,
        "reqId": call.request_id,
        "operation": call.operation,
    }


def _filled(wanted: UploadCallback, system: Mapping[str, str | int]) -> str:
    """The body with the values in the place of the variables. Unknown variables are empty."""
    write: Callable[[str | int], str] = _as_json if wanted.body_type == JSON else _as_form

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name.startswith("x:"):
            return write(wanted.variables.get(name.lower(), ""))
        return write(system.get(name, ""))

    return _VARIABLE.sub(value, wanted.body)


def _as_json(value: str | int) -> str:
    return json.dumps(value, ensure_ascii=False)


def _as_form(value: str | int) -> str:
    return quote(str(value), safe="")
