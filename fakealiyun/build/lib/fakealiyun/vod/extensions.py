"""The file name extensions that VOD accepts, and those that play without transcoding."""

from __future__ import annotations

VIDEO = frozenset(
    "mp4 ts 3gp mpg mpeg mpe dat vob asf avi wmv flv f4v rm rmvb mov mkv m3u8 dv gif m2t m4v mj2 "
    "mjpeg mts ogg qt swf webm".split()
)
AUDIO = frozenset("mp3 wma wav aac ra m4a flac ape ac3 amr caf acm".split())
PLAYABLE = frozenset({"mp4", "flv", "mp3", "m3u8", "webm"})
"""Files that play without transcoding. A template group that does not transcode only stores
the others."""


def extension_of(file_name: str) -> str | None:
    """The lower-case extension of a file name, path or URL-like name; None if not accepted."""
    _, dot, extension = file_name.rpartition(".")
    extension = extension.lower()
    return extension if dot and extension in VIDEO | AUDIO else None


def media_type(extension: str) -> str:
    """`audio` or `video`, by the rules of VOD."""
    return "audio" if extension in AUDIO else "video"


IMAGE = ("png", "jpg", "jpeg", "gif", "heic", "webp")
"""`ImageExt` of CreateUploadImage. The first is the default."""
ATTACHED = {
    "watermark": ("png", "gif", "apng", "mov"),
    "subtitle": ("srt", "ass", "stl", "ttml", "vtt"),
    "material": ("jpg", "gif", "png", "mp4", "mat", "zip", "apk"),
}
"""The values of `BusinessType` of CreateUploadAttachedMedia, and `MediaExt` for each."""
