"""The variables for what a deployment chooses in VOD: where uploads go, and how videos play."""

from __future__ import annotations

from collections.abc import Mapping

from shared.config import parsers
from shared.config.parsers import Variable

_VOD_ID = parsers.matching(r"[0-9A-Za-z_-]{1,64}")
_CATE_ID = parsers.number(0, 10**15 - 1)

VOD_VARIABLES: Mapping[str, Variable] = {
    "VODPASS_PLAY_MAX_TIMEOUT": Variable(
        "play_max_timeout", parsers.number(100, 3000), "seconds from 100 to 3000 (the default)"
    ),
    "VODPASS_PLAY_KEY": Variable(
        "play_key",
        # VOD accepts 8 characters. Each credential lets its holder test guesses offline.
        parsers.matching(r"[A-Za-z0-9]{20}"),
        "VOD's PlayKey, exactly 20 letters and digits (`python -m ops.playkey rotate` makes one)",
    ),
    "VODPASS_PLAY_FORMATS": Variable(
        "play_formats",
        parsers.some_of("mp4", "m3u8", "mp3", "flv", "mpd"),
        "some of mp4, m3u8, mp3, flv, mpd, separated by commas",
    ),
    "VODPASS_PLAY_DEFINITION": Variable(
        "play_definition",
        parsers.some_of("FD", "LD", "SD", "HD", "OD", "2K", "4K", "SQ", "HQ", "AUTO"),
        "some of FD, LD, SD, HD, OD, 2K, 4K, SQ, HQ, AUTO, separated by commas",
    ),
    "VODPASS_PLAY_STREAM_TYPE": Variable(
        "play_stream_type",
        parsers.some_of("video", "audio"),
        "video, audio, or both separated by a comma",
    ),
    "VODPASS_PLAY_AUTH_TIMEOUT": Variable(
        "play_auth_timeout", parsers.number(1, 2_592_000), "seconds from 1 to 2592000"
    ),
    "VODPASS_TEMPLATE_GROUP_ID": Variable("template_group_id", _VOD_ID, "a TemplateGroupId"),
    "VODPASS_TEMPLATE_GROUP_IDS": Variable(
        "template_group_ids",
        parsers.listed(_VOD_ID),
        "TemplateGroupIds separated by commas, at most 20, none twice",
    ),
    "VODPASS_WORKFLOW_ID": Variable("workflow_id", _VOD_ID, "a WorkflowId"),
    "VODPASS_STORAGE_LOCATION": Variable(
        "storage_location",
        parsers.matching(r"[a-z0-9.-]{3,128}"),
        "a StorageLocation (a bucket's host)",
    ),
    "VODPASS_APP_ID": Variable("app_id", parsers.matching(r"[0-9A-Za-z_-]{1,64}"), "an AppId"),
    "VODPASS_CATE_ID": Variable("cate_id", _CATE_ID, "a CateId, an integer"),
    "VODPASS_CATE_IDS": Variable(
        "cate_ids",
        parsers.listed(_CATE_ID),
        "CateIds, integers separated by commas, at most 20, none twice",
    ),
    "VODPASS_UPLOAD_CALLBACK": Variable(
        "upload_callback",
        parsers.flag,
        "1 to name VODPASS_CALLBACK_URL in every upload, else unset",
    ),
    "VODPASS_ACCELERATE": Variable(
        "accelerate", parsers.flag, "1 to upload with transfer acceleration, else unset"
    ),
    "VODPASS_PLAY_DOMAIN": Variable(
        "play_domain", parsers.domain, "a domain in lower case, such as play.example.com"
    ),
    "VODPASS_PLAY_DOMAIN_SIGNED": Variable(
        "play_domain_signed",
        parsers.flag,
        "1 to put VODPASS_PLAY_DOMAIN into each JWTPlayAuth, else unset",
    ),
}
