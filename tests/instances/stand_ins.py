"""VOD and the limits without a network, and a request of alice's: for the work of one function.

The fake cloud tells what VOD does. These only record what a function asks for, in milliseconds.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.alibaba.vod.codes import NotFoundAtVod
from shared.alibaba.vod.records import PlayCredential, UploadCredential, Video, Videos
from shared.auth.caller import Caller
from shared.auth.ownership import Owner, new_mark
from shared.config.parsers import OwnerKey
from shared.config.settings import Settings
from shared.runtime.endpoint import Call
from shared.web.request import Request

NOW = 1_800_000_000.0
EXPIRES, EXPIRES_TEXT = NOW + 3000, "2027-01-15T08:50:00Z"
IDS = [f"{n:032x}" for n in range(30)]
KEYS = (OwnerKey("k1", b"1" * 32), OwnerKey("k0", b"0" * 32))
SETTINGS = Settings(
    region="cn-shanghai", issuer_alias="main", owner_keys=KEYS, upload_window=7200, max_file_size=99
)
ALICE, BOB = Owner("main", "alice"), Owner("main", "bob")
FILM = {"FileName": "film.mp4"}
IMAGE = {"MediaType": "image", "ImageType": "default"}
SUBTITLE = {"MediaType": "attached", "BusinessType": "subtitle", "MediaExt": "srt"}
SCOPES = frozenset({"vod:upload", "vod:refresh", "vod:play"})


def loaded(function: str) -> Any:
    """The module of a function, loaded as a runtime loads it."""
    return importlib.import_module(f"functions.{function}.index")


def caller(**changes: Any) -> Caller:
    """Alice, with a token of all scopes."""
    return replace(Caller(ALICE, SCOPES), **changes)


def video(number: int = 0, *, owner: Owner = ALICE, age: float = 60, **changes: Any) -> Video:
    """An upload of alice's that awaits its file."""
    made = Video(
        video_id=IDS[number],
        status="Uploading",
        reference_id=new_mark(SETTINGS, owner),
        user_data=None,
        size=0,
        created_at=NOW - age,
        now=NOW,
    )
    return replace(made, **changes)


class StandInVod:
    """VOD with these videos. `asked`: each operation and what it was asked. `faults`: what an
    operation raises instead of an answer, once for each in the list."""

    def __init__(self, *videos: Video) -> None:
        self.videos = list(videos)
        self.asked: list[tuple[str, Any]] = []
        self.faults: dict[str, list[Exception | None]] = {}

    def _note(self, operation: str, given: Any) -> None:
        self.asked.append((operation, given))
        faults = self.faults.get(operation)
        fault = faults.pop(0) if faults else None
        if fault is not None:
            raise fault

    def operations(self) -> list[str]:
        """The operations that were asked for, in order."""
        return [operation for operation, _ in self.asked]

    def sent(self, operation: str) -> dict[str, Any]:
        """What was asked of an operation, which was called once, without what is absent."""
        [given] = [given for name, given in self.asked if name == operation]
        return {name: value for name, value in given.items() if value is not None}

    def create_upload_video(self, fields: Mapping[str, Any]) -> UploadCredential:
        self._note("CreateUploadVideo", dict(fields))
        return credential(IDS[0])

    def create_upload_image(self, fields: Mapping[str, Any]) -> UploadCredential:
        self._note("CreateUploadImage", dict(fields))
        urls = {"ImageURL": "https://images.example.com/a.png"}
        return replace(credential(IDS[0]), urls=urls)

    def create_upload_attached_media(self, fields: Mapping[str, Any]) -> UploadCredential:
        self._note("CreateUploadAttachedMedia", dict(fields))
        return credential(IDS[0])

    def refresh_upload_video(self, video_id: str) -> UploadCredential:
        self._note("RefreshUploadVideo", video_id)
        return credential(video_id)

    def video(self, *, video_id: str | None = None, reference_id: str | None = None) -> Video:
        self._note("GetVideoInfo", video_id or reference_id)
        for one in self.videos:
            if video_id == one.video_id or reference_id == one.reference_id is not None:
                return one
        raise NotFoundAtVod

    def video_infos(self, video_ids: Sequence[str]) -> Videos:
        self._note("GetVideoInfos", list(video_ids))
        found = {one.video_id: one for one in self.videos if one.video_id in video_ids}
        return Videos(found, frozenset(video_ids) - found.keys(), NOW)

    def play_auth(self, video_id: str, timeout: int) -> PlayCredential:
        self._note("GetVideoPlayAuth", (video_id, timeout))
        return PlayCredential(f"auth-{video_id}", {"Title": "Film"}, NOW + timeout, timeout)


def credential(media_id: str) -> UploadCredential:
    """What VOD issues for an upload."""
    return UploadCredential(media_id, "address", "auth", EXPIRES, 3000)


class StandInLimits:
    """Limits that allow everything. `asked`: what they were asked and told."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.new = True
        self.store_fault = ""
        self.refusal: Exception | None = None

    def _note(self, *given: str) -> None:
        self.asked.append(given)
        if self.refusal is not None:
            raise self.refusal

    def count_upload(self, caller: Caller, slot: str) -> bool:
        self._note("upload", caller.subject, slot)
        return self.new

    def note_issued(self, caller: Caller, slot: str, media_id: str) -> None:
        self._note("issued", caller.subject, slot, media_id)

    def note_withdrawn(self, caller: Caller, slot: str) -> None:
        self._note("withdraw", caller.subject, slot)

    def note_not_issued(self, caller: Caller, *, slot: str = "", video_id: str = "") -> None:
        self._note("not_issued", caller.subject, slot, video_id)

    def note_finished(self, caller: Caller, *, slot: str = "", video_id: str = "") -> None:
        self._note("finished", caller.subject, slot, video_id)

    def count_refresh(self, caller: Caller, video_id: str) -> None:
        self._note("refresh", caller.subject, video_id)

    def count_plays(self, caller: Caller, videos: int) -> None:
        self._note("play", caller.subject, str(videos))


def invocation(
    vod: StandInVod,
    body: Any = None,
    *,
    settings: Settings = SETTINGS,
    who: Caller | None = None,
    query: Mapping[str, str] | None = None,
    limits: StandInLimits | None = None,
    **headers: str,
) -> Any:
    """An admitted request. The function's `Vod` must be the identity: `cloud` is `vod` itself."""
    given = {"content-type": "application/json"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    raw = b"" if body is None else json.dumps(body).encode()
    request = Request("POST", given, query or {}, raw)
    made: Any = Call
    return made(request, "1-abc", who or caller(), settings, vod, limits)


def fields_of(refusal: Any) -> list[str]:
    """The fields that a refusal names."""
    return [error.pointer for error in refusal.errors]
