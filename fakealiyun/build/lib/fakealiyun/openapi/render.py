"""Writes the answers of the gateway: JSON, or XML if an RPC caller asked for it."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from aiohttp import web

from fakealiyun import xml
from fakealiyun.openapi.envelope import Format
from fakealiyun.openapi.types import ApiError

# Clients parse XML errors only if they have exactly this type.
_XML_TYPE = "text/xml;charset=utf-8"
_JSON_TYPE = "application/json;charset=utf-8"
_XML_LAYOUT = xml.Layout(indent=None, replacement="", short_empty=True)


def success_body(action: str, fields: Mapping[str, Any], request_id: str, form: Format) -> bytes:
    """The body of a successful answer, with `RequestId`.

    It is the first field, unless `fields` has a place for it.
    """
    known = {"RequestId": request_id}
    body = {**fields, **known} if "RequestId" in fields else {**known, **fields}
    return _json(body) if form == "JSON" else xml.render(f"{action}Response", body, _XML_LAYOUT)


def error_body(error: ApiError, request_id: str, host: str, form: Format, product: str) -> bytes:
    """The body of an error answer."""
    body = {
        "RequestId": request_id,
        "HostId": host,
        "Code": error.code,
        "Message": error.message,
        "Recommend": "https://next.api.aliyun.com/troubleshoot?q="
        f"{quote(error.code)}&product={product}",
        **error.details,
    }
    return _json(body) if form == "JSON" else xml.render("Error", body, _XML_LAYOUT)


def response(
    status: int, body: bytes, form: Format, request_id: str, headers: Mapping[str, str]
) -> web.Response:
    """The HTTP answer with this body."""
    return web.Response(
        status=status,
        body=body,
        headers={
            "Content-Type": _JSON_TYPE if form == "JSON" else _XML_TYPE,
            "x-acs-request-id": request_id,
            "x-acs-trace-id": uuid.uuid4().hex,
            "ETag": _etag(body),
            "Keep-Alive": "timeout=25",
            **headers,
        },
    )


def _etag(body: bytes) -> str:
    """An ETag as long as real ones. How the real gateway computes it is not known."""
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    return f"1{base64.b64encode(digest).decode()[:22]}{len(body) % 10}"


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
