"""The plain function for a timer that lists unfinished uploads. See plain_vod."""

import json
import os

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


def handler(payload: bytes, _context: object) -> None:
    if json.loads(payload)["triggerName"] != "timer":
        raise ValueError("not the timer's event")
    request = vod_models.GetVideoListRequest(status="Uploading", page_no=1, page_size=100)
    client.get_video_list(request)
