"""A video from start to end: credential, interrupted upload, refreshed credential, playback."""

from __future__ import annotations

import calendar
import time

import alibabacloud_oss_v2 as oss_v2
import oss2
import pytest

from tests.support.clients import (
    bucket,
    decoded,
    download,
    object_key,
    play_info,
    put,
    v4_client,
)
from tests.support.files import PART, SMALL, mp4
from tests.support.house import House

FILE = mp4()
PARTS = [FILE[at : at + PART] for at in range(0, len(FILE), PART)]


def epoch(text: str) -> int:
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def play_bytes(house: House, token: str, video_id: str) -> bytes:
    played = house.play(token, video_id)
    assert played.status == 200, played.body
    answer = played.json()
    assert set(answer) == {"RequestId", "PlayAuth", "VideoMeta", "ExpireUTCTime", "ExpiresIn"}
    assert answer["VideoMeta"]["VideoId"] == video_id
    info = play_info(house.cloud, answer["PlayAuth"])
    assert info.status == 200, info.body
    return download(info.json()["PlayInfoList"]["PlayInfo"][0]["PlayURL"], house.cloud)


def test_an_upload_continues_after_its_credential_expired_and_the_video_plays(
    house: House, alice: str
) -> None:
    begun = house.upload(alice, FileSize=len(FILE), Title="A film")
    assert begun.status == 200
    first = begun.json()
    assert set(first) == {
        "RequestId",
        "VideoId",
        "UploadAddress",
        "UploadAuth",
        "ExpireUTCTime",
        "ExpiresIn",
    }
    video_id, key = first["VideoId"], object_key(first)
    upload_id = bucket(first).init_multipart_upload(key).upload_id
    half = len(PARTS) // 2
    done = [
        oss2.models.PartInfo(n, bucket(first).upload_part(key, upload_id, n, part).etag)
        for n, part in enumerate(PARTS[:half], start=1)
    ]

    house.cloud.clock.advance(house.cloud.vod.settings.upload_lifetime + 1)
    with pytest.raises(oss2.exceptions.ServerError) as refused:
        bucket(first).upload_part(key, upload_id, half + 1, PARTS[half])
    assert (refused.value.status, refused.value.code) == (403, "SecurityTokenExpired")

    renewed = house.refresh(alice, video_id)
    assert renewed.status == 200, renewed.body
    second = renewed.json()
    assert set(second) == set(first)
    assert second["VideoId"] == video_id
    assert second["UploadAddress"] == first["UploadAddress"]
    assert second["UploadAuth"] != first["UploadAuth"]
    done += [
        oss2.models.PartInfo(n, bucket(second).upload_part(key, upload_id, n, part).etag)
        for n, part in enumerate(PARTS[half:], start=half + 1)
    ]
    bucket(second).complete_multipart_upload(key, upload_id, done)

    media = house.cloud.vod.library.get(video_id)
    assert media is not None
    assert (media.status, media.size) == ("Normal", len(FILE))
    assert play_bytes(house, alice, video_id) == FILE
    assert house.refresh(alice, video_id).refusal == (409, "UploadFinished")


def test_the_v4_client_can_do_the_same(house: House, alice: str) -> None:
    first = house.upload(alice).json()
    address, key = decoded(first["UploadAddress"]), object_key(first)
    where = {"bucket": address["Bucket"], "key": key}
    client = v4_client(first)
    upload_id = client.initiate_multipart_upload(
        oss_v2.InitiateMultipartUploadRequest(**where)
    ).upload_id
    half = len(PARTS) // 2

    def part(client: oss_v2.Client, number: int) -> oss_v2.UploadPart:
        request = oss_v2.UploadPartRequest(
            **where, upload_id=upload_id, part_number=number, body=PARTS[number - 1]
        )
        return oss_v2.UploadPart(part_number=number, etag=client.upload_part(request).etag)

    done = [part(client, number) for number in range(1, half + 1)]
    house.cloud.clock.advance(house.cloud.vod.settings.upload_lifetime + 1)
    with pytest.raises(oss_v2.exceptions.OperationError) as refused:
        part(client, half + 1)
    assert refused.value.unwrap().code == "SecurityTokenExpired"

    client = v4_client(house.refresh(alice, first["VideoId"]).json())
    done += [part(client, number) for number in range(half + 1, len(PARTS) + 1)]
    client.complete_multipart_upload(
        oss_v2.CompleteMultipartUploadRequest(
            **where,
            upload_id=upload_id,
            complete_multipart_upload=oss_v2.CompleteMultipartUpload(parts=done),
        )
    )
    assert play_bytes(house, alice, first["VideoId"]) == FILE


def test_a_file_can_be_sent_in_one_request(house: House, alice: str) -> None:
    begun = house.upload(alice).json()
    put(begun, SMALL)
    assert play_bytes(house, alice, begun["VideoId"]) == SMALL


def test_the_answer_has_the_members_that_a_client_sample_expects(house: House, alice: str) -> None:
    begun = house.upload(alice).json()
    assert list(decoded(begun["UploadAddress"])) == ["Endpoint", "Bucket", "FileName"]
    auth = decoded(begun["UploadAuth"])
    assert {"AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"} <= set(auth)
    # The client gets the earlier expiry: the 3000 seconds that VOD documents. VOD grants more.
    told, granted = epoch(begun["ExpireUTCTime"]), epoch(auth["ExpireUTCTime"])
    assert abs(granted - told - (house.cloud.vod.settings.upload_lifetime - 3000)) <= 1
