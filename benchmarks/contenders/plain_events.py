"""The plain function for VOD's callbacks. See plain_vod."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from typing import Any

import requests
from alibabacloud_tea_openapi import models as open_api_models
from alibabacloud_vod20170321 import models as vod_models
from alibabacloud_vod20170321.client import Client

client = Client(
    open_api_models.Config(
        access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        security_token=os.environ["ALIBABA_CLOUD_SECURITY_TOKEN"],
        region_id=os.environ["VODPASS_REGION"],
        endpoint=os.environ["VODPASS_VOD_ENDPOINT"],
        protocol="http",
    )
)


def handler(payload: bytes, _context: object) -> dict[str, Any]:
    event = json.loads(payload)
    timestamp = event["headers"]["X-VOD-TIMESTAMP"]
    url, key = os.environ["VODPASS_CALLBACK_URL"], os.environ["VODPASS_CALLBACK_KEYS"]
    expected = hashlib.md5(f"{url}|{timestamp}|{key}".encode(), usedforsecurity=False).hexdigest()
    if not hmac.compare_digest(expected, event["headers"]["X-VOD-SIGNATURE"]):
        return {"statusCode": 403, "headers": {}, "isBase64Encoded": False, "body": ""}
    request = vod_models.GetVideoInfoRequest(video_id=json.loads(event["body"])["VideoId"])
    video = client.get_video_info(request).body.video.to_map()
    body = json.dumps({"type": "video.ready", "data": video}).encode()
    event_id, sent = secrets.token_hex(16), str(int(time.time()))
    secret = base64.b64decode(os.environ["VODPASS_WEBHOOK_SECRETS"])
    mac = hmac.digest(secret, f"{event_id}.{sent}.".encode() + body, "sha256")
    headers = {
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": sent,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }
    response = requests.post(os.environ["VODPASS_WEBHOOK_URL"], body, headers=headers, timeout=5)
    response.raise_for_status()
    return {"statusCode": 200, "headers": {}, "isBase64Encoded": False, "body": "{}"}
