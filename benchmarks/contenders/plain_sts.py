"""The plain function for STS. See plain_vod."""

import json
import os
from typing import Any

import jwt
from alibabacloud_sts20150401 import models as sts_models
from alibabacloud_sts20150401.client import Client
from alibabacloud_tea_openapi import models as open_api_models

KEY = jwt.PyJWK(json.loads(os.environ["VODPASS_JWT_KEYS"])["keys"][0])

client = Client(
    open_api_models.Config(
        access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        security_token=os.environ["ALIBABA_CLOUD_SECURITY_TOKEN"],
        region_id=os.environ["VODPASS_REGION"],
        endpoint=os.environ["VODPASS_STS_ENDPOINT"],
        protocol="http",
    )
)


def issue(_event: Any) -> Any:
    request = sts_models.AssumeRoleRequest(
        role_arn=os.environ["VODPASS_STS_UPLOAD_ROLE"],
        role_session_name="benchmark",
        duration_seconds=900,
    )
    return client.assume_role(request)


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
    if "vod:sts" not in claims["scope"].split():
        return {"statusCode": 403, "headers": {}, "isBase64Encoded": False, "body": ""}
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "isBase64Encoded": False,
        "body": json.dumps(issue(event).body.to_map()),
    }
