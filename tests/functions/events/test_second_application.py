"""A deployment in a second application of VOD: all of it works there, and nothing elsewhere."""

from __future__ import annotations

import json

import pytest

from fakealiyun.testing.vod import Vod, post_control
from fakealiyun.vod.applications import Identity
from fakealiyun.vod.settings import DEFAULT_APP
from tests.functions.events.conftest import SECOND_APP
from tests.support.road import FILM, WINDOW, Road, Upload
from tests.support.waiting import wait_for

FULL, READ_ONLY = "VODAppFullAccess", "VODAppReadOnlyAccess"


def copied(road: Road, upload: Upload, app_id: str = DEFAULT_APP) -> Upload:
    """Begin an upload in another application that has the mark and the UserData of this one.

    So it is what a deployment with the same owner keys creates there.
    """
    vod = Vod(road.stack.cloud)
    found = vod.call("get_video_info", video_id=upload.video_id)["Video"]
    vod.call("delete_video", video_ids=upload.video_id)
    road.stack.cloud.vod.library._references.clear()
    created = vod.create(
        app_id=app_id, reference_id=found["ReferenceId"], user_data=found["UserData"]
    )
    return Upload.of(created.answer)


@pytest.mark.parametrize("road", ["http", "queue"])
def test_from_the_upload_to_the_playback(second_road: Road, road: str) -> None:
    if road == "queue":
        second_road.by_queue()
    upload = second_road.upload()
    (media,) = second_road.stack.cloud.vod.library.all()
    assert media.app_id == SECOND_APP
    status, again = second_road.ask("POST", "/refresh", {"VideoId": upload.video_id})
    assert status == 200
    second_road.finish(Upload.of(again))
    second_road.finished(upload)
    for method in ("PlayAuth", "JWTPlayAuth"):
        target = f"/play?VideoId={upload.video_id}&Method={method}"
        status, answer = second_road.ask("GET", target)
        assert status == 200
        assert answer["VideoMeta"]["Status"] == "Normal"
        many = {"VideoIds": [upload.video_id], "Method": method}
        status, answers = second_road.ask("POST", "/play", many)
        assert [status, "PlayAuth" in answers["Items"][0]] == [200, True]
    given = {"PlayAuth": answer["PlayAuth"]}
    judged = post_control(second_road.stack.cloud, "play-auth", given).json()
    assert judged == {"accepted": True, "reason": None}


def test_the_watch_finds_what_is_due(second_road: Road) -> None:
    second_road.without_callbacks()
    begun, finished = second_road.upload(), second_road.upload("bob")
    second_road.finish(finished)
    second_road.ticks()
    assert {one.type for one in second_road.receiver.of(finished.video_id)} == {
        "upload.completed",
        "video.ready",
    }
    second_road.ticks(seconds=WINDOW + 60)
    assert "upload.abandoned" in {one.type for one in second_road.receiver.of(begun.video_id)}


@pytest.mark.parametrize("app_id", [DEFAULT_APP, "app-3000000"])
def test_the_watch_leaves_other_applications_alone(second_road: Road, app_id: str) -> None:
    """They may belong to a deployment with the same owner keys, which tells its own app."""
    cloud = second_road.stack.cloud
    second_road.without_callbacks()
    if app_id != DEFAULT_APP:
        cloud.vod.applications._add(app_id, app_id)
        cloud.vod.applications.attach(Identity("RamRole", "vodpass-watch"), app_id, FULL)
    other, ours = copied(second_road, second_road.upload(), app_id), second_road.upload("bob")
    finished = copied(second_road, second_road.upload("carol"), app_id)
    second_road.finish(finished)
    second_road.ticks(seconds=WINDOW + 60)
    wait_for(lambda: bool(second_road.receiver.of(ours.video_id)), "its own upload is announced")
    assert {one.subject for one in second_road.receiver.taken} == {ours.video_id}
    assert second_road.receiver.of(other.video_id) == []


def test_a_deployment_in_the_default_application_leaves_the_others_alone(road: Road) -> None:
    cloud = road.stack.cloud
    road.without_callbacks()
    cloud.vod.applications._add(SECOND_APP, SECOND_APP)
    cloud.vod.applications.attach(Identity("RamRole", "vodpass-watch"), SECOND_APP, FULL)
    copied(road, road.upload(), SECOND_APP)
    ours = road.upload("bob")
    road.ticks(seconds=WINDOW + 60)
    wait_for(lambda: bool(road.receiver.of(ours.video_id)), "its own upload is announced")
    assert {one.subject for one in road.receiver.taken} == {ours.video_id}


@pytest.mark.parametrize("callbacks", ["http", "queue"])
def test_callbacks_of_the_other_application_are_not_for_it(
    second_road: Road, callbacks: str
) -> None:
    if callbacks == "queue":
        second_road.by_queue()
    Vod(second_road.stack.cloud).normal(content=FILM)
    second_road.settle()
    assert second_road.stack.cloud.vod.callbacks.deliveries() == []
    assert second_road.receiver.taken == []


@pytest.mark.parametrize("role", ["vodpass-upload", "vodpass-refresh", "vodpass-play"])
def test_a_role_without_the_policy_is_told_apart(second_road: Road, role: str) -> None:
    upload = second_road.upload()
    second_road.finish(upload)
    applications = second_road.stack.cloud.vod.applications
    for policy in (FULL, READ_ONLY):
        applications.detach(Identity("RamRole", role), SECOND_APP, policy)
    method, target, fields = {
        "vodpass-upload": ("POST", "/upload", {"FileName": "film.mp4"}),
        "vodpass-refresh": ("POST", "/refresh", {"VideoId": upload.video_id}),
        "vodpass-play": ("GET", f"/play?VideoId={upload.video_id}", None),
    }[role]
    status, answer = second_road.ask(method, target, fields)
    assert [status, answer["Code"]] == [500, "Misconfigured"]
    assert answer["detail"] == "The function's role has no right on the VOD application."


def test_a_client_needs_it_too(second_road: Road) -> None:
    """STS tokens are sessions of the client roles, which have their own policies."""
    token = {"scope": "vod:sts", "vod": {"sts": ["vod-upload"]}}
    status, keys = second_road.ask("POST", "/sts", {"Purpose": "vod-upload"}, **token)
    assert status == 200, json.dumps(keys)
    cloud = second_road.stack.cloud
    key = cloud.identities.find(keys["AccessKeyId"])
    assert key is not None
    client = Vod(cloud, key)
    assert client.create(app_id=SECOND_APP).video_id
    cloud.vod.applications.detach(Identity("RamRole", "vodpass-client-upload"), SECOND_APP, FULL)
    fields = {"title": "t", "file_name": "f.mp4", "app_id": SECOND_APP}
    assert client.refused("create_upload_video", **fields) == (403, "Forbidden.OperateApp")
