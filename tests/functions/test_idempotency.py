"""Two requests with one Idempotency-Key begin one upload."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fakealiyun.openapi.types import ApiError
from tests.support.clients import decoded, put
from tests.support.files import SMALL
from tests.support.house import House
from tests.support.reply import Reply

BODY = {"Title": "A film", "Tags": ["a", "b"], "FileSize": 1000}


def videos(house: House) -> list[str]:
    return [media.video_id for media in house.cloud.vod.library.all()]


def test_a_repeat_gets_the_same_video_and_a_fresh_credential(house: House, alice: str) -> None:
    answers = [house.upload(alice, "key-1", **BODY).json() for _ in range(3)]
    assert len({answer["VideoId"] for answer in answers}) == 1
    assert len({answer["UploadAuth"] for answer in answers}) == 3
    assert len({answer["UploadAddress"] for answer in answers}) == 1
    assert videos(house) == [answers[0]["VideoId"]]
    put(answers[0], SMALL)
    assert house.cloud.vod.library.all()[0].status == "Normal"


def test_a_repeat_after_the_credential_expired_gets_a_new_credential(
    house: House, alice: str
) -> None:
    first = house.upload(alice, "key-1").json()
    house.cloud.clock.advance(3600)
    second = house.upload(alice, "key-1").json()
    assert second["VideoId"] == first["VideoId"]
    assert second["ExpireUTCTime"] > first["ExpireUTCTime"]
    put(second, SMALL)


def test_the_order_of_fields_does_not_matter(house: House, alice: str) -> None:
    headers = {"Idempotency-Key": "key-1"}
    first = house.post("/upload", alice, b'{"FileName":"a.mp4","Title":"t"}', headers)
    second = house.post("/upload", alice, b' {"Title": "t",\n"FileName": "a.mp4"}', headers)
    assert first.json()["VideoId"] == second.json()["VideoId"]


@pytest.mark.parametrize(
    "other", [{"Title": "Another"}, {"FileName": "film.mov"}, {"FileSize": 1001}, {"Tags": ["a"]}]
)
def test_a_key_used_with_another_body_is_refused(
    house: House, alice: str, other: dict[str, Any]
) -> None:
    assert house.upload(alice, "key-1", **BODY).status == 200
    refused = house.upload(alice, "key-1", **{**BODY, **other})
    assert refused.refusal == (409, "IdempotencyConflict")
    assert len(videos(house)) == 1
    assert "RefreshUploadVideo" not in house.calls()


def test_each_caller_has_their_own_keys(house: House, alice: str, bob: str) -> None:
    first, second = house.upload(alice, "key-1").json(), house.upload(bob, "key-1").json()
    assert first["VideoId"] != second["VideoId"]
    assert house.refresh(bob, first["VideoId"]).refusal == (404, "VideoNotFound")
    assert house.refresh(bob, second["VideoId"]).status == 200


def test_another_key_creates_another_video(house: House, alice: str) -> None:
    first, second = (house.upload(alice, key).json() for key in ("key-1", "key-2"))
    assert first["VideoId"] != second["VideoId"]
    assert house.begun(alice) != house.begun(alice)


def test_a_repeat_for_a_finished_upload_is_refused(house: House, alice: str) -> None:
    put(house.upload(alice, "key-1").json(), SMALL)
    assert house.upload(alice, "key-1").refusal == (409, "UploadFinished")


def test_a_repeat_after_the_window_closed_is_refused(house: House, alice: str) -> None:
    house.upload(alice, "key-1")
    house.cloud.clock.advance(86401)
    assert house.upload(alice, "key-1").refusal == (409, "UploadWindowClosed")
    assert len(videos(house)) == 1


def test_a_repeat_for_a_deleted_video_is_refused(house: House, alice: str) -> None:
    house.cloud.vod.library.delete([house.upload(alice, "key-1").json()["VideoId"]])
    assert house.upload(alice, "key-1").refusal == (409, "IdempotencyKeySpent")
    assert videos(house) == []


def test_a_repeat_needs_the_refresh_scope(house: House) -> None:
    token = house.issuer.token(scope="vod:upload")
    assert house.upload(token, "key-1").status == 200
    assert house.upload(token, "key-1").refusal == (403, "Forbidden")


@pytest.mark.parametrize("status", [400, 403, 404, 409])
@pytest.mark.parametrize(
    ("code", "when_deleted"),
    [
        ("InvalidReferenceId.Duplicated", (409, "IdempotencyKeySpent")),
        ("VideoAlreadyExisted", (409, "IdempotencyKeySpent")),
        ("Something.NeverSeen", (503, "Unavailable")),
        # These have another meaning too.
        ("InvalidParameter.ReferenceId", (400, "InvalidRequest")),
        ("InvalidParameter", (400, "InvalidRequest")),
        ("Forbidden.ReferenceIdExists", (500, "Misconfigured")),
        ("OperationDenied.Duplicated", (500, "Misconfigured")),
    ],
)
def test_a_repeat_works_with_any_code_for_a_duplicate_reference_id(
    house: House,
    alice: str,
    status: int,
    code: str,
    when_deleted: tuple[int, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """VOD does not document its code for this. While the video exists, any code works."""
    settings = house.cloud.vod.settings
    refusal = ApiError(status, code, "Taken.")
    monkeypatch.setitem(settings.__dict__, "duplicate_reference_id", lambda: refusal)
    first = house.upload(alice, "key-1").json()
    assert house.upload(alice, "key-1").json()["VideoId"] == first["VideoId"]
    house.cloud.vod.library.delete([first["VideoId"]])
    assert house.upload(alice, "key-1").refusal == when_deleted


@pytest.mark.parametrize(
    "code", ["QuotaExceeded.Video", "InvalidVideo.Damaged", "EntityNotExist.Role", "Weird"]
)
def test_a_key_stays_usable_after_another_refusal(house: House, alice: str, code: str) -> None:
    house.cloud.faults.set("vod", "CreateUploadVideo", "error", status=400, code=code)
    reply = house.upload(alice, "key-1")
    assert reply.refusal == (503, "Unavailable")
    assert reply.headers["Retry-After"]
    assert house.upload(alice, "key-1").status == 200
    assert len(videos(house)) == 1


@pytest.mark.parametrize(
    ("fault", "parameters", "refusal"),
    [
        ("throttle", {}, (503, "Unavailable")),
        ("reset_before", {}, (503, "Unavailable")),
        ("error", {"status": 500, "code": "X"}, (502, "UpstreamError")),
    ],
)
def test_an_unknown_outcome_is_not_reported_as_throttled(
    house: House, alice: str, fault: str, parameters: dict[str, Any], refusal: tuple[int, str]
) -> None:
    """429 would say that no upload was begun, so the answer is never 429."""
    house.cloud.faults.set("vod", "CreateUploadVideo", "reset_after")
    house.cloud.faults.set("vod", "GetVideoInfo", fault, count=2, **parameters)
    assert house.upload(alice, "key-1").refusal == refusal
    house.cloud.faults.clear()
    assert house.upload(alice, "key-1").status == 200
    assert len(videos(house)) == 1


def test_a_repeat_finds_the_video_after_an_owner_key_rotation(house: House, alice: str) -> None:
    first = house.upload(alice, "key-1").json()  # signed with the older owner key
    second = house.at("chosen").upload(alice, "key-1").json()
    assert second["VideoId"] == first["VideoId"]
    assert len(videos(house)) == 1


@pytest.mark.parametrize("key", ["a", "A-Z_09", "k" * 64])
def test_a_valid_key_is_accepted(house: House, alice: str, key: str) -> None:
    assert house.upload(alice, key).status == 200


@pytest.mark.parametrize("key", ["", "k" * 65, "a b", "a,b", "é", "a/b", "a.b", "%41"])
def test_an_invalid_key_is_refused(house: House, alice: str, key: str) -> None:
    refused = house.upload(alice, key)
    assert refused.refusal == (400, "InvalidRequest")
    assert "Idempotency-Key" in refused.json()["detail"]
    assert house.calls() == {}


def test_ten_requests_at_once_create_one_video(house: House, alice: str) -> None:
    """Function Compute answers 429 itself above the reserved concurrency.

    A client must retry then, and gets the same video as the others.
    """

    def begin(_: int) -> Reply:
        while True:
            reply = house.upload(alice, "key-1", **BODY)
            if reply.headers["X-Fc-Error-Type"] is None:
                return reply
            assert reply.status == 429

    with ThreadPoolExecutor(10) as pool:
        replies = list(pool.map(begin, range(10)))
    assert [reply.status for reply in replies] == [200] * 10
    assert len({reply.json()["VideoId"] for reply in replies}) == 1
    assert len(videos(house)) == 1
    addresses = [decoded(reply.json()["UploadAddress"]) for reply in replies]
    assert all(address == addresses[0] for address in addresses)
