"""The floor: one call to Alibaba Cloud with the standard library only.

It verifies the token and signs the call by hand. No Python function in Function Compute can start
much faster. It checks signature, expiry, issuer, audience and scope, and does nothing else that
vodpass does.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import os
import time
from urllib.parse import quote

TYPE_CHECKING = False  # importing typing would be measured too
if TYPE_CHECKING:
    from typing import Any

FUNCTION = os.environ["BENCHMARK_FUNCTION"]
ACTIONS = {
    "upload": ("CreateUploadVideo", "2017-03-21"),
    "refresh": ("RefreshUploadVideo", "2017-03-21"),
    "play": ("GetVideoPlayAuth", "2017-03-21"),
    "sts": ("AssumeRole", "2015-04-01"),
    "events": ("GetVideoInfo", "2017-03-21"),
    "watch": ("GetVideoList", "2017-03-21"),
}
ACTION, VERSION = ACTIONS[FUNCTION]
ENDPOINT = os.environ.get("VODPASS_VOD_ENDPOINT") or os.environ["VODPASS_STS_ENDPOINT"]
KEY = json.loads(os.environ.get("VODPASS_JWT_KEYS", '{"keys": [null]}'))["keys"][0]
# DigestInfo of SHA-256: precedes the digest in an RS256 signature (RFC 8017, section 9.2).
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")

_connection = http.client.HTTPConnection(ENDPOINT, timeout=5)


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signature_fits(signed: str, signature: str) -> bool:
    if KEY["alg"] == "HS256":
        return hmac.compare_digest(
            hmac.digest(decoded(KEY["k"]), signed.encode(), "sha256"), decoded(signature)
        )
    modulus, exponent = (int.from_bytes(decoded(KEY[part]), "big") for part in "ne")
    size = (modulus.bit_length() + 7) // 8
    digest = SHA256_PREFIX + hashlib.sha256(signed.encode()).digest()
    expected = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    number = int.from_bytes(decoded(signature), "big")
    return pow(number, exponent, modulus).to_bytes(size, "big") == expected


def verified(token: str) -> Any:
    signed, _, signature = token.rpartition(".")
    header, payload = (json.loads(decoded(part)) for part in signed.split("."))
    if header["alg"] != KEY["alg"] or not signature_fits(signed, signature):
        raise PermissionError("signature")
    if payload["exp"] < time.time() or payload["iss"] != os.environ["VODPASS_JWT_ISSUER"]:
        raise PermissionError("expired, or another issuer")
    if payload["aud"] != os.environ["VODPASS_JWT_AUDIENCE"]:
        raise PermissionError("audience")
    if f"vod:{FUNCTION}" not in payload["scope"].split():
        raise PermissionError("scope")
    return payload


def parameters(event: Any, claims: Any) -> dict[str, str]:
    if FUNCTION == "watch":
        return {"Status": "Uploading", "PageNo": "1", "PageSize": "100"}
    if FUNCTION == "play":
        return {"VideoId": event["queryParameters"]["VideoId"]}
    body = json.loads(event["body"])
    if FUNCTION in ("refresh", "events"):
        return {"VideoId": body["VideoId"]}
    if FUNCTION == "sts":
        return {
            "RoleArn": os.environ["VODPASS_STS_UPLOAD_ROLE"],
            "RoleSessionName": claims["sub"],
            "DurationSeconds": "900",
        }
    return {"FileName": body["FileName"], "Title": body["FileName"]}


def called(fields: dict[str, str]) -> Any:
    """The response to a call signed with ACS3-HMAC-SHA256, like the SDK: query only, empty body."""
    query = "&".join(f"{quote(k, '-_.~')}={quote(v, '-_.~')}" for k, v in sorted(fields.items()))
    body_hash = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": ENDPOINT,
        "x-acs-accesskey-id": os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        "x-acs-action": ACTION,
        "x-acs-content-sha256": body_hash,
        "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "x-acs-security-token": os.environ["ALIBABA_CLOUD_SECURITY_TOKEN"],
        "x-acs-signature-nonce": os.urandom(16).hex(),
        "x-acs-version": VERSION,
    }
    signed = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"POST\n/\n{query}\n{lines}\n{signed}\n{body_hash}"
    to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    secret = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"].encode()
    signature = hmac.digest(secret, to_sign.encode(), "sha256").hex()
    headers["authorization"] = (
        f"ACS3-HMAC-SHA256 Credential={headers['x-acs-accesskey-id']},"
        f"SignedHeaders={signed},Signature={signature}"
    )
    _connection.request("POST", f"/?{query}", headers=headers)
    response = _connection.getresponse()
    content = json.loads(response.read())
    if response.status != 200:
        raise RuntimeError(content["Code"])
    return content


def verify_callback(event: Any) -> None:
    timestamp = event["headers"]["X-VOD-TIMESTAMP"]
    url, key = os.environ["VODPASS_CALLBACK_URL"], os.environ["VODPASS_CALLBACK_KEYS"]
    expected = hashlib.md5(f"{url}|{timestamp}|{key}".encode(), usedforsecurity=False).hexdigest()
    if not hmac.compare_digest(expected, event["headers"]["X-VOD-SIGNATURE"]):
        raise PermissionError("signature")
    if abs(time.time() - int(timestamp)) > 300:
        raise PermissionError("too old")


def deliver(content: Any) -> None:
    """Deliver one webhook, signed by the Standard Webhooks specification."""
    _, _, host, path = os.environ["VODPASS_WEBHOOK_URL"].split("/", 3)
    body = json.dumps({"type": "video.ready", "data": content["Video"]}).encode()
    event_id, timestamp = os.urandom(16).hex(), str(int(time.time()))
    secret = base64.b64decode(os.environ["VODPASS_WEBHOOK_SECRETS"])
    mac = hmac.digest(secret, f"{event_id}.{timestamp}.".encode() + body, "sha256")
    headers = {
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }
    connection = http.client.HTTPConnection(host, timeout=5)
    connection.request("POST", f"/{path}", body, headers)
    if connection.getresponse().status != 204:
        raise RuntimeError("the receiver did not accept the webhook")


def handler(payload: bytes, _context: object) -> dict[str, Any] | None:
    event = json.loads(payload)
    claims = None
    if FUNCTION == "events":
        verify_callback(event)
    elif FUNCTION != "watch":
        claims = verified(event["headers"]["Authorization"].removeprefix("Bearer "))
    content = called(parameters(event, claims))
    if FUNCTION == "watch":
        return None
    if FUNCTION == "events":
        deliver(content)
        content = {}
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "isBase64Encoded": False,
        "body": json.dumps(content),
    }
