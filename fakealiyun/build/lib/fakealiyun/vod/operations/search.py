"""GetVideoList and SearchMedia: lists of assets, in pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fakealiyun.clock import utc
from fakealiyun.openapi.errors import invalid
from fakealiyun.openapi.types import Call, Operation
from fakealiyun.vod import errors, parameters, wire
from fakealiyun.vod.account import VodAccount
from fakealiyun.vod.match import Predicate, parse_match
from fakealiyun.vod.media import STATUSES, Media

MAX_PAGE_SIZE = 100
MAX_RESULTS = 5000  # matches that pages can return
_SORT_FIELDS = ("CreationTime", "ModificationTime")
_BASIC = ("VideoId", "AudioId")


class SearchOperations:
    """The operations that list assets."""

    def __init__(self, account: VodAccount) -> None:
        self._account = account
        self.operations: Mapping[str, Operation] = {
            "GetVideoList": Operation(
                self.get_video_list,
            ),
            "SearchMedia": Operation(
                self.search_media,
            ),
        }

    def get_video_list(self, call: Call) -> Mapping[str, Any]:
        """Assets by category, status, time, storage and ReferenceId."""
        given = call.parameters
        matches = sorted(self._listed(call), key=_by_creation)
        order = parameters.choice(given, "SortBy", ("CreationTime:Desc", "CreationTime:Asc"))
        if order != "CreationTime:Asc":
            matches.reverse()
        page = _page(given, matches)
        account = self._account
        entries = [wire.list_entry(m, account.settings, account.location) for m in page]
        return {"Total": len(matches), "VideoList": {"Video": entries}}

    def _readable(self, call: Call) -> list[Media]:
        """The assets of the applications that the caller may read."""
        return [m for m in self._account.library.all() if self._account.may(call, m)]

    def _listed(self, call: Call) -> list[Media]:
        given = call.parameters
        cate_id = parameters.integer(given, "CateId", -(2**63), 2**63 - 1)
        statuses = parameters.choices(given, "Status", STATUSES)
        start, end = parameters.moment(given, "StartTime"), parameters.moment(given, "EndTime")
        if start is not None and end is not None and end <= start:
            raise invalid("EndTime", "a time later than StartTime")
        location = parameters.optional(given, "StorageLocation")
        references = parameters.id_list(given, "ReferenceIds", 20)
        if location not in (None, self._account.location):
            return []
        return [
            media
            for media in self._readable(call)
            if (cate_id is None or media.cate_id == cate_id)
            and (statuses is None or media.status in statuses)
            and (start is None or int(media.created) >= start)
            and (end is None or int(media.created) <= end)
            and (references is None or media.reference_id in references)
        ]

    def search_media(self, call: Call) -> Mapping[str, Any]:
        """Assets by a search expression."""
        given = call.parameters
        kind = parameters.choice(given, "SearchType", ("video", "audio")) or "video"
        if parameters.optional(given, "ScrollToken") is not None:
            raise invalid("ScrollToken", "no value: this fake does not support it")
        match = parameters.optional(given, "Match")
        location = self._account.location
        fits: Predicate = (lambda _: True) if match is None else parse_match(match, location)
        order = _sort_order(given)
        fields = parameters.optional(given, "Fields")
        matches = [m for m in self._readable(call) if m.media_type == kind and fits(m)]
        for name, descending in reversed(order):
            matches.sort(key=_SORT_KEYS[name], reverse=descending)
        page = _page(given, matches)
        return {
            "Total": len(matches),
            "MediaList": [self._found(m, kind, (fields or "").split(",")) for m in page],
        }

    def _found(self, media: Media, kind: str, fields: Sequence[str]) -> dict[str, Any]:
        known = wire.common_fields(media, self._account.settings, self._account.location)
        known |= {
            "DownloadSwitch": "off",
            "PreprocessStatus": "UnPreprocess",
            "MediaSource": "general",
        }
        if kind == "audio":
            known["AudioId"] = known.pop("VideoId")
        chosen = {k: v for k, v in known.items() if k in fields or k in _BASIC}
        return {
            "MediaId": media.video_id,
            "MediaType": kind,
            "CreationTime": utc(media.created),
            "Audio" if kind == "audio" else "Video": chosen,
        }


def _by_creation(media: Media) -> tuple[int, int]:
    return int(media.created), media.sequence


def _by_modification(media: Media) -> tuple[int, int]:
    return int(media.modified), media.sequence


_SORT_KEYS = {"CreationTime": _by_creation, "ModificationTime": _by_modification}


def _page(given: Mapping[str, str], matches: Sequence[Media]) -> Sequence[Media]:
    number = parameters.integer(given, "PageNo", 1, 2**31 - 1) or 1
    size = parameters.integer(given, "PageSize", 1, MAX_PAGE_SIZE) or 10
    start = (number - 1) * size
    if start >= MAX_RESULTS:
        raise errors.video_list_exceeded()
    return matches[start : min(start + size, MAX_RESULTS)]


def _sort_order(given: Mapping[str, str]) -> list[tuple[str, bool]]:
    """`SortBy`: up to three of `Field:Desc` or `Field:Asc`. The first one has priority."""
    order = []
    for item in (parameters.optional(given, "SortBy") or "CreationTime:Desc").split(","):
        name, _, direction = item.partition(":")
        if name not in _SORT_FIELDS or direction not in ("Desc", "Asc"):
            raise invalid("SortBy", f"{' or '.join(_SORT_FIELDS)}, with :Desc or :Asc")
        order.append((name, direction == "Desc"))
    if len(order) > 3:
        raise invalid("SortBy", "at most three fields")
    return order
