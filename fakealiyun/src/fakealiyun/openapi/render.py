"""Answers as the gateway writes them: JSON, or XML where an RPC caller asked for it."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from aiohttp import web

from fakealiyun.openapi.envelope import Format
from fakealiyun.openapi.types import ApiError

# Clients parse XML errors only with exactly this type.
_XML_TYPE = "text/xml;charset=utf-8"
_JSON_TYPE = "application/json;charset=utf-8"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def success_body(action: str, fields: Mapping[str, Any], request_id: str, form: Format) -> bytes:
    """The answer of an operation; `RequestId` is added."""
    body = {"RequestId": request_id, **fields}
    return _json(body) if form == "JSON" else _xml(f"{action}Response", body)


def error_body(error: ApiError, request_id: str, host: str, form: Format, product: str) -> bytes:
    """A refusal in the gateway's envelope."""
    body = {
        "RequestId": request_id,
        "HostId": host,
        "Code": error.code,
        "Message": error.message,
        "Recommend": "https://next.api.aliyun.com/troubleshoot?q="
        f"{quote(error.code)}&product={product}",
        **error.details,
    }
    return _json(body) if form == "JSON" else _xml("Error", body)


def response(
    status: int, body: bytes, form: Format, request_id: str, headers: Mapping[str, str]
) -> web.Response:
    """The HTTP answer around a body."""
    return web.Response(
        status=status,
        body=body,
        headers={
            "Content-Type": _JSON_TYPE if form == "JSON" else _XML_TYPE,
            "x-acs-request-id": request_id,
            "X-Content-Type-Options": "nosniff",
            **headers,
        },
    )


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _xml(root: str, body: Mapping[str, Any]) -> bytes:
    element = ET.Element(root)
    _fill(element, body)
    text = ET.tostring(element, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode()


def _fill(parent: ET.Element, value: Mapping[str, Any]) -> None:
    for name, item in value.items():
        for one in item if isinstance(item, list) else [item]:
            child = ET.SubElement(parent, name)
            if isinstance(one, Mapping):
                _fill(child, one)
            elif isinstance(one, bool):
                child.text = "true" if one else "false"
            else:
                child.text = _NOT_XML.sub("", str(one))
