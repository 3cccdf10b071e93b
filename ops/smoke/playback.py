"""Redeem a PlayAuth as the web player does, and fetch the file."""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlencode, urlsplit

from ops.doctor import web
from ops.doctor.web import Place
from shared.config.variables import REGIONS
from shared.transport import TransportError

TIMEOUT = 60.0  # seconds for the file


class NotRedeemed(Exception):
    """VOD gives no URL for the PlayAuth, or the URL no file. The message quotes neither."""


def redeem(play_auth: str, video_id: str, vod_endpoint: str = "") -> list[Mapping[str, Any]]:
    """The streams that GetPlayInfo (RPC, V1 signature) returns for the keys inside the PlayAuth.

    `vod_endpoint` is the loopback address of a fake cloud. Raises NotRedeemed. VOD's second, opaque
    form of PlayAuth cannot be redeemed this way.
    """
    from alibabacloud_tea_openapi.utils import Utils

    try:
        inner = json.loads(base64.b64decode(play_auth, validate=True))
        region = str(inner["Region"])
        parameters = {
            "Action": "GetPlayInfo",
            "Version": "2017-03-21",
            "Format": "JSON",
            "VideoId": video_id,
            "AuthInfo": str(inner["AuthInfo"]),
            "AuthTimeout": "7200",
            "StreamType": "video",
            "AccessKeyId": str(inner["AccessKeyId"]),
            "SecurityToken": str(inner["SecurityToken"]),
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "SignatureNonce": uuid.uuid4().hex,
            "Timestamp": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        secret = str(inner["AccessKeySecret"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NotRedeemed("the PlayAuth is not in the form that this check can redeem") from None
    if region not in REGIONS:
        raise NotRedeemed("the PlayAuth does not name a region of VOD")
    signature = Utils.get_rpcsignature(parameters, "GET", secret)
    at = Place(not vod_endpoint, vod_endpoint or f"vod.{region}.aliyuncs.com", "/")
    try:
        answer = web.ask(at, "GET", query=urlencode({**parameters, "Signature": signature}))
        content = json.loads(answer.body)
        if answer.status != 200:
            code = shown_word(content.get("Code"))
            raise NotRedeemed(f"GetPlayInfo: {answer.status} {code}")
        found = content["PlayInfoList"]["PlayInfo"]
    except TransportError as fault:
        raise NotRedeemed(f"GetPlayInfo: {fault}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotRedeemed("GetPlayInfo: its answer cannot be read") from None
    if not found:
        raise NotRedeemed("GetPlayInfo: no stream")
    return list(found)


def fetch(url: str, limit: int) -> bytes:
    """The bytes at a PlayURL, at most `limit`. Raises NotRedeemed."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"User-Agent": "vodpass-smoke", "Connection": "close"}
        tls = parts.scheme == "https"
        with web.Once() as transport:
            answer = transport.exchange(
                "GET", parts.netloc, target, headers, b"", tls=tls, timeout=TIMEOUT, limit=limit
            )
    except (TransportError, ValueError) as fault:
        reason = fault if isinstance(fault, TransportError) else "it is not a URL"
        raise NotRedeemed(f"the PlayURL: {reason}") from None
    if answer.status != 200:
        raise NotRedeemed(f"the PlayURL answers {answer.status}")
    return answer.body


def shown_word(value: object) -> str:
    """A code from VOD, safe to print; `?` for any other text."""
    found = re.fullmatch(r"[A-Za-z0-9._]{1,100}", str(value))
    return found[0] if found else "?"
