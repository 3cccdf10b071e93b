"""The deployment as its users see it, the account behind it, and the run's own clean-up.

No error text has a credential: a failed check shows status, Code and request id.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from typing import Any

import oss2
from mns.account import Account as MnsAccount

from ops.account import Account, Key, NotAnswered, ServiceRefused
from ops.smoke.playback import shown_word
from ops.smoke.sample import mp4
from ops.smoke.trigger import Reply, Triggers
from tests.live.settings import LiveSettings

PREFIX = "vodpass-live-"
PART = 100 * 1024
FILM = mp4(3 * PART + 1234)
SCOPES = "vod:upload vod:refresh vod:play vod:sts"
_TOKEN_SECONDS = 60
_POLL = 3.0  # seconds


class Deployment:
    """The functions, called as any user; every video that is begun here is deleted by `clean`."""

    def __init__(self, settings: LiveSettings) -> None:
        self.settings = settings
        self.title = f"{PREFIX}{secrets.token_hex(6)}"
        self.account = Account(settings.key, settings.region, endpoint=settings.cloud)
        self._begun = time.time()
        self._videos: list[str] = []

    def wait(self, seconds: float) -> None:
        """Let time pass. A rehearsal moves the clock of its cloud instead."""
        if not self.settings.cloud:
            time.sleep(seconds)
            return
        asked = urllib.request.Request(
            f"http://{self.settings.cloud}/_local/clock",
            data=json.dumps({"advance": seconds}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=60):
            pass

    def until(self, what: str, seconds: float, look: Any) -> Any:
        """What `look` finds within `seconds`, or AssertionError."""
        for _ in range(int(seconds / _POLL)):
            found = look()
            if found:
                return found
            time.sleep(1 if self.settings.cloud else _POLL)
        raise AssertionError(f"{what}: not within {seconds:.0f} s")

    # -- users

    def token(self, user: str, scopes: str = SCOPES, **vod: Any) -> str:
        """A token from the app's own login."""
        command = [*self.settings.token_command, user, scopes, json.dumps(vod) if vod else ""]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TOKEN_SECONDS, check=False
        )
        token = done.stdout.strip()
        if done.returncode or not re.fullmatch(r"[\w.-]{20,8192}", token, re.ASCII):
            raise AssertionError("LIVE_TOKEN_COMMAND printed no token")
        return token

    def call(
        self,
        user: str,
        function: str,
        fields: Mapping[str, Any] | None = None,
        *,
        query: str = "",
        token: str | None = None,
        key: str = "",
    ) -> Reply:
        """One call: POST with `fields`, else GET. `key` is the Idempotency-Key."""
        given = self.token(user) if token is None else token
        triggers = Triggers(self.settings.places, given, self.wait)
        headers = {"Idempotency-Key": key} if key else {}
        method = "GET" if fields is None else "POST"
        reply = triggers.call(function, method, query=query, fields=fields, headers=headers)
        if function == "upload" and reply.status == 200:
            self._remember(str(reply.body.get("VideoId")))
        return reply

    def begin(self, user: str, name: str, key: str = "") -> Mapping[str, Any]:
        """A new upload of this run; `name` tells its videos apart."""
        title = f"{self.title}-{name}"
        fields = {"FileName": f"{title}.mp4", "Title": title, "FileSize": len(FILM)}
        return expect(self.call(user, "upload", fields, key=key))

    # -- the account

    def video(self, video_id: str) -> Mapping[str, Any]:
        """What GetVideoInfo says."""
        found: Mapping[str, Any] = self.account.vod("GetVideoInfo", video_id=video_id).body["Video"]
        return found

    def session(self, answer: Mapping[str, Any]) -> Account:
        """The account, called with an STS token of the deployment."""
        names = ("AccessKeyId", "AccessKeySecret", "SecurityToken")
        return self.account.as_session(Key(*(str(answer[name]) for name in names)))

    def delayed_messages(self) -> int:
        """How many messages wait in the watch queue for their time."""
        identity = self.account.sts("GetCallerIdentity").body
        host, tls = self.account.queue_host(str(identity["AccountId"]))
        key = self.settings.key
        url = f"{'https' if tls else 'http'}://{host}"
        official = MnsAccount(url, key.access_key_id, key.access_key_secret, key.security_token)
        try:
            queue = official.get_queue(self.settings.watch_queue)
            return int(queue.get_attributes().delay_messages)
        finally:
            official.mns_client.close_connection()

    def delivered(self, video_id: str) -> list[str]:
        """The types of the events that the app's receiver lists for a video."""
        url = f"{self.settings.events_url}?subject={video_id}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return [str(one["body"]["type"]) for one in json.load(answer)["events"]]

    # -- clean-up

    def _remember(self, video_id: str) -> None:
        if re.fullmatch("[0-9a-f]{32}", video_id) and video_id not in self._videos:
            self._videos.append(video_id)

    def adopt(self, video_id: str) -> None:
        """Delete this video too at the end: the run created it without /upload."""
        self._remember(video_id)

    def clean(self) -> list[str]:
        """Delete every video of this run. Returns the ids of those that may be left."""
        return [one for one in {*self._videos, *self._lost()} if not self._deleted(one)]

    def _deleted(self, video_id: str) -> bool:
        try:
            self.account.vod("DeleteVideo", video_ids=video_id)
            self.account.vod("GetVideoInfo", video_id=video_id)
        except ServiceRefused as refusal:
            return refusal.code == "InvalidVideo.NotFound"
        except NotAnswered:
            return False
        return False

    def _lost(self) -> list[str]:
        """Videos with this run's title whose answer was lost."""
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._begun - 900))
        try:
            listed = self.account.vod("GetVideoList", start_time=since, page_size=100).body
        except (ServiceRefused, NotAnswered):
            return []
        videos = (listed.get("VideoList") or {}).get("Video") or []
        return [
            str(one["VideoId"])
            for one in videos
            if str(one.get("Title", "")).startswith(f"{self.title}-")
        ]


