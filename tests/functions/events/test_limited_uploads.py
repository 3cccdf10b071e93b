"""Limits on open uploads: what tells the store that an upload has ended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from local.limits_store import LimitsStore
from tests.functions.events.conftest import emptied, running
from tests.support.code_under_test import CodeUnderTest
from tests.support.road import Road, Upload
from tests.support.waiting import wait_for

LIMITS = {
    "VODPASS_LIMITS": json.dumps({"open_uploads": 1}),
    # On a busy machine, a store that is late must not count as away.
    "VODPASS_LIMITS_BUDGET": "5000",
}


@pytest.fixture(scope="session")
def limiting(
    code_under_test: CodeUnderTest,
    tmp_path_factory: pytest.TempPathFactory,
    limits_store: LimitsStore,
) -> Iterator[Road]:
    folder = tmp_path_factory.mktemp("limiting")
    settings = {**LIMITS, "VODPASS_LIMITS_URL": limits_store.url}
    with running(code_under_test, folder, credentials=True, **settings) as road:
        yield road


@pytest.fixture
def store(limits_store: LimitsStore) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(limits_store.url, decode_responses=True)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def limited(limiting: Road, store: redis.Redis) -> Iterator[Road]:
    """A deployment whose users may have one open upload."""
    yield from emptied(limiting)


def begin(road: Road, body: dict[str, Any], sub: str = "alice") -> tuple[int, dict[str, Any]]:
    json_type = {"Content-Type": "application/json"}
    _, token = road.call("POST", "/_local/token", json.dumps({"sub": sub}).encode(), json_type)
    headers = {**json_type, "Authorization": f"Bearer {json.loads(token)['token']}"}
    status, answer = road.call("POST", "/upload", json.dumps(body).encode(), headers)
    return status, json.loads(answer)


FILM = {"FileName": "film.mp4"}
IMAGE = {"MediaType": "image", "ImageType": "cover"}


def test_a_finished_upload_is_not_open(limited: Road) -> None:
    upload = limited.upload()
    assert begin(limited, FILM)[0] == 429
    limited.finish(upload)
    limited.finished(upload)
    assert begin(limited, FILM)[0] == 200
    assert begin(limited, FILM)[0] == 429


def test_a_finished_image_is_not_open(limited: Road) -> None:
    status, answer = begin(limited, IMAGE)
    assert status == 200
    assert begin(limited, FILM)[0] == 429
    image = Upload.of({**answer, "VideoId": answer["ImageId"]})
    limited.finish(image, b"\x89PNG\r\n\x1a\n" + bytes(64))
    wait_for(lambda: limited.receiver.of(image.video_id, "media.completed"), "the event arrives")
    assert begin(limited, FILM)[0] == 200


def test_it_ends_although_the_app_is_down(limited: Road) -> None:
    limited.receiver.answer = 500
    upload = limited.upload()
    limited.finish(upload)
    wait_for(lambda: limited.receiver.asked, "the first attempt")
    limited.settle()
    assert limited.receiver.taken == []
    assert begin(limited, FILM)[0] == 200
    limited.receiver.answer = 204


def test_the_watch_ends_what_no_callback_told(limited: Road) -> None:
    limited.without_callbacks()
    upload = limited.upload()
    limited.finish(upload)
    assert begin(limited, FILM)[0] == 429
    limited.watch()
    limited.settle()
    assert begin(limited, FILM)[0] == 200


def test_a_renewal_by_the_watch_keeps_it_open(limited: Road, store: redis.Redis) -> None:
    upload = limited.upload()
    (slots,) = store.keys("*:uploads")
    slot = str(store.zrange(slots, 0, -1)[0])
    store.zincrby(slots, -3000, slot)
    before = store.zscore(slots, slot)
    limited.ticks(9)
    assert limited.renewals is not None
    assert limited.renewals.of(upload.video_id, "upload.refreshed")
    assert before is not None
    after = store.zscore(slots, slot)
    assert after is not None
    assert after > before + 2900


def test_a_callback_of_another_upload_ends_nothing(limited: Road) -> None:
    """A forged or early callback is confirmed by VOD before it counts."""
    upload = limited.upload()
    body = {"EventType": "FileUploadComplete", "VideoId": upload.video_id, "Size": 1}
    assert limited.callback({**body, "Status": "success", "FileUrl": "http://x/y.mp4"}) == 503
    assert limited.callback({**body, "VideoId": "f" * 32, "Status": "success"}) in (200, 503)
    assert begin(limited, FILM)[0] == 429


def test_events_arrive_while_the_store_is_away(
    limited: Road, limits_store: LimitsStore, store: redis.Redis
) -> None:
    upload = limited.upload()
    store.config_set("requirepass", "another")  # known to nobody: every connection is refused
    store.client_kill_filter(skipme=True)
    try:
        limited.finish(upload)
        limited.finished(upload)
    finally:
        store.config_set("requirepass", limits_store.password)
    assert begin(limited, FILM)[0] == 429, "it counts as open until its credential has expired"
