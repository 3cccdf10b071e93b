"""The whole path of an event for tests: VOD, the functions, the app's receiver."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import oss2

from fakealiyun.mns import Queue
from fakealiyun.testing.mp4 import film
from fakealiyun.vod.callbacks.configuration import ALL, MessageCallback
from local.gateway.outcome import Outcome
from local.stack import Stack
from tests.support.app_receiver import AppReceiver
from tests.support.loop_thread import LoopThread
from tests.support.waiting import wait_for

FILM = film()
WINDOW = 7200
"""The upload window in these tests, in seconds."""

TICK = 300

TURNS = 20
"""Of the event loop; more than there are between a timer of the cloud and an instance."""


@dataclass
class Upload:
    """An upload with the credential that the app got."""

    video_id: str
    address: dict[str, Any]
    auth: dict[str, Any]

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Upload:
        """From a response of /upload, or from the data of `upload.refreshed`."""
        parts = (base64.b64decode(answer[name]) for name in ("UploadAddress", "UploadAuth"))
        return cls(answer["VideoId"], *(json.loads(part) for part in parts))

    def bucket(self) -> oss2.Bucket:
        """The bucket of the credential, through the official client."""
        keys = self.auth
        auth = oss2.StsAuth(
            keys["AccessKeyId"], keys["AccessKeySecret"], keys["SecurityToken"], auth_version="v1"
        )
        return oss2.Bucket(auth, self.address["Endpoint"], self.address["Bucket"])


@dataclass
class Road:
    """A running deployment with events, and an app that receives them."""

    stack: Stack
    receiver: AppReceiver
    loop: LoopThread
    old_key: str
    renewals: AppReceiver | None = None
    """The receiver of new credentials, if the deployment has one."""

    def call(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.port, timeout=60)
        try:
            connection.request(method, target, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    # -- the app's side

    def ask(
        self, method: str, target: str, fields: Mapping[str, Any] | None = None, **token: Any
    ) -> tuple[int, dict[str, Any]]:
        """Call a function with a token of a user, by default alice. Returns status and answer."""
        json_type = {"Content-Type": "application/json"}
        claims = json.dumps({"sub": "alice", **token}).encode()
        _, body = self.call("POST", "/_local/token", claims, json_type)
        headers = {**json_type, "Authorization": f"Bearer {json.loads(body)['token']}"}
        asked = b"" if fields is None else json.dumps(fields).encode()
        status, body = self.call(method, target, asked, headers)
        return status, json.loads(body)

    def upload(self, sub: str = "alice", **fields: Any) -> Upload:
        """Begin an upload of a film."""
        given = {"FileName": "film.mp4", "FileSize": len(FILM), **fields}
        status, answer = self.ask("POST", "/upload", given, sub=sub)
        assert status == 200, answer
        return Upload.of(answer)

    def finish(self, upload: Upload, content: bytes = FILM) -> None:
        """Send the file with the official client, like an app."""
        upload.bucket().put_object(upload.address["FileName"], content)

    # -- VOD's side

    @property
    def queue(self) -> Queue:
        """The queue that the function `events` reads."""
        return self.stack.cloud.queues.queue("vodpass-events")

    @property
    def dead_letters(self) -> Queue:
        return self.stack.cloud.queues.queue("vodpass-dead-letters")

    def without_callbacks(self) -> None:
        """Stop VOD from sending callbacks by itself."""
        self.stack.cloud.vod.callbacks.remove(self.stack.cloud.app_id)

    def by_queue(self) -> None:
        """Make VOD send its callbacks to the queue."""
        cloud = self.stack.cloud
        assert self.queue.has_listeners
        cloud.vod.callbacks.configure(
            MessageCallback(
                cloud.app_id,
                "MNS",
                ALL,
                mns_endpoint=cloud.queues.endpoint,
                mns_queue_name=self.queue.name,
            )
        )

    def callback(
        self,
        body: Mapping[str, Any] | bytes,
        *,
        url: str | None = None,
        at: str | None = None,
        key: str | None = None,
        age: int = 0,
        method: str = "POST",
        **headers: str,
    ) -> int:
        """Send a callback, signed as VOD does. Returns the status of the response.

        `url` is signed, and called unless `at` is given. `age` is how many seconds ago it was
        signed. `headers` override VOD's own headers, with _ for -.
        """
        called = self.stack.callback_url if url is None else url
        signed_key = self.stack.keys.callback_key if key is None else key
        timestamp = str(int(time.time()) - age)
        text = f"{called}|{timestamp}|{signed_key}".encode()
        given = {
            "Content-Type": "application/json",
            "X-VOD-TIMESTAMP": timestamp,
            "X-VOD-SIGNATURE": hashlib.md5(text).hexdigest(),  # noqa: S324 - VOD uses MD5
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        target = (called if at is None else at).removeprefix(self.stack.url)
        status, _ = self.call(method, target, raw, given)
        return status

    # -- the watch

    def watch(self) -> Outcome:
        """Run the watch once, in addition to its timer."""
        function = self.stack.gateway.deployment.functions["watch"]
        event = json.dumps({"triggerTime": "", "triggerName": "timer", "payload": ""}).encode()
        return self.loop.run(self.stack.gateway.invoker.invoke(function, event, "1-by-hand"))

    def runs(self) -> list[dict[str, Any]]:
        """The log lines of the watch's runs."""
        lines = [line.text for line in self.stack.gateway.logs.lines("watch")]
        return [json.loads(text) for text in lines if text.startswith("{")]

    def ticks(self, count: int = 1, seconds: float = TICK) -> None:
        """Advance the clock by this many timer periods. Wait for the end of each run."""
        for _ in range(count):
            self._tick(seconds)

    def _tick(self, seconds: float) -> None:
        before = len(self.runs())
        self.stack.cloud.clock.advance(seconds)
        wait_for(lambda: len(self.runs()) > before, "the timer fires")
        self.settle()

    def finished(self, upload: Upload) -> None:
        """Wait until the app knows that an upload is complete and playable."""
        wanted = {"upload.completed", "video.ready"}
        wait_for(
            lambda: {one.type for one in self.receiver.of(upload.video_id)} >= wanted,
            "both events arrive",
        )

    def settle(self) -> None:
        """Wait until no callback and no function call is in progress, nor about to begin."""
        self.stack.cloud.vod.callbacks.settle()
        wait_for(lambda: self.loop.run(self._idle()), "every call has ended")

    async def _idle(self) -> bool:
        # What the clock has just made due needs some turns of the loop to begin.
        for _ in range(TURNS):
            await asyncio.sleep(0)
        pools = [host.pool for host in self.stack.gateway.invoker._hosts.values()]
        return not any(pool._busy or pool._starting for pool in pools)

    def calls(self) -> dict[str, int]:
        """How often each operation of VOD was called since the last reset."""
        return dict(self.stack.cloud.calls.snapshot().get("vod", {}))
