"""The plain function: what the documentation of VOD's SDK and of Function Compute shows.

It verifies the token with PyJWT. Imports are at the top, each instance has one client, and the SDK
is unchanged.
"""

import json
import os
from typing import Any

import jwt
from alibabacloud_tea_openapi import models as open_api_models
from alibabacloud_vod20170321 import models as vod_models
from alibabacloud_vod20170321.client import Client

FUNCTION = os.environ["BENCHMARK_FUNCTION"]
KEY = jwt.PyJWK(json.loads(os.environ["VODPASS_JWT_KEYS"])["keys"][0])

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


def issue(event: Any) -> Any:
    if FUNCTION == "play":
        request = vod_models.GetVideoPlayAuthRequest(video_id=event["queryParameters"]["VideoId"])
        return client.get_video_play_auth(request)
    body = json.loads(event["body"])
    if FUNCTION == "refresh":
        request = vod_models.RefreshUploadVideoRequest(video_id=body["VideoId"])
        return client.refresh_upload_video(request)
    request = vod_models.CreateUploadVideoRequest(
        file_name=body["FileName"], title=body["FileName"]
    )
    return client.create_upload_video(request)


def handler(payload: bytes, _context: object) -> dict[str, Any]:
    event = json.loads(payload)
    claims = jwt.decode(
        event["headers"]["Authorization"].removeprefix("Bearer "),
        KEY,
        algorithms=[KEY.algorithm_name],
        issuer=os.environ["VODPASS_JWT_ISSUER"],
        audience=os.environ["VODPASS_JWT_AUDIENCE"],
        options={"require": ["exp"]},
    )
    if f"vod:{FUNCTION}" not in claims["scope"].split():
        return {"statusCode": 403, "headers": {}, "isBase64Encoded": False, "body": ""}
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "isBase64Encoded": False,
        "body": json.dumps(issue(event).body.to_map()),
    }
