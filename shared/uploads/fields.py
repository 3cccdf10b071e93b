"""Checks the fields that describe an upload, before a call to VOD.

Limits are those of CreateUploadVideo. Its parameter table counts characters, its error texts count
bytes. So Title and Description follow the stricter one: bytes of UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from shared.config.settings import Settings
from shared.web.fields import Check, choice, integer, text

MAX_TITLE = 128  # bytes of UTF-8, or characters
MAX_DESCRIPTION = 1024  # bytes of UTF-8
MAX_TAGS = 16
MAX_TAG = 32  # characters
MAX_FILE_NAME = 512  # bytes of UTF-8; VOD names no limit
MAX_URL = 1024  # bytes

VIDEO_EXTENSIONS = frozenset(
    "mp4 ts 3gp mpg mpeg mpe dat vob asf avi wmv flv f4v rm rmvb mov mkv m3u8 dv gif m2t m4v mj2"
    " mjpeg mts ogg qt swf webm mp3 wma wav aac ra m4a flac ape ac3 amr caf acm".split()
)
"""Extensions that CreateUploadVideo accepts: video and audio, which VOD treats alike."""

IMAGE_TYPES = ("default", "cover")
IMAGE_EXTENSIONS = ("png", "jpg", "jpeg", "gif", "heic", "webp")
ATTACHED_EXTENSIONS: Mapping[str, tuple[str, ...]] = {
    "watermark": ("png", "gif", "apng", "mov"),
    "subtitle": ("srt", "ass", "stl", "ttml", "vtt"),
    "material": ("jpg", "gif", "png", "mp4", "mat", "zip", "apk"),
}
"""BusinessType -> the extensions that CreateUploadAttachedMedia accepts."""

_EMOJI = re.compile(
    "[\u2300-\u23ff\u25fb-\u25fe\u2600-\u27bf\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299"
    "\u200d\u20e3\ufe0e\ufe0f\U0001f000-\U0001faff\U000e0020-\U000e007f]"
)
# VOD refuses "emoticon or special characters" but does not list them. These are the emoji blocks,
# with their joiners and modifiers. If VOD refuses more, its answer becomes the same error.


def video_fields(settings: Settings) -> Mapping[str, Check]:
    """The fields of a video and their checks."""
    return {
        "FileName": file_name,
        "FileSize": partial(integer, low=1, high=settings.max_file_size, unit="bytes"),
        "Title": partial(title, unit=settings.title_unit),
        "Description": description,
        "Tags": tags,
        "CoverURL": cover_url,
    }


def image_fields(settings: Settings) -> Mapping[str, Check]:
    """The fields of an image and their checks."""
    return {
        "ImageType": partial(choice, choices=IMAGE_TYPES),
        "ImageExt": partial(_extension_of, choices=IMAGE_EXTENSIONS),
        **_described(settings),
    }


def attached_fields(settings: Settings) -> Mapping[str, Check]:
    """The fields of attached media and their checks."""
    every = sorted({ext for listed in ATTACHED_EXTENSIONS.values() for ext in listed})
    return {
        "BusinessType": partial(choice, choices=tuple(ATTACHED_EXTENSIONS)),
        "MediaExt": partial(_extension_of, choices=tuple(every)),
        **_described(settings),
    }


def _described(settings: Settings) -> Mapping[str, Check]:
    """The fields that images and attached media share."""
    return {
        "FileName": plain_file_name,
        "FileSize": partial(integer, low=1, high=settings.max_file_size, unit="bytes"),
        "Title": partial(title, unit=settings.title_unit),
        "Description": description,
        "Tags": tags,
    }


def plain_file_name(value: Any) -> str:
    """FileName of an image or attached media. Another field gives their extension."""
    return without_emoji(_readable(text(value, max_bytes=MAX_FILE_NAME))) or "untitled"


def _extension_of(value: Any, choices: tuple[str, ...]) -> str:
    """ImageExt or MediaExt, in any case. Returns it in lower case."""
    return choice(value.lower() if isinstance(value, str) and value.isascii() else value, choices)


def file_name(value: Any) -> str:
    """FileName: a name whose extension VOD accepts. Emoji are removed, because VOD refuses them."""
    name = without_emoji(_readable(text(value, max_bytes=MAX_FILE_NAME)))
    if _base_name(name).startswith(".") and _base_name(name).count(".") == 1:
        name = f"untitled{_base_name(name)}"  # only emoji stood before the dot
    if extension(name) not in VIDEO_EXTENSIONS:
        listed = ", ".join(sorted(VIDEO_EXTENSIONS))
        raise ValueError(f"must end in one of the extensions {listed}")
    return name


def extension(name: str) -> str:
    """The lower-case extension of a file name or path, without the dot; "" if it has none."""
    stem, dot, ending = _base_name(name).rpartition(".")
    # For non-ASCII, lower() may produce letters that VOD does not.
    return ending.lower() if dot and stem and ending.isascii() else ""


def title_of(name: str, unit: str = "bytes") -> str:
    """A Title from a FileName: no folder, extension or emoji, at most MAX_TITLE of ``unit``."""
    base = _base_name(name)
    stem = (base.rpartition(".")[0] or base).strip()
    if unit == "bytes":
        cut = stem.encode("utf-8")[:MAX_TITLE].decode("utf-8", "ignore").strip()
    else:
        cut = stem[:MAX_TITLE].strip()
    return cut or "untitled"


def _base_name(name: str) -> str:
    """The name without its folders. Clients on Windows separate them by backslashes."""
    return re.split(r"[/\\]", name)[-1]


def title(value: Any, unit: str = "bytes") -> str:
    """Title: at most 128 of ``unit``, no emoji, nothing that changes the direction of writing.

    VOD's parameter table says 128 characters, its error text 128 bytes. The stricter is the
    default, so that VOD refuses nothing that was accepted here.
    """
    if unit == "bytes":
        return _without_refused(_readable(text(value, max_bytes=MAX_TITLE)))
    return _without_refused(_readable(text(value, max_characters=MAX_TITLE)))


def _readable(value: str) -> str:
    """The text. Raises ValueError if a reader could see its characters in another order."""
    if any("\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069" for c in value):
        raise ValueError("must not hold characters that change the direction of writing")
    return value


def description(value: Any) -> str:
    """Description: at most 1024 bytes, no emoji. It may have several lines."""
    return _without_refused(text(value, max_bytes=MAX_DESCRIPTION, line_breaks=True))


def tags(value: Any) -> str:
    """Tags: an array, or VOD's comma-separated text; at most 16, each at most 32 characters."""
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_TAGS:
        raise ValueError(f"must be 1 to {MAX_TAGS} tags, in an array or separated by commas")
    for tag in listed:
        _without_refused(text(tag, max_characters=MAX_TAG))
        if "," in tag:
            raise ValueError("must not hold a comma within a tag")
    return ",".join(tag.strip() for tag in listed)


def cover_url(value: Any) -> str:
    """CoverURL: an absolute http or https URL in ASCII of a public host, without user information.

    VOD fetches it, and so does every player. So an address or a local name is refused.
    """
    from shared.web.public_url import is_public  # few requests have this field

    url = text(value, max_bytes=MAX_URL)
    if not url.isascii() or any(c in '"<>^`{|}' for c in url) or not is_public(url):
        raise ValueError(
            "must be an absolute http or https URL, percent-encoded, of a public host name"
        )
    return url


def without_emoji(value: str) -> str:
    """The text without emoji, and without double blanks."""
    return re.sub(r"  +", " ", _EMOJI.sub("", value)).strip()


def _without_refused(value: str) -> str:
    if _EMOJI.search(value):
        raise ValueError("must not hold emoji")
    return value.strip()
