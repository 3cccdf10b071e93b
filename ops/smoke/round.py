"""One round: issue, upload, refresh, play, redeem, delete. The video is deleted in any case."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import oss2

from ops.account import Account, NotAnswered, ServiceRefused
from ops.smoke import playback
from ops.smoke.trigger import NoAnswer, Reply, Triggers
from shared.alibaba.session import utc_text

PART = 100 * 1024  # bytes: the least that OSS accepts for a part before the last
_OSS_TIMEOUT = 30  # seconds
_CLEANING_ATTEMPTS = 3
_CLEANING_PAUSE = 2.0  # seconds


class StepFailed(Exception):
    """A step failed; the message holds no credential."""


Say = Callable[[str, str, str], None]
"""Prints one step: its name, its outcome (`ok`, `FAILED`, …), and a text."""


@dataclass
class Round:
    """What one round needs.

    `account` deletes the video; None keeps it. `wait` is how many seconds the video may take to
    become playable.
    """

    triggers: Triggers
    account: Account | None
    content: bytes = field(repr=False)
    suffix: str
    wait: float
    say: Say
    vod_endpoint: str = ""
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        self._title = f"vodpass-smoke-{secrets.token_hex(8)}"
        self._video_id = ""
        self._may_be_left = False
        self._begun = time.time()

    def run(self) -> bool:
        """Whether every step passed, the deletion too."""
        passed = False
        try:
            issued = self._step("issue", self._issue)
            upload_id, first = self._step("upload", lambda: self._first_part(issued))
            renewed = self._step("refresh", lambda: self._refresh(issued))
            self._step("resume", lambda: self._other_parts(renewed, upload_id, first))
            play_auth = self._step("play", self._play)
            self._step("redeem", lambda: self._redeem(play_auth))
            passed = True
        except StepFailed:
            pass
        finally:
            # Also after Ctrl-C, and after an unexpected error.
            cleaned = self._clean()
        return passed and cleaned

    def _step(self, name: str, work: Callable[[], tuple[Any, str]]) -> Any:
        begin = time.monotonic()
        try:
            result, text = work()
        except (StepFailed, NoAnswer, playback.NotRedeemed) as fault:
            self.say(name, "FAILED", str(fault))
            raise StepFailed(name) from None
        except oss2.exceptions.OssError as fault:
            said = f"OSS: {fault.status} {fault.code or 'no answer'}"
            self.say(name, "FAILED", f"{said}{_of_request(fault.request_id)}")
            raise StepFailed(name) from None
        self.say(name, "ok", f"{text}, {time.monotonic() - begin:.2f} s")
        return result

    def _issue(self) -> tuple[Mapping[str, Any], str]:
        self._may_be_left = True
        fields = {
            "FileName": f"{self._title}.{self.suffix}",
            "Title": self._title,
            "FileSize": len(self.content),
        }
        headers = {"Idempotency-Key": self._title}
        reply = self.triggers.call("upload", "POST", fields=fields, headers=headers)
        # A refusal creates no video. After any other answer there may be one.
        self._may_be_left = not 400 <= reply.status < 500
        _require(reply, "VideoId", "UploadAddress", "UploadAuth", "ExpiresIn")
        video_id = str(reply.body["VideoId"])
        if not re.fullmatch(r"[0-9a-f]{32}", video_id):
            raise StepFailed("the VideoId in the answer is not valid")
        self._video_id = video_id
        return reply.body, f"VideoId {self._video_id}{_of_request(reply.request_id)}"

    def _first_part(self, issued: Mapping[str, Any]) -> tuple[tuple[str, Any], str]:
        bucket, key = _bucket(issued)
        upload_id = bucket.init_multipart_upload(key).upload_id
        part = bucket.upload_part(key, upload_id, 1, self.content[:PART])
        info = oss2.models.PartInfo(1, part.etag)
        count = -(-len(self.content) // PART)
        return (upload_id, info), f"part 1 of {count}{_of_request(part.request_id)}"

    def _refresh(self, issued: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
        reply = self.triggers.call("refresh", "POST", fields={"VideoId": self._video_id})
        _require(reply, "VideoId", "UploadAddress", "UploadAuth", "ExpiresIn")
        if reply.body["UploadAuth"] == issued["UploadAuth"]:
            raise StepFailed(f"it returned the same credential{_of_request(reply.request_id)}")
        if _decoded(reply.body["UploadAddress"]) != _decoded(issued["UploadAddress"]):
            raise StepFailed(f"the UploadAddress has changed{_of_request(reply.request_id)}")
        return reply.body, f"{_lives(reply)}{_of_request(reply.request_id)}"

    def _other_parts(
        self, renewed: Mapping[str, Any], upload_id: str, first: Any
    ) -> tuple[None, str]:
        bucket, key = _bucket(renewed)
        parts = [first]
        for number, begin in enumerate(range(PART, len(self.content), PART), 2):
            sent = bucket.upload_part(key, upload_id, number, self.content[begin : begin + PART])
            parts.append(oss2.models.PartInfo(number, sent.etag))
        done = bucket.complete_multipart_upload(key, upload_id, parts)
        return None, f"{len(self.content)} bytes{_of_request(done.request_id)}"

    def _play(self) -> tuple[str, str]:
        left = self.wait
        while True:
            reply = self.triggers.call("play", "GET", query=f"VideoId={self._video_id}")
            if reply.code != "VideoNotReady":
                break
            status, pause = playback.shown_word(reply.body.get("Status")), reply.retry_after
            if pause is None:
                raise StepFailed(f"VOD's Status is {status}, which is final")
            if pause > left:
                raise StepFailed(f"still {status} after {self.wait:.0f} s; --wait allows more")
            self.say("play", "waits", f"VOD's Status is {status}; {pause} s")
            self.sleep(pause)
            left -= pause
        _require(reply, "PlayAuth", "VideoMeta", "ExpiresIn")
        return str(reply.body["PlayAuth"]), f"{_lives(reply)}{_of_request(reply.request_id)}"

    def _redeem(self, play_auth: str) -> tuple[None, str]:
        streams = playback.redeem(play_auth, self._video_id, self.vod_endpoint)
        sources = [one for one in streams if one.get("Definition") == "OD" and one.get("PlayURL")]
        if not sources:
            kinds = ", ".join(
                sorted({playback.shown_word(one.get("Definition")) for one in streams})
            )
            return None, f"{kinds}: transcoded, so there are no bytes to compare"
        found = playback.fetch(str(sources[0]["PlayURL"]), len(self.content) + 1)
        if found != self.content:
            raise StepFailed("the downloaded file differs from the uploaded one")
        return None, f"the same {len(found)} bytes (SHA-256 {_digest(found)})"

    def _clean(self) -> bool:
        """Delete the video. Returns whether nothing is left."""
        if not self._may_be_left:
            return True
        if self.account is None:
            if self._video_id:
                self.say("delete", "kept", f"VideoId {self._video_id}")
            return True
        reason = ""
        for attempt in range(_CLEANING_ATTEMPTS):
            if attempt:
                self.sleep(_CLEANING_PAUSE)
            try:
                video_id = self._video_id or self._find(self.account)
                if not video_id:
                    continue  # the list may be late
                request_id = _delete(self.account, video_id)
            except (ServiceRefused, NotAnswered) as fault:
                reason = str(fault)
                continue
            self.say("delete", "ok", f"VideoId {video_id}{_of_request(request_id)}")
            return True
        if not reason:
            self.say("delete", "ok", f"VOD lists no video titled {self._title}")
            return True
        named = f"VideoId {self._video_id}" if self._video_id else f"a video titled {self._title}"
        self.say("delete", "FAILED", f"{named} MAY BE LEFT, delete it by hand: {reason}")
        return False

    def _find(self, account: Account) -> str:
        """The VideoId of a video whose answer was lost, found by its title; else empty."""
        since = utc_text(self._begun - 900)
        listed = account.vod("GetVideoList", start_time=since, page_no=1, page_size=100).body
        for one in (listed.get("VideoList") or {}).get("Video") or []:
            if one.get("Title") == self._title:
                return str(one.get("VideoId"))
        return ""


def _delete(account: Account, video_id: str) -> str:
    try:
        request_id = account.vod("DeleteVideo", video_ids=video_id).request_id
    except ServiceRefused as refusal:
        if refusal.code != "InvalidVideo.NotFound":
            raise
        return refusal.request_id
    return request_id


def _require(reply: Reply, *members: str) -> None:
    if reply.status != 200:
        code = playback.shown_word(reply.code) if reply.code else "not in the form of vodpass"
        raise StepFailed(f"{reply.status} {code}{_of_request(reply.request_id)}")
    missing = [name for name in members if not reply.body.get(name)]
    if missing:
        said = f"the answer lacks {', '.join(missing)}"
        raise StepFailed(f"{said}{_of_request(reply.request_id)}")


def _bucket(answer: Mapping[str, Any]) -> tuple[oss2.Bucket, str]:
    """The bucket of an answer, opened with its credential, and the file's key in it."""
    auth, address = _decoded(answer["UploadAuth"]), _decoded(answer["UploadAddress"])
    keys = oss2.StsAuth(auth["AccessKeyId"], auth["AccessKeySecret"], auth["SecurityToken"])
    bucket = oss2.Bucket(keys, address["Endpoint"], address["Bucket"], connect_timeout=_OSS_TIMEOUT)
    return bucket, str(address["FileName"])


def _decoded(text: str) -> dict[str, Any]:
    try:
        value = json.loads(base64.b64decode(text, validate=True))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise StepFailed("the credential is not a JSON object in base64")
    return value


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _lives(reply: Reply) -> str:
    seconds = reply.body["ExpiresIn"]
    if not isinstance(seconds, int) or seconds <= 0:
        raise StepFailed(f"ExpiresIn is not a number of seconds{_of_request(reply.request_id)}")
    return f"valid for {seconds} s"


def _of_request(request_id: object) -> str:
    """The RequestId for the operator, or nothing if the other side sent another kind of text."""
    sound = re.fullmatch(r"[A-Za-z0-9-]{1,64}", str(request_id or ""))
    return f", RequestId {request_id}" if sound else ""
