"""aliyun-python-sdk-vod and -sts with AcsClient: create, upload, refresh, read, play, delete.

The host names are those that the SDK knows for cn-shanghai, through the proxy of the environment,
once by HTTP and once by HTTPS.
"""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import oss2
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdksts.request.v20150401.AssumeRoleRequest import AssumeRoleRequest
from aliyunsdksts.request.v20150401.GetCallerIdentityRequest import GetCallerIdentityRequest
from aliyunsdkvod.request.v20170321.CreateUploadVideoRequest import CreateUploadVideoRequest
from aliyunsdkvod.request.v20170321.DeleteVideoRequest import DeleteVideoRequest
from aliyunsdkvod.request.v20170321.GetMezzanineInfoRequest import GetMezzanineInfoRequest
from aliyunsdkvod.request.v20170321.GetPlayInfoRequest import GetPlayInfoRequest
from aliyunsdkvod.request.v20170321.GetVideoInfoRequest import GetVideoInfoRequest
from aliyunsdkvod.request.v20170321.GetVideoListRequest import GetVideoListRequest
from aliyunsdkvod.request.v20170321.GetVideoPlayAuthRequest import GetVideoPlayAuthRequest
from aliyunsdkvod.request.v20170321.RefreshUploadVideoRequest import RefreshUploadVideoRequest
from aliyunsdkvod.request.v20170321.SearchMediaRequest import SearchMediaRequest
from common import FILM, KEY, PART, ROLE, SECRET, tell

protocol = os.environ["PROTOCOL"]
client = AcsClient(KEY, SECRET, "cn-shanghai", timeout=30, verify=os.environ["CERTIFICATE"])


def ask(request: Any, **fields: Any) -> dict[str, Any]:
    """The answer to a request with these fields."""
    request.set_protocol_type(protocol)
    request.set_accept_format("JSON")
    for name, value in fields.items():
        getattr(request, f"set_{name}")(value)
    answer: dict[str, Any] = json.loads(client.do_action_with_exception(request))
    return answer


def decoded(text: str) -> dict[str, Any]:
    """The JSON in a base64 credential."""
    value: dict[str, Any] = json.loads(base64.b64decode(text))
    return value


upload = ask(CreateUploadVideoRequest(), Title="old core", FileName="film.mp4", Tags="a,b")
video = upload["VideoId"]
address = decoded(upload["UploadAddress"])
auth = decoded(ask(RefreshUploadVideoRequest(), VideoId=video)["UploadAuth"])
bucket = oss2.Bucket(
    oss2.StsAuth(auth["AccessKeyId"], auth["AccessKeySecret"], auth["SecurityToken"]),
    address["Endpoint"],
    address["Bucket"],
)
oss2.resumable_upload(
    bucket, address["FileName"], FILM, multipart_threshold=PART, part_size=PART, num_threads=2
)
info = ask(GetVideoInfoRequest(), VideoId=video)["Video"]
file = ask(GetMezzanineInfoRequest(), VideoId=video)["Mezzanine"]
play = ask(GetPlayInfoRequest(), VideoId=video)["PlayInfoList"]["PlayInfo"]
play_auth = ask(GetVideoPlayAuthRequest(), VideoId=video)["PlayAuth"]
listed = ask(GetVideoListRequest(), Status="Normal", PageSize=10)["Total"]
found = ask(SearchMediaRequest(), Match="Title = 'old core'", Fields="Title")["Total"]
ask(DeleteVideoRequest(), VideoIds=video)
refusal = None
try:
    ask(GetVideoInfoRequest(), VideoId=video)
except ServerException as error:
    refusal = [error.get_http_status(), error.get_error_code()]
session = ask(AssumeRoleRequest(), RoleArn=ROLE, RoleSessionName="old-core")
identity = ask(GetCallerIdentityRequest())

tell(
    status=info["Status"],
    size=file["Size"],
    streams=len(play),
    play_auth=sorted(decoded(play_auth)),
    listed=listed,
    found=found,
    refusal=refusal,
    session=session["AssumedRoleUser"]["Arn"],
    identity=identity["IdentityType"],
)
