"""For every grant in `ram/`, the smallest act of a function or a client that needs it.

The scenarios follow what the functions promise, not the policies. There is one for each action,
and for each resource if resources differ. A scenario prepares the cloud with all permissions and
returns the act to test.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import oss2
from Tea.exceptions import TeaException

from tests.functions.roles.grants import Grant
from tests.support.clients import put
from tests.support.files import SMALL
from tests.support.holder import DENIED, Holder, ask, sts_token
from tests.support.house import House
from tests.support.reply import Reply

DONE = "done"
MISCONFIGURED = "500 Misconfigured"
ACCESS_DENIED = "403 to the client"
RUN_FAILED = "RunFailed"

RENEWAL_DUE = 2500  # seconds after an upload began; its credential expires at 3000
CLEAN_UP_DUE = 86400 + 3600 + 600 + 120  # seconds: window, life of the last credential, margin

Act = Callable[[], str]
Scenario = Callable[[House], Act]


def by_a_function(call: Callable[[], Reply]) -> Act:
    """A call of a function. It returns the outcome."""

    def act() -> str:
        reply = call()
        return DONE if reply.status == 200 else f"{reply.status} {reply.code}"

    return act


def by_a_run(house: House, function: str, event: Any) -> Act:
    """A call of a function by a trigger. It returns the outcome."""
    target = house.gateway.deployment.functions[function]
    encoded = json.dumps(event).encode()

    def act() -> str:
        outcome = house.loop.run(house.gateway.invoker.invoke(target, encoded, "1-test"))
        return DONE if outcome.error_type is None else str(json.loads(outcome.payload)["errorType"])

    return act


def by_a_client(call: Callable[[], Any]) -> Act:
    """A call of the cloud by the holder of an STS token. It returns the outcome."""

    def act() -> str:
        try:
            call()
        except TeaException as error:
            denied = int(error.statusCode) == 403 and error.code in DENIED
            return ACCESS_DENIED if denied else str(error.code)
        except oss2.exceptions.ServerError as error:
            denied = (error.status, error.code) == (403, "AccessDenied")
            return ACCESS_DENIED if denied else str(error.code)
        return DONE

    return act


def upload(**fields: Any) -> Scenario:
    """The first POST /upload."""
    return lambda house: by_a_function(lambda: house.post("/upload", house.issuer.token(), fields))


def upload_again(house: House) -> Act:
    """A repeat with the same Idempotency-Key."""
    token = house.issuer.token()
    assert house.upload(token, "key-1").status == 200
    return by_a_function(lambda: house.upload(token, "key-1"))


def refresh(house: House) -> Act:
    """POST /refresh for an upload under way."""
    token = house.issuer.token()
    video_id = house.begun(token)
    return by_a_function(lambda: house.refresh(token, video_id))


def play_ones_own(house: House) -> Act:
    """GET /play by its owner."""
    token = house.issuer.token()
    begun = house.upload(token).json()
    put(begun, SMALL)
    return by_a_function(lambda: house.play(token, begun["VideoId"]))


def play_by_claim(house: House) -> Act:
    """GET /play by a caller whose claim allows it."""
    begun = house.upload(house.issuer.token()).json()
    put(begun, SMALL)
    token = house.issuer.token("bob", vod={"play": [begun["VideoId"]]})
    return by_a_function(lambda: house.play(token, begun["VideoId"]))


def play_many(house: House) -> Act:
    """POST /play by the owner, for a credential that is signed here."""
    token = house.issuer.token()
    begun = house.upload(token).json()
    put(begun, SMALL)
    asked = {"VideoIds": [begun["VideoId"]], "Method": "JWTPlayAuth"}

    def act() -> str:
        (item,) = house.post("/play", token, asked).json()["Items"]
        return f"{item['status']} {item['Code']}" if "Code" in item else DONE

    return act


def token_for(purpose: str) -> Scenario:
    """POST /sts."""
    return lambda house: by_a_function(lambda: ask(house, sts_token(house), purpose))


def callback(event_type: str, id_name: str, **medium: Any) -> Scenario:
    """A callback of VOD for media whose file has arrived."""

    def scenario(house: House) -> Act:
        begun = house.post("/upload", house.issuer.token(), medium).json()
        put(begun, SMALL)
        media_id = begun.get("VideoId") or begun.get("ImageId") or begun["MediaId"]
        environment = house.gateway.deployment.functions["events"].environment
        url, key = environment["VODPASS_CALLBACK_URL"], environment["VODPASS_CALLBACK_KEYS"]
        stamp = str(int(time.time()))
        message = f"{url}|{stamp}|{key}".encode()
        headers = {
            "X-VOD-TIMESTAMP": stamp,
            "X-VOD-SIGNATURE": hashlib.md5(message, usedforsecurity=False).hexdigest(),
        }
        notice = {"EventType": event_type, id_name: media_id}
        return by_a_function(lambda: house.post(urlsplit(url).path, None, notice, headers))

    return scenario


def timer(function: str = "watch", after: float = 0) -> Scenario:
    """A run of watch so many seconds after an upload began. No file was sent."""

    def scenario(house: House) -> Act:
        event = {"triggerTime": "2026-01-01T00:00:00Z", "triggerName": "timer", "payload": ""}
        act = by_a_run(house, function, event)
        act()  # a warm instance still uses the clock of the cloud from before it was set back
        house.begun(house.issuer.token())
        house.cloud.clock.advance(after)
        return act

    return scenario


def a_run_after_an_upload(house: House) -> Act:
    """A run of watch that finds a finished upload without a callback."""
    act = timer()(house)
    begun = house.upload(house.issuer.token()).json()
    put(begun, SMALL)
    return act


def a_wish_for_one_upload(house: House) -> Act:
    """A message from the queue that names a video."""
    text = json.dumps({"VideoId": house.begun(house.issuer.token())})
    event = {"type": "mns:Queue:SendMessage", "data": {"messageId": "1", "messageBody": text}}
    return by_a_run(house, "watch", event)


def client_of_vod(purpose: str, action: str, **fields: Any) -> Scenario:
    """An operation of VOD that a client calls directly."""

    def scenario(house: House) -> Act:
        given = dict(fields)
        if not given:
            begun = house.upload(house.issuer.token()).json()
            put(begun, SMALL)
            given["video_id"] = begun["VideoId"]
        holder = Holder.of(house, sts_token(house), purpose)
        return by_a_client(lambda: holder.vod(action, **given))

    return scenario


def client_puts(house: House) -> Act:
    """Files sent to OSS in one request, by appending, and in parts."""
    holder = Holder.of(house, sts_token(house), "oss-upload")
    bucket, prefix = holder.bucket(), holder.prefix

    def call() -> None:
        bucket.put_object(f"{prefix}whole", b"bytes")
        upload_id = bucket.init_multipart_upload(f"{prefix}parts").upload_id
        etag = bucket.upload_part(f"{prefix}parts", upload_id, 1, b"part").etag
        parts = [oss2.models.PartInfo(1, etag)]
        bucket.complete_multipart_upload(f"{prefix}parts", upload_id, parts)

    return by_a_client(call)


def client_of_parts(call: Callable[[oss2.Bucket, str, str], Any]) -> Scenario:
    """A call for an upload in parts."""

    def scenario(house: House) -> Act:
        holder = Holder.of(house, sts_token(house), "oss-upload")
        bucket, key = holder.bucket(), f"{holder.prefix}parts"
        upload_id = bucket.init_multipart_upload(key).upload_id
        return by_a_client(lambda: call(bucket, key, upload_id))

    return scenario


def _role(name: str) -> str:
    return f"acs:ram::${{AccountId}}:role/{name.replace('vodpass', '${Name}')}"


_WATCH_QUEUE = "acs:mns:*:${AccountId}:/queues/${WatchQueue}/messages"
_OBJECTS = "acs:oss:*:*:${Bucket}/${Prefix}/*"

SCENARIOS: Mapping[Grant, Scenario] = {
    Grant("vodpass-upload", "vod:CreateUploadVideo", "*"): upload(FileName="film.mp4"),
    Grant("vodpass-upload", "vod:CreateUploadImage", "*"): upload(
        MediaType="image", ImageType="default", ImageExt="png"
    ),
    Grant("vodpass-upload", "vod:CreateUploadAttachedMedia", "*"): upload(
        MediaType="attached", BusinessType="subtitle", MediaExt="srt"
    ),
    Grant("vodpass-upload", "vod:GetVideoInfo", "*"): upload_again,
    Grant("vodpass-upload", "vod:RefreshUploadVideo", "*"): upload_again,
    Grant("vodpass-refresh", "vod:GetVideoInfo", "*"): refresh,
    Grant("vodpass-refresh", "vod:RefreshUploadVideo", "*"): refresh,
    Grant("vodpass-play", "vod:GetVideoInfo", "*"): play_ones_own,
    Grant("vodpass-play", "vod:GetVideoInfos", "*"): play_many,
    Grant("vodpass-play", "vod:GetVideoPlayAuth", "*"): play_by_claim,
    Grant("vodpass-events", "vod:GetVideoInfo", "*"): callback(
        "FileUploadComplete", "VideoId", FileName="film.mp4"
    ),
    Grant("vodpass-events", "vod:GetMezzanineInfo", "*"): callback(
        "FileUploadComplete", "VideoId", FileName="film.mp4"
    ),
    Grant("vodpass-events", "mns:SendMessage", _WATCH_QUEUE): callback(
        "FileUploadComplete", "VideoId", FileName="film.mp4"
    ),
    Grant("vodpass-events", "vod:GetImageInfo", "*"): callback(
        "ImageUploadComplete", "ImageId", MediaType="image", ImageType="default", ImageExt="png"
    ),
    Grant("vodpass-events", "vod:GetAttachedMediaInfo", "*"): callback(
        "AttachedMediaUploadComplete",
        "MediaId",
        MediaType="attached",
        BusinessType="subtitle",
        MediaExt="srt",
    ),
    Grant("vodpass-watch", "vod:GetVideoList", "*"): timer(),
    Grant("vodpass-watch", "vod:GetVideoInfo", "*"): a_wish_for_one_upload,
    Grant("vodpass-watch", "vod:GetMezzanineInfo", "*"): a_run_after_an_upload,
    Grant("vodpass-watch", "mns:SendMessage", _WATCH_QUEUE): a_run_after_an_upload,
    Grant("vodpass-watch", "vod:RefreshUploadVideo", "*", "renewal"): timer(
        "renewing-watch", RENEWAL_DUE
    ),
    Grant("vodpass-watch", "vod:DeleteVideo", "*", "clean-up"): timer(
        "cleaning-watch", CLEAN_UP_DUE
    ),
    Grant("vodpass-sts", "sts:AssumeRole", _role("vodpass-client-upload")): token_for("vod-upload"),
    Grant("vodpass-sts", "sts:AssumeRole", _role("vodpass-client-play")): token_for("vod-play"),
    Grant("vodpass-sts", "sts:AssumeRole", _role("vodpass-client-oss")): token_for("oss-upload"),
    Grant("vodpass-client-upload", "vod:CreateUploadVideo", "*"): client_of_vod(
        "vod-upload", "CreateUploadVideo", title="t", file_name="t.mp4"
    ),
    Grant("vodpass-client-upload", "vod:CreateUploadImage", "*"): client_of_vod(
        "vod-upload", "CreateUploadImage", image_type="default", image_ext="png"
    ),
    Grant("vodpass-client-play", "vod:GetPlayInfo", "*"): client_of_vod("vod-play", "GetPlayInfo"),
    Grant("vodpass-client-play", "vod:GetVideoPlayAuth", "*"): client_of_vod(
        "vod-play", "GetVideoPlayAuth"
    ),
    Grant("vodpass-client-oss", "oss:PutObject", _OBJECTS): client_puts,
    Grant("vodpass-client-oss", "oss:ListParts", _OBJECTS): client_of_parts(
        lambda bucket, key, upload_id: bucket.list_parts(key, upload_id)
    ),
    Grant("vodpass-client-oss", "oss:AbortMultipartUpload", _OBJECTS): client_of_parts(
        lambda bucket, key, upload_id: bucket.abort_multipart_upload(key, upload_id)
    ),
}
