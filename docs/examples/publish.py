"""Says whether a video still has the file that was reviewed: python3 publish.py VIDEO_ID SIZE MD5

Size and MD5 are those of the event whose file was reviewed. The key needs vod:GetMezzanineInfo.
First: pip install alibabacloud-vod20170321
"""

import os
import sys

from alibabacloud_tea_openapi.utils_models import Config
from alibabacloud_vod20170321.client import Client
from alibabacloud_vod20170321.models import GetMezzanineInfoRequest


def is_reviewed_file(vod: Client, video_id: str, size: int, md5: str) -> bool:
    """Whether VOD has this file now. Call it in the step that makes the video public."""
    found = vod.get_mezzanine_info(GetMezzanineInfoRequest(video_id=video_id)).body.mezzanine
    if not md5 or not found.file_md5:
        return False  # the size alone proves nothing
    return bool(found.size == size and found.file_md5.lower() == md5)


if __name__ == "__main__":
    config = Config(
        access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        security_token=os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN"),
        region_id=os.environ["VODPASS_REGION"],
        endpoint=f"vod.{os.environ['VODPASS_REGION']}.aliyuncs.com",
    )
    video, size, md5 = sys.argv[1:]
    sys.exit(0 if is_reviewed_file(Client(config), video, int(size), md5) else 1)
