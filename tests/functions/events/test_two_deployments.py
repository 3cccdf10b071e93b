"""Two deployments in one account and application, each with the events of its own uploads.

VOD has one callback configuration for both: a third system's, by HTTP. Each upload names the
address of its own deployment.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from fakealiyun.testing.receiver import Receiver
from fakealiyun.testing.vod import Vod
from fakealiyun.vod.callbacks.configuration import ALL, MessageCallback
from local.checkout_keys import load_keys
from local.stack import Stack
from tests.support.app_receiver import AppReceiver
from tests.support.clients import put
from tests.support.code_under_test import CodeUnderTest
from tests.support.house import write_deployment
from tests.support.loop_thread import LoopThread
from tests.support.ports import own_port
from tests.support.road import FILM, Road, Upload
from tests.support.waiting import wait_for

KINDS = {"upload.completed", "video.ready"}


@dataclass
class Account:
    """An account with two deployments, and a third system that VOD's configuration names."""

    road: Road
    """The first deployment."""
    second: AppReceiver
    third: Receiver

    @property
    def stack(self) -> Stack:
        return self.road.stack

    def configure(self, **changes: Any) -> None:
        """VOD's callbacks: to the third system, signed with the key that all share."""
        given: dict[str, Any] = {
            "event_types": ALL,
            "url": self.third.url,
            "auth_switch": "on",
            "auth_key": self.stack.keys.callback_key,
            **changes,
        }
        callback = MessageCallback(self.stack.cloud.app_id, "HTTP", **given)
        self.stack.cloud.vod.callbacks.configure(callback)

    def by_second(self, **fields: Any) -> dict[str, Any]:
        """POST /upload of the second deployment."""
        given = {"FileName": "film.mp4", "FileSize": len(FILM), **fields}
        status, answer = self.road.ask("POST", "/other/upload", given)
        assert status == 200, answer
        return answer

    def settled(self) -> None:
        self.road.settle()

    def of_third(self) -> set[str]:
        """The ids of the media that the third system was told of."""
        told = [one.event for one in self.third.received]
        return {one.get("VideoId") or one["MediaId"] for one in told}


@pytest.fixture(scope="module", params=["called", "configured"])
def running_account(
    request: pytest.FixtureRequest,
    code_under_test: CodeUnderTest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Account]:
    """VOD signs the URL that it calls, or the one of its configuration. Nobody documents which."""
    project, port = tmp_path_factory.mktemp("two"), own_port()
    with contextlib.ExitStack() as stacked:
        first = stacked.enter_context(contextlib.closing(AppReceiver()))
        second = stacked.enter_context(contextlib.closing(AppReceiver()))
        third = stacked.enter_context(contextlib.closing(Receiver()))
        loop = stacked.enter_context(contextlib.closing(LoopThread()))
        shared = {"VODPASS_UPLOAD_CALLBACK": "1"}
        if request.param == "configured":
            shared["VODPASS_CALLBACK_SIGNED_URLS"] = f"https://old.example.com/x {third.url}"
        path = f"/other/events/{secrets.token_urlsafe(24)}"
        other = {
            "VODPASS_OWNER_KEYS": "k9:" + base64.b64encode(b"9" * 32).decode(),
            "VODPASS_CALLBACK_URL": f"http://127.0.0.1:{port}{path}",
            "VODPASS_WEBHOOK_URL": second.url,
            "VODPASS_WEBHOOK_SECRETS": second.secret,
        }
        write_deployment(
            project, {"other": {"only": ["upload", "events"], "environmentVariables": other}}
        )
        stack = code_under_test.stack(
            keys=load_keys(project / "keys"),
            port=port,
            project=project,
            environment={
                **shared,
                "VODPASS_WEBHOOK_URL": first.url,
                "VODPASS_WEBHOOK_SECRETS": first.secret,
            },
            events=True,
        )
        loop.run(stack.start())
        try:
            stack.cloud.vod.adjust(configured_url_is_signed=request.param == "configured")
            yield Account(Road(stack, first, loop, ""), second, third)
        finally:
            loop.run(stack.stop())


