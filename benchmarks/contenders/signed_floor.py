"""The floor of a credential that is signed here: the standard library alone verifies and signs.

It checks signature, expiry, issuer, audience, scope and the claim of the token, and does nothing
else that vodpass does. HS256 only.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import time

TYPE_CHECKING = False  # importing typing would be measured too
if TYPE_CHECKING:
    from typing import Any

KEY = json.loads(os.environ["VODPASS_JWT_KEYS"])["keys"][0]


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def verified(token: str) -> Any:
    signed, _, signature = token.rpartition(".")
    header, payload = (json.loads(decoded(part)) for part in signed.split("."))
    mac = hmac.digest(decoded(KEY["k"]), signed.encode(), "sha256")
    if header["alg"] != "HS256" or not hmac.compare_digest(mac, decoded(signature)):
        raise PermissionError("signature")
    if payload["exp"] < time.time() or payload["iss"] != os.environ["VODPASS_JWT_ISSUER"]:
        raise PermissionError("expired, or another issuer")
    if payload["aud"] != os.environ["VODPASS_JWT_AUDIENCE"]:
        raise PermissionError("audience")
    if "vod:play" not in payload["scope"].split() or payload["vod"]["play"] != "*":
        raise PermissionError("scope")
    return payload


def handler(payload: bytes, _context: object) -> dict[str, Any]:
    event = json.loads(payload)
    verified(event["headers"]["Authorization"].removeprefix("Bearer "))
    now = time.time()
    claims = {
        "appId": "app-1000000",
        "videoId": event["queryParameters"]["VideoId"],
        "currentTimeStamp": int((now - 30) * 1000),
        "expireTimeStamp": int((now + 100) * 1000),
        "regionId": os.environ["VODPASS_REGION"],
        "playContentInfo": {},
    }
    header = encoded(b'{"alg":"HS256","typ":"JWT"}')
    signed = f"{header}.{encoded(json.dumps(claims).encode())}"
    mac = hmac.digest(os.environ["VODPASS_PLAY_KEY"].encode(), signed.encode(), "sha256")
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "isBase64Encoded": False,
        "body": json.dumps({"PlayAuth": f"{signed}.{encoded(mac)}"}),
    }
