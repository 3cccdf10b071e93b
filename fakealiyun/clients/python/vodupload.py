"""voduploadsdk: a video in one request and in parts, an image, a subtitle, an m3u8 with segments.

It has no setting for the endpoint. It finds VOD at vod.cn-shanghai.aliyuncs.com, through the proxy
that the environment names.
"""

from __future__ import annotations

from pathlib import Path

from common import FILM, KEY, PART, SECRET, tell
from voduploadsdk.AliyunVodUploader import AliyunVodUploader
from voduploadsdk.UploadAttachedMediaRequest import UploadAttachedMediaRequest
from voduploadsdk.UploadImageRequest import UploadImageRequest
from voduploadsdk.UploadVideoRequest import UploadVideoRequest

folder = Path(FILM).parent
uploader = AliyunVodUploader(KEY, SECRET)

request = UploadVideoRequest(FILM, "电影 a film")
request.setTags("tag1,tag2")
video = uploader.uploadLocalVideo(request)

uploader.setMultipartUpload(PART, PART, 1)
in_parts = uploader.uploadLocalVideo(UploadVideoRequest(FILM, "in parts"))

(folder / "cover.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
image_id, image_url = uploader.uploadImage(UploadImageRequest(str(folder / "cover.png"), "cover"))

(folder / "en.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
subtitle = UploadAttachedMediaRequest(str(folder / "en.srt"), "subtitle", "English")
attached = uploader.uploadAttachedMedia(subtitle)

for name in ("1.ts", "2.ts"):
    (folder / name).write_bytes(b"G" * 1880)
(folder / "index.m3u8").write_text("#EXTM3U\n#EXTINF:1,\n1.ts\n#EXTINF:1,\n2.ts\n#EXT-X-ENDLIST\n")
playlist = uploader.uploadLocalM3u8(UploadVideoRequest(str(folder / "index.m3u8"), "playlist"))

tell(
    video=video["VideoId"],
    in_parts=in_parts["VideoId"],
    image=image_id,
    image_url=image_url,
    attached=attached["MediaId"],
    playlist=playlist,
)
