"""alibabacloud-vod20170321 and -sts20150401: the newest clients, also asynchronously."""

from __future__ import annotations

import asyncio

import requests
from alibabacloud_sts20150401 import models as sts_models
from alibabacloud_sts20150401.client import Client as Sts
from alibabacloud_tea_openapi.models import Config
from alibabacloud_vod20170321 import models
from alibabacloud_vod20170321.client import Client
from common import ENDPOINT, FILM, KEY, ROLE, SECRET, tell
from upload import send


def config(**key: str) -> Config:
    """The settings of a client of the fake."""
    return Config(endpoint=ENDPOINT, protocol="http", **key)


admin = config(access_key_id=KEY, access_key_secret=SECRET)
vod = Client(admin)
create = models.CreateUploadVideoRequest(title="new", file_name="film.mp4")
upload = vod.create_upload_video(create).body
send(upload.upload_address, upload.upload_auth, FILM)
video = upload.video_id
info = vod.get_video_info(models.GetVideoInfoRequest(video_id=video)).body.video
play = vod.get_play_info(models.GetPlayInfoRequest(video_id=video)).body
file = requests.get(play.play_info_list.play_info[0].play_url, timeout=30).content

assume = sts_models.AssumeRoleRequest(role_arn=ROLE, role_session_name="new-client")
key = Sts(admin).assume_role(assume).body.credentials
session = config(
    access_key_id=key.access_key_id,
    access_key_secret=key.access_key_secret,
    security_token=key.security_token,
)


async def later() -> str:
    """The title, by the asynchronous call with the session's key."""
    asked = models.GetVideoInfoRequest(video_id=video)
    answer = await Client(session).get_video_info_async(asked)
    return str(answer.body.video.title)


tell(status=info.status, size=len(file), title=asyncio.run(later()))
