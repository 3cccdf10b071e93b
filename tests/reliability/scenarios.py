"""What the functions are asked to do. Between them, the scenarios make every upstream call."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import oss2

from fakealiyun import FakeCloud
from fakealiyun.testing.mp4 import film
from local.checkout_keys import LocalKeys
from local.roles import LOCAL_VALUES, RAM_FOLDER
from tests.functions.roles.grants import give_everything
from tests.reliability.functions import TIMER_EVENT, Served, http_event, queue_event
from tests.reliability.wire import Wire
from tests.support.app_receiver import AppReceiver
from tests.support.issuer import JwksServer, Key
from tests.support.tokens import AUDIENCE, ISSUER, Issuer
from tests.support.waiting import wait_for

FILM = film()
WINDOW = 7200
"""The upload window, seconds."""
IMAGE = {"MediaType": "image", "ImageType": "default"}
SUBTITLE = {"MediaType": "attached", "BusinessType": "subtitle", "MediaExt": "srt"}
CLEANED_UP = WINDOW + 3600 + 60 + 600 + 30
"""The age of an upload, seconds, at which watch deletes it."""
RENEWAL = 2460
"""The age of an upload, seconds, at which its credential is renewed or announced."""


@dataclass
class World:
    """A cloud, an app and the wires between them and the functions."""

    keys: LocalKeys
    cloud: FakeCloud
    receiver: AppReceiver
    renewals: AppReceiver
    published: JwksServer
    key: Key
    issuer: Issuer
    wires: dict[str, Wire] = field(default_factory=dict)
    instances: list[Served] = field(default_factory=list)
    added: dict[str, str] = field(default_factory=dict)
    """Variables that every function gets beside its own."""

    @property
    def callback_url(self) -> str:
        return f"https://events.example.com/events/{self.keys.callback_path}"

    def token(self, sub: str = "alice", **changes: Any) -> str:
        """A token that is valid by every clock of these tests."""
        # Issued long ago and valid for long: the caller's token is not what is tried here.
        now = int(time.time())
        scope = "vod:upload vod:refresh vod:play vod:sts"
        claims = {"scope": scope, "vod": {"sts": ["vod-upload"]}, "iat": now - 1200}
        claims |= {"exp": now + 3600, **changes}
        return self.issuer.token(sub, **claims)

    def environment(self, **changes: str) -> dict[str, str]:
        """The variables of all functions; each reads its own."""
        account = self.cloud.account_id
        return {
            "VODPASS_LOCAL": "1",
            "VODPASS_REGION": self.cloud.region,
            "VODPASS_JWT_KEYS": self.issuer.jwks(),
            "VODPASS_JWT_ISSUER": ISSUER,
            "VODPASS_JWT_AUDIENCE": AUDIENCE,
            "VODPASS_ISSUER_ALIAS": "example",
            "VODPASS_OWNER_KEYS": self.keys.owner_keys,
            "VODPASS_PLAY_KEY": self.keys.play_key,
            "VODPASS_UPLOAD_WINDOW": str(WINDOW),
            "VODPASS_STS_UPLOAD_ROLE": f"acs:ram::{account}:role/vodpass-client-upload",
            "VODPASS_CALLBACK_URL": self.callback_url,
            "VODPASS_CALLBACK_KEYS": self.keys.callback_key,
            "VODPASS_WEBHOOK_URL": self._url("webhook", "/webhooks/vod"),
            "VODPASS_WEBHOOK_SECRETS": self.receiver.secret,
            "VODPASS_WATCH_QUEUE": LOCAL_VALUES["WatchQueue"],
            "VODPASS_VOD_ENDPOINT": f"127.0.0.1:{self.wires['cloud'].port}",
            "VODPASS_STS_ENDPOINT": f"127.0.0.1:{self.wires['cloud'].port}",
            "VODPASS_MNS_ENDPOINT": f"127.0.0.1:{self.wires['queue'].port}",
            **self.added,
            **changes,
        }

    def renewing(self) -> dict[str, str]:
        """The variables of a deployment that renews credentials."""
        return self.environment(
            VODPASS_CREDENTIAL_WEBHOOK_URL=self._url("renewals", "/webhooks/credentials"),
            VODPASS_CREDENTIAL_WEBHOOK_SECRETS=self.renewals.secret,
        )

    def publishing(self) -> dict[str, str]:
        """The variables of a deployment whose issuer publishes its keys."""
        url = self._url("keys", "/.well-known/jwks.json")
        return self.environment(VODPASS_JWT_KEYS="", VODPASS_JWT_JWKS_URL=url)

    def _url(self, wire: str, path: str) -> str:
        return f"http://127.0.0.1:{self.wires[wire].port}{path}"

    def serve(self, function: str, environment: Mapping[str, str] | None = None) -> Served:
        """A new instance of a function."""
        given = self.environment() if environment is None else environment
        return Served(function, given, self.cloud, self.instances)

    def end_instances(self) -> None:
        """Ends every instance."""
        while self.instances:
            self.instances.pop().end()

    def reset(self) -> None:
        """Starts anew."""
        self.end_instances()
        self.mend()
        for wire in self.wires.values():
            wire.answered.clear()
        self.cloud.reset()
        give_everything(self.cloud, "vodpass-watch")
        self.cloud.queues.queue(LOCAL_VALUES["WatchQueue"])
        for receiver in (self.receiver, self.renewals):
            receiver.clear()

    def mend(self) -> None:
        """Ends every fault, and forgets the requests so far."""
        for wire in self.wires.values():
            wire.reset()

    def secrets(self) -> set[str]:
        """What no log, refusal or exception may contain."""
        issued = {
            text
            for wire in self.wires.values()
            for body in wire.answered
            for text in _CREDENTIALS.findall(body.decode("utf-8", "replace"))
        }
        own = {
            self.keys.callback_key,
            self.keys.play_key,
            self.receiver.secret.removeprefix("whsec_"),
            self.renewals.secret.removeprefix("whsec_"),
            *(pair.partition(":")[2] for pair in self.keys.owner_keys.split(",")),
            *(token.rpartition(".")[2] for token in self.issuer.signed),
        }
        return issued | own


_CREDENTIALS = re.compile(
    r'"(?:UploadAuth|PlayAuth|AccessKeySecret|SecurityToken)" ?: ?"([^"]{8,})"'
)


@contextlib.contextmanager
def world(keys: LocalKeys) -> Iterator[World]:
    """A running world. Each scenario resets it."""
    with contextlib.ExitStack() as stack:
        cloud = stack.enter_context(FakeCloud(ram_dir=RAM_FOLDER, ram_values=LOCAL_VALUES))
        receiver = stack.enter_context(contextlib.closing(AppReceiver()))
        renewals = stack.enter_context(contextlib.closing(AppReceiver()))
        key = Key("published")
        published = stack.enter_context(JwksServer(key.jwk))
        made = World(keys, cloud, receiver, renewals, published, key, Issuer())
        for name, url in (
            ("cloud", f"//{cloud.endpoint}"),
            ("queue", f"//{cloud.endpoint}"),
            ("webhook", receiver.url),
            ("renewals", renewals.url),
            ("keys", published.url),
        ):
            port = int(url.partition("//")[2].partition("/")[0].rpartition(":")[2])
            made.wires[name] = stack.enter_context(contextlib.closing(Wire(port)))
        yield made
        made.end_instances()


@dataclass(frozen=True)
class Prepared:
    """A function, the event it gets, and what its work leaves behind."""

    function: Served
    event: Any
    state: Callable[[], Any]
    """What there is at VOD, in the queue and at the app. A repeat after a fault must lead to the
    state of a run without a fault."""


@dataclass(frozen=True)
class Scenario:
    """`name` and `sentence` for the page; `prepare` makes it ready in a new world."""

    name: str
    sentence: str
    prepare: Callable[[World], Prepared]
    repeats_safely: bool = True
    """Whether a repeat may never do the work twice. Without a key, it may."""
    at_once: frozenset[str] = frozenset()
    """The operations of which it sends all calls at once."""


def _upload(world: World, body: Mapping[str, Any], key: str = "key-1") -> dict[str, Any]:
    key_header = {"Idempotency_Key": key} if key else {}
    return _asked(world, "POST", "/upload", body=body, **key_header)


def _asked(world: World, method: str, path: str, **given: Any) -> dict[str, Any]:
    return http_event(method, path, Authorization=f"Bearer {world.token()}", **given)


def begun(world: World, key: str = "begun", **settings: str) -> dict[str, Any]:
    """An upload by the function, with its answer. `settings` are those of this deployment."""
    upload = world.serve("upload", world.environment(**settings))
    event = _upload(world, {"FileName": "film.mp4", "FileSize": len(FILM)}, key)
    outcome = upload.call(event, seconds=30)
    assert outcome.status == 200, outcome
    return dict(outcome.body)


def finished(world: World) -> str:
    """The VideoId of an upload whose file VOD has, and which plays."""
    answer = begun(world)
    send_file(answer)
    until_normal(world)
    return str(answer["VideoId"])


def send_file(answer: Mapping[str, Any], content: bytes = FILM) -> None:
    """Sends a file with the credential of an answer."""
    address, auth = (
        json.loads(base64.b64decode(answer[name])) for name in ("UploadAddress", "UploadAuth")
    )
    key = oss2.StsAuth(auth["AccessKeyId"], auth["AccessKeySecret"], auth["SecurityToken"])
    oss2.Bucket(key, address["Endpoint"], address["Bucket"]).put_object(
        address["FileName"], content
    )


def until_normal(world: World) -> None:
    """Waits until VOD has processed every file."""
    wait_for(
        lambda: all(media.status == "Normal" for media in world.cloud.vod.library.all()),
        "VOD has processed the file",
    )


def _videos(world: World) -> list[str]:
    """The Status of each video."""
    return sorted(media.status for media in world.cloud.vod.library.all())


def _told(world: World) -> list[str]:
    """The types of what the app was told, each id once."""
    told = [*world.receiver.taken, *world.renewals.taken]
    return sorted({one.id: one.type for one in told}.values())


def _rechecks(world: World) -> bool:
    """Whether a recheck waits in the queue. A second one is harmless."""
    return bool(world.cloud.queues.queue(LOCAL_VALUES["WatchQueue"]).messages)


def _uploading(body: Mapping[str, Any]) -> Callable[[World], Prepared]:
    def prepare(world: World) -> Prepared:
        function = world.serve("upload")
        return Prepared(function, _upload(world, body), lambda: _videos(world))

    return prepare


def _other_media(body: Mapping[str, Any]) -> Callable[[World], Prepared]:
    def prepare(world: World) -> Prepared:
        function = world.serve("upload")
        event = _upload(world, body, "")
        return Prepared(function, event, lambda: len(world.cloud.vod.other_media.all()))

    return prepare


def _uploading_again(world: World) -> Prepared:
    begun(world)
    function = world.serve("upload")
    event = _upload(world, {"FileName": "film.mp4", "FileSize": len(FILM)}, "begun")
    return Prepared(function, event, lambda: _videos(world))


def _refreshing(world: World) -> Prepared:
    video_id = begun(world)["VideoId"]
    function = world.serve("refresh")
    event = _asked(world, "POST", "/refresh", body={"VideoId": video_id})
    return Prepared(function, event, lambda: _videos(world))


def _playing(method: str) -> Callable[[World], Prepared]:
    def prepare(world: World) -> Prepared:
        query = {"VideoId": finished(world), "Method": method}
        function = world.serve("play")
        return Prepared(function, _asked(world, "GET", "/play", query=query), lambda: None)

    return prepare


def _playing_many(world: World) -> Prepared:
    first = finished(world)
    upload = world.serve("upload")
    second = upload.call(_upload(world, {"FileName": "film.mp4"}, "second"), seconds=30).body
    send_file(second)
    until_normal(world)
    function = world.serve("play")
    body = {"VideoIds": [first, second["VideoId"]]}
    return Prepared(function, _asked(world, "POST", "/play", body=body), lambda: None)


def _published(world: World) -> Prepared:
    video_id = finished(world)
    now = int(time.time())
    claims = world.issuer.claims("alice", iat=now - 3600, exp=now + 3600)
    event = http_event(
        "GET",
        "/play",
        query={"VideoId": video_id},
        Authorization=f"Bearer {world.key.sign(claims)}",
    )
    function = world.serve("play", world.publishing())
    return Prepared(function, event, lambda: None)


def _sts(world: World) -> Prepared:
    function = world.serve("sts")
    event = _asked(world, "POST", "/sts", body={"Purpose": "vod-upload"})
    return Prepared(function, event, lambda: None)


def callback(video_id: str, event_type: str = "FileUploadComplete") -> dict[str, Any]:
    """A callback of VOD about a video."""
    return {
        "Status": "success",
        "VideoId": video_id,
        "EventType": event_type,
        "EventTime": "2026-01-01T00:00:00Z",
        "Size": len(FILM),
        "FileUrl": "http://example.com/film.mp4",
    }


def _state(world: World) -> Any:
    return _videos(world), _told(world), _rechecks(world)


def _by_queue(world: World) -> Prepared:
    body = callback(finished(world))
    function = world.serve("events")
    return Prepared(function, queue_event(json.dumps(body)), lambda: _state(world))


def _by_http(world: World) -> Prepared:
    body = json.dumps(callback(finished(world))).encode()
    stamp = str(int(world.cloud.clock.wall()))
    text = f"{world.callback_url}|{stamp}|{world.keys.callback_key}".encode()
    event = http_event(
        "POST",
        f"/events/{world.keys.callback_path}",
        body=body,
        X_VOD_TIMESTAMP=stamp,
        X_VOD_SIGNATURE=hashlib.md5(text).hexdigest(),  # noqa: S324 - VOD uses MD5
    )
    function = world.serve("events")
    return Prepared(function, event, lambda: _state(world))


def _other_by_queue(
    body: Mapping[str, Any], event_type: str, name: str
) -> Callable[[World], Prepared]:
    def prepare(world: World) -> Prepared:
        upload = world.serve("upload")
        answer = upload.call(_upload(world, body, ""), seconds=30).body
        send_file(answer, b"content")
        notice = {"Status": "success", "EventType": event_type, name: answer[name]}
        notice |= {"EventTime": "2026-01-01T00:00:00Z", "Size": 7}
        function = world.serve("events")
        return Prepared(function, queue_event(json.dumps(notice)), lambda: _state(world))

    return prepare


def _watching(age: int, *, renew: bool = False, **changes: str) -> Callable[[World], Prepared]:
    """A run of watch, `age` seconds after an upload has begun."""

    def prepare(world: World) -> Prepared:
        begun(world)
        world.cloud.clock.advance(age)
        environment = {**(world.renewing() if renew else world.environment()), **changes}
        function = world.serve("watch", environment)
        return Prepared(function, TIMER_EVENT, lambda: _state(world))

    return prepare


def _finding(world: World) -> Prepared:
    finished(world)
    environment = world.environment(VODPASS_WATCH="completed")
    function = world.serve("watch", environment)
    return Prepared(function, TIMER_EVENT, lambda: _state(world))


def _rechecking(world: World) -> Prepared:
    """The recheck of an upload whose file was replaced after it was announced."""
    answer = begun(world)
    send_file(answer)
    until_normal(world)
    events = world.serve("events")
    body = json.dumps(callback(answer["VideoId"]))
    assert events.call(queue_event(body), seconds=30).code == "done"
    send_file(answer, film(seconds=3))
    until_normal(world)
    queue = world.cloud.queues.queue(LOCAL_VALUES["WatchQueue"])
    world.cloud.clock.advance(4000)
    message = queue.receive()
    assert message is not None
    function = world.serve("watch")
    world.receiver.clear()
    return Prepared(function, queue_event(message.body), lambda: _state(world))


SCENARIOS = (
    Scenario(
        "upload", "`POST /upload` with an `Idempotency-Key`.", _uploading({"FileName": "film.mp4"})
    ),
    Scenario("upload-again", "The same request again: its video exists.", _uploading_again),
    Scenario(
        "upload-image",
        "`POST /upload` for an image. VOD has no key for it: a repeat may create a second one.",
        _other_media(IMAGE),
        repeats_safely=False,
    ),
    Scenario(
        "upload-attached",
        "`POST /upload` for an attached medium, as for an image.",
        _other_media(SUBTITLE),
        repeats_safely=False,
    ),
    Scenario("refresh", "`POST /refresh`.", _refreshing),
    Scenario("play", "`GET /play` for one's own video.", _playing("PlayAuth")),
    Scenario("play-jwt", "`GET /play` with `Method=JWTPlayAuth`.", _playing("JWTPlayAuth")),
    Scenario(
        "play-many",
        "`POST /play` for two of one's own videos.",
        _playing_many,
        at_once=frozenset({"GetVideoPlayAuth"}),
    ),
    Scenario("play-published", "`GET /play` in a new instance, with keys by URL.", _published),
    Scenario("sts", "`POST /sts`.", _sts),
    Scenario("events-queue", "A callback by queue: an upload is complete.", _by_queue),
    Scenario("events-http", "The same callback by HTTP.", _by_http),
    Scenario(
        "events-image",
        "A callback by queue: an image is complete.",
        _other_by_queue(IMAGE, "ImageUploadComplete", "ImageId"),
    ),
    Scenario(
        "events-attached",
        "A callback by queue: an attached medium is complete.",
        _other_by_queue(
            SUBTITLE,
            "AttachedMediaUploadComplete",
            "MediaId",
        ),
    ),
    Scenario(
        "watch-expiring",
        "`watch` announces a credential that expires soon.",
        _watching(RENEWAL),
    ),
    Scenario(
        "watch-renewing",
        "`watch` renews a credential.",
        _watching(RENEWAL, renew=True),
    ),
    Scenario(
        "watch-deleting",
        "`watch` announces an abandoned upload, and deletes it.",
        _watching(CLEANED_UP, VODPASS_CLEANUP="delete"),
    ),
    Scenario(
        "watch-finding",
        "`watch` finds a finished upload whose callback was lost.",
        _finding,
    ),
    Scenario("watch-recheck", "The recheck of an upload whose file was replaced.", _rechecking),
)
"""In the order of `docs/reliability.md`."""
