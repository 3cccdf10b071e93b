"""GetVideoInfo, GetVideoInfos, BatchGetMediaInfos, GetMezzanineInfo: facts about assets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakealiyun.openapi.errors import missing
from fakealiyun.openapi.types import Call, Operation
from fakealiyun.vod import parameters, wire
from fakealiyun.vod.account import VodAccount
from fakealiyun.vod.media import Media

MAX_IDS = 20
LONGEST_URL = 2_592_000  # seconds, the documented maximum of an OSS URL
DEFAULT_URL = 3600  # seconds


class InfoOperations:
    """The operations that read one asset or a few."""

    def __init__(self, account: VodAccount) -> None:
        self._account = account
        self.operations: Mapping[str, Operation] = {
            "GetVideoInfo": Operation(
                self.get_video_info,
            ),
            "GetVideoInfos": Operation(
                self.get_video_infos,
            ),
            "BatchGetMediaInfos": Operation(
                self.batch_get_media_infos,
            ),
            "GetMezzanineInfo": Operation(
                self.get_mezzanine_info,
            ),
        }

    def get_video_info(self, call: Call) -> Mapping[str, Any]:
        """All information about one asset, by VideoId or ReferenceId."""
        account = self._account
        media = account.find(call)
        return {"Video": wire.video_info(media, account.settings, account.location, account.region)}

    def get_video_infos(self, call: Call) -> Mapping[str, Any]:
        """Several assets, by VideoIds and ReferenceIds (at most 20 of each)."""
        account = self._account
        found, others, missing_ids, missing_references = find_each(account, call)
        return {
            "VideoList": [
                wire.video_info(m, account.settings, account.location, account.region)
                for m in found
            ],
            "NonExistVideoIds": [*missing_ids, *others],
            "NonExistReferenceIds": missing_references,
        }

    def batch_get_media_infos(self, call: Call) -> Mapping[str, Any]:
        """Several assets with their files and streams, by MediaIds and ReferenceIds."""
        account = self._account
        found, others, missing_ids, missing_references = find_each(account, call, "MediaIds")
        infos = []
        for media in found:
            url = None if media.source is None else account.object_url(media, DEFAULT_URL)
            infos.append(
                wire.media_infos(media, account.settings, account.location, account.region, url)
            )
        return {
            "MediaInfos": infos,
            "ForbiddenMediaIds": others,
            "NonExistMediaIds": missing_ids,
            "NonExistReferenceIds": missing_references,
        }

    def get_mezzanine_info(self, call: Call) -> Mapping[str, Any]:
        """The uploaded file of one asset."""
        given = call.parameters
        media = self._account.find(call)
        parameters.choices(given, "AdditionType", ("video", "audio"))
        seconds = url_seconds(given)
        url = None if media.source is None else self._account.object_url(media, seconds)
        return {"Mezzanine": wire.mezzanine(media, url)}


def url_seconds(given: Mapping[str, str]) -> int:
    """How long a URL is valid, in seconds, from `OutputType` and `AuthTimeout`.

    There is no documented maximum for `cdn`. But without a CDN domain the URL is an OSS URL, so the
    maximum of OSS applies.
    """
    output = parameters.choice(given, "OutputType", ("cdn", "oss"))
    most = LONGEST_URL if output == "oss" else 2**63 - 1
    wanted = parameters.integer(given, "AuthTimeout", 1, most)
    return min(wanted or DEFAULT_URL, LONGEST_URL)


def find_each(
    account: VodAccount, call: Call, name: str = "VideoIds", *, write: bool = False
) -> tuple[list[Media], list[str], list[str], list[str]]:
    """The assets of `name` and ReferenceIds; the VideoIds of those in applications that the caller
    may not use; and the ids of each list that do not exist.

    Raises ApiError if both lists are missing, or one has more than 20 ids.
    """
    given = call.parameters
    video_ids = parameters.id_list(given, name, MAX_IDS)
    references = parameters.id_list(given, "ReferenceIds", MAX_IDS)
    if video_ids is None and references is None:
        raise missing(name)
    by_id = {v: account.library.get(v) for v in video_ids or ()}
    by_reference = {r: account.library.get_by_reference(r) for r in references or ()}
    found = {m.video_id: m for m in [*by_id.values(), *by_reference.values()] if m is not None}
    return (
        [media for media in found.values() if account.may(call, media, write=write)],
        [v for v, media in found.items() if not account.may(call, media, write=write)],
        [v for v, media in by_id.items() if media is None],
        [r for r, media in by_reference.items() if media is None],
    )