class Upload:
    """One file on its way to OSS, in parts, with the official client."""

    def __init__(self, issued: Mapping[str, Any]) -> None:
        self.video_id = str(issued["VideoId"])
        self._parts: list[Any] = []
        self.renew(issued)
        self._upload_id = self._bucket.init_multipart_upload(self._key).upload_id

    def renew(self, issued: Mapping[str, Any]) -> None:
        """Continue with a new credential."""
        auth, address = decoded(issued["UploadAuth"]), decoded(issued["UploadAddress"])
        keys = (auth["AccessKeyId"], auth["AccessKeySecret"], auth["SecurityToken"])
        self._key = str(address["FileName"])
        self._bucket = oss2.Bucket(oss2.StsAuth(*keys), address["Endpoint"], address["Bucket"])

    def send(self, count: int) -> None:
        """Send the next `count` parts. Raises oss2's errors."""
        for _ in range(count):
            number = len(self._parts) + 1
            content = FILM[(number - 1) * PART : number * PART]
            sent = self._bucket.upload_part(self._key, self._upload_id, number, content)
            self._parts.append(oss2.models.PartInfo(number, sent.etag))

    def complete(self) -> None:
        """Send the rest and complete the object."""
        self.send(-(-len(FILM) // PART) - len(self._parts))
        self._bucket.complete_multipart_upload(self._key, self._upload_id, self._parts)


def expect(reply: Reply, status: int = 200, code: str = "") -> Mapping[str, Any]:
    """The body of a reply that has this status and Code. Its text shows neither."""
    if (reply.status, reply.code) != (status, code):
        said = f"{reply.status} {shown_word(reply.code) if reply.code else 'without Code'}"
        wanted = f"{status} {code}".strip()
        raise AssertionError(f"{said}, not {wanted}, RequestId {shown_id(reply.request_id)}")
    return reply.body


def shown_id(text: str) -> str:
    """A request id that is safe to print."""
    return text if re.fullmatch(r"[A-Za-z0-9-]{1,64}", text) else "?"


def decoded(text: Any) -> dict[str, Any]:
    """The JSON object in a base64 credential."""
    value = json.loads(base64.b64decode(str(text), validate=True))
    assert isinstance(value, dict)
    return value