@pytest.fixture
def account(running_account: Account) -> Iterator[Account]:
    cloud = running_account.stack.cloud
    signed = cloud.vod.settings.configured_url_is_signed
    running_account.settled()
    cloud.reset()
    cloud.vod.adjust(configured_url_is_signed=signed)
    running_account.configure()
    running_account.road.receiver.clear()
    running_account.second.clear()
    running_account.third.received.clear()
    yield running_account
    assert running_account.road.receiver.faults == []
    assert running_account.second.faults == []


def test_each_gets_the_events_of_its_own_uploads(account: Account) -> None:
    ours = [account.road.upload("alice"), account.road.upload("bob")]
    theirs = [Upload.of(account.by_second()), Upload.of(account.by_second())]
    for upload in (*ours, *theirs):
        account.road.finish(upload)
    for upload in ours:
        account.road.finished(upload)
    wait_for(
        lambda: all(
            {one.type for one in account.second.of(upload.video_id)} >= KINDS for upload in theirs
        ),
        "the second deployment's app gets its events",
    )
    account.settled()
    assert {one.subject for one in account.road.receiver.taken} == {one.video_id for one in ours}
    assert {one.subject for one in account.second.taken} == {one.video_id for one in theirs}
    assert account.third.received == []
    outcomes = {one.outcome for one in account.stack.cloud.vod.callbacks.deliveries()}
    assert outcomes == {"delivered"}


def test_images_and_attached_media_too(account: Account) -> None:
    fields = {"MediaType": "image", "ImageType": "cover"}
    status, ours = account.road.ask("POST", "/upload", fields)
    assert status == 200
    status, theirs = account.road.ask("POST", "/other/upload", fields)
    assert status == 200
    for answer in (ours, theirs):
        put(answer, b"image")
    wait_for(lambda: bool(account.second.taken), "the second deployment's app gets its event")
    wait_for(lambda: bool(account.road.receiver.taken), "so does the first one's")
    account.settled()
    assert {one.subject for one in account.second.taken} == {theirs["ImageId"]}
    assert {one.subject for one in account.road.receiver.taken} == {ours["ImageId"]}
    assert account.third.received == []


def test_the_third_system_keeps_its_own(account: Account) -> None:
    plain = Vod(account.stack.cloud).normal(content=FILM)
    upload = account.road.upload()
    account.road.finish(upload)
    account.road.finished(upload)
    account.settled()
    assert account.of_third() == {plain}
    Vod(account.stack.cloud).call("delete_video", video_ids=upload.video_id)
    account.settled()
    # A deleted upload has no address any more.
    assert account.of_third() == {plain, upload.video_id}


def test_types_that_vod_does_not_select_go_nowhere(account: Account) -> None:
    account.configure(event_types="TranscodeComplete")
    upload = account.road.upload()
    account.road.finish(upload)
    account.settled()
    assert account.road.receiver.taken == []


def test_beside_a_queue_nobody_learns_of_it(account: Account) -> None:
    """The worst that VOD may do there: ignore the address. Therefore the doctor finds it."""
    cloud = account.stack.cloud
    queue = cloud.queues.queue("of-another-system")
    cloud.vod.callbacks.configure(
        MessageCallback(
            cloud.app_id,
            "MNS",
            ALL,
            mns_endpoint=cloud.queues.endpoint,
            mns_queue_name=queue.name,
        )
    )
    upload = Upload.of(account.by_second())
    account.road.finish(upload)
    account.settled()
    assert account.second.taken == []
    told = [json.loads(message.body) for message in queue.messages]
    assert upload.video_id in {one.get("VideoId") for one in told}


def test_a_signature_for_the_other_deployment_opens_nothing(account: Account) -> None:
    """Both have the same AuthKey. Their addresses keep them apart."""
    account.configure(event_types="ImageUploadComplete")
    upload = account.road.upload()
    account.road.finish(upload)
    other = account.stack.gateway.deployment.functions["other-events"].environment
    stamp = str(int(time.time()))
    key = account.stack.keys.callback_key
    text = f"{other['VODPASS_CALLBACK_URL']}|{stamp}|{key}".encode()
    signature = hashlib.md5(text).hexdigest()  # noqa: S324 - VOD uses MD5
    body = {
        "EventType": "FileUploadComplete",
        "VideoId": upload.video_id,
        "EventTime": "2026-01-01T00:00:00Z",
    }
    refused = account.road.callback(body, X_VOD_TIMESTAMP=stamp, X_VOD_SIGNATURE=signature)
    assert refused == 401
    assert account.road.receiver.taken == []
