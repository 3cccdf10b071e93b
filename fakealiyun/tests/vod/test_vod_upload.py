"""CreateUploadVideo and RefreshUploadVideo: what is accepted, and what the credential allows."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any

import oss2
import pytest

from fakealiyun import FakeCloud
from fakealiyun.openapi import ApiError
from fakealiyun.testing.vod import MP4, Vod
from fakealiyun.vod.settings import DEFAULT_APP, NO_TRANSCODE, TRANSCODE, WORKFLOW, VodSettings


def refused(vod: Vod, **fields: Any) -> tuple[int, str]:
    return vod.refused("create_upload_video", **{"title": "t", "file_name": "a.mp4", **fields})


def test_the_answer_is_two_base64_objects_of_a_fixed_form(cloud: FakeCloud, vod: Vod) -> None:
    upload = vod.create(file_name="some/path/My Film.MP4")
    assert re.fullmatch("[0-9a-f]{32}", upload.video_id)
    assert list(upload.address) == ["Endpoint", "Bucket", "FileName"]
    assert upload.address["Endpoint"] == cloud.url
    assert re.fullmatch("outin-[0-9a-f]{32}", upload.address["Bucket"])
    assert re.fullmatch(r"sv/[0-9a-f-]+/[0-9a-f-]+\.mp4", upload.key)
    assert list(upload.auth) == [
        "SecurityToken",
        "AccessKeyId",
        "ExpireUTCTime",
        "AccessKeySecret",
        "Expiration",
        "Region",
    ]
    assert (upload.auth["Expiration"], upload.auth["Region"]) == ("3600", "cn-shanghai")
    assert upload.auth["SecurityToken"].startswith("CAIS")
    ends = datetime.strptime(upload.auth["ExpireUTCTime"], "%Y-%m-%dT%H:%M:%SZ")
    left = ends.replace(tzinfo=timezone.utc).timestamp() - cloud.clock.now()
    assert 3590 < left <= 3600


def test_the_endpoint_may_be_the_one_for_browsers() -> None:
    settings = VodSettings(upload_endpoint="localhost", expiration_text="3000")
    with FakeCloud(vod_settings=settings) as cloud:
        upload = Vod(cloud).create()
        assert upload.address["Endpoint"] == f"http://oss-cn-shanghai.localhost:{cloud.port}"
        assert upload.auth["Expiration"] == "3000"


def test_two_creates_are_two_videos(vod: Vod) -> None:
    one, other = vod.create(), vod.create()
    assert one.video_id != other.video_id
    assert one.key != other.key
    assert one.auth["AccessKeyId"] != other.auth["AccessKeyId"]


# -- parameters


def test_everything_that_was_given_is_kept(cloud: FakeCloud, vod: Vod) -> None:
    user_data = json.dumps({"Extend": {"a": 1}, "MessageCallback": {"CallbackURL": "http://h/c"}})
    given = {
        "Title": "t" * 128,
        "Description": "two\nlines" + "d" * 1015,
        "Tags": ",".join(["标签" * 16] * 16),
        "CoverURL": "https://example.com/a.png",
        "CateId": 1000000001,
        "TemplateGroupId": TRANSCODE,
        "AppId": DEFAULT_APP,
        "StorageLocation": cloud.vod.storage_location,
        "UserData": user_data,
        "ReferenceId": "aB3_-" + "z" * 59,
    }
    upload = vod.create(
        title=given["Title"],
        description=given["Description"],
        tags=given["Tags"],
        cover_url=given["CoverURL"],
        cate_id=given["CateId"],
        template_group_id=given["TemplateGroupId"],
        app_id=given["AppId"],
        storage_location=given["StorageLocation"],
        user_data=given["UserData"],
        reference_id=given["ReferenceId"],
        file_size=12345,
    )
    video = vod.call("get_video_info", reference_id=given["ReferenceId"])["Video"]
    assert video["VideoId"] == upload.video_id
    assert {name: video[name] for name in given} == given
    assert (video["Status"], video["CateName"], video["Size"]) == ("Uploading", "Samples", 0)


def test_a_workflow_wins_over_a_template_group(vod: Vod) -> None:
    upload = vod.create(workflow_id=WORKFLOW, template_group_id=NO_TRANSCODE)
    video = vod.call("get_video_info", video_id=upload.video_id)["Video"]
    assert video["TemplateGroupId"] == TRANSCODE


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"title": None}, "MissingTitle"),
        ({"title": ""}, "MissingTitle"),
        ({"file_name": None}, "MissingFileName"),
        ({"title": "t" * 129}, "LengthExceededMax"),
        ({"title": "世" * 43}, "LengthExceededMax"),
        ({"title": "film 🎬"}, "IllegalCharacters"),
        ({"title": "film ⭐"}, "IllegalCharacters"),
        ({"title": "film \u2764\ufe0f"}, "IllegalCharacters"),
        ({"title": "a\x00b"}, "IllegalCharacters"),
        ({"title": "a\nb"}, "IllegalCharacters"),
        ({"description": "d" * 1025}, "LengthExceededMax"),
        ({"description": "🎬"}, "IllegalCharacters"),
        ({"tags": ",".join("t" * 17)}, "TagsExceededMax"),
        ({"tags": "t" * 33}, "LengthExceededMax"),
        ({"tags": "one,🎬"}, "IllegalCharacters"),
        ({"tags": "one,,two"}, "InvalidParameter"),
        ({"file_name": "film"}, "InvalidFileName.Extension"),
        ({"file_name": "film.exe"}, "InvalidFileName.Extension"),
        ({"file_name": "film.mp4.exe"}, "InvalidFileName.Extension"),
        ({"file_name": "mp4"}, "InvalidFileName.Extension"),
        ({"file_name": "film.mp4 "}, "InvalidFileName.Extension"),
        ({"file_size": 0}, "InvalidParameter"),
        ({"file_size": -1}, "InvalidParameter"),
        ({"file_size": "ten"}, "InvalidParameter"),
        ({"file_size": "1e3"}, "InvalidParameter"),
        ({"file_size": "１２"}, "InvalidParameter"),
        ({"file_size": 10**15}, "InvalidParameter"),
        ({"cover_url": "javascript:alert(1)"}, "InvalidParameter"),
        ({"enable_first_frame_cover": "maybe"}, "InvalidParameter"),
        ({"template_group_id": "0" * 32}, "InvalidTemplateGroupId.NotFound"),
        ({"workflow_id": "0" * 32}, "InvalidWorkflowId.NotFound"),
        ({"storage_location": "outin-x.oss-cn-beijing.aliyuncs.com"}, "InvalidStorage.NotFound"),
        ({"cate_id": 7}, "InvalidCateId.NotFound"),
        ({"app_id": "app-2000000"}, "InvalidAppId.NotFound"),
        ({"reference_id": "short"}, "InvalidParameter"),
        ({"reference_id": "r" * 65}, "InvalidParameter"),
        ({"reference_id": "with blank"}, "InvalidParameter"),
        ({"reference_id": "with.dot"}, "InvalidParameter"),
    ],
)
def test_a_parameter_that_is_refused(
    cloud: FakeCloud, vod: Vod, fields: dict[str, Any], code: str
) -> None:
    status, found = refused(vod, **fields)
    assert found == code
    expected = 403 if code.startswith("InvalidStorage") else 404
    assert status == (expected if code.endswith(".NotFound") else 400)
    assert cloud.vod.library.all() == []


@pytest.mark.parametrize(
    "user_data",
    [
        "text",
        "[]",
        "1",
        "{",
        '{"Unknown": 1}',
        '{"Extend": 1}',
        '{"Extend": NaN}',
        '{"Extend": "' + "e" * 513 + '"}',
        '{"Extend": "' + "世" * 171 + '"}',
        '{"Extend": "a", "Extend": "b"}',
        '{"Extend": "\\ud800"}',
        '{"MessageCallback": "no json"}',
        '{"MessageCallback": {}}',
        '{"MessageCallback": {"CallbackURL": "ftp://h/c"}}',
        '{"MessageCallback": {"CallbackURL": "http://h/' + "c" * 256 + '"}}',
        '{"MessageCallback": {"CallbackURL": "http://h/c", "CallbackType": "mns"}}',
        '{"MessageCallback": {"CallbackURL": "http://h/c", "Other": 1}}',
        '{"AccelerateConfig": {"Type": "oss", "Domain": "https://oss-accelerate.aliyuncs.com"}}',
        '{"Extend": ' + "[" * 3000 + "]" * 3000 + "}",
    ],
)
def test_user_data_that_is_refused(vod: Vod, user_data: str) -> None:
    assert refused(vod, user_data=user_data) == (400, "InvalidParameter")


def test_user_data_in_its_documented_forms(vod: Vod) -> None:
    for user_data in (
        {"Extend": "e" * 512},
        {"Extend": {"nested": {"a": [1]}}},
        {"MessageCallback": {"CallbackURL": "https://h/c", "CallbackType": "http"}},
        {"MessageCallback": json.dumps({"CallbackURL": "http://h/c"})},
    ):
        text = json.dumps(user_data)
        video_id = vod.create(user_data=text).video_id
        assert vod.call("get_video_info", video_id=video_id)["Video"]["UserData"] == text


def test_every_documented_extension_is_taken_in_either_case(vod: Vod) -> None:
    for extension in ("MP4", "ts", "Mov", "mkv", "m3u8", "webm", "mp3", "wma", "flac", "caf"):
        upload = vod.create(file_name=f"dir.v1/a.b.{extension}")
        assert upload.key.endswith(f".{extension.lower()}")


def test_a_reference_id_is_its_videos_alone(cloud: FakeCloud, vod: Vod) -> None:
    first = vod.create(reference_id="mark-0001")
    for taken in ("mark-0001", "MARK-0001"):
        assert refused(vod, reference_id=taken) == (400, "InvalidReferenceId.Duplicated")
    assert len(cloud.vod.library.all()) == 1
    vod.call("delete_video", video_ids=first.video_id)
    assert refused(vod, reference_id="mark-0001") == (400, "InvalidReferenceId.Duplicated")
    assert vod.refused("get_video_info", reference_id="mark-0001") == (404, "InvalidVideo.NotFound")


def test_what_is_undocumented_about_reference_ids_can_be_switched() -> None:
    settings = VodSettings(
        duplicate_reference_id=lambda: ApiError(409, "Conflict.Made", "Up."),
        reference_ids_outlive_videos=False,
    )
    with FakeCloud(vod_settings=settings) as cloud:
        vod = Vod(cloud)
        video_id = vod.create(reference_id="mark-0001").video_id
        assert refused(vod, reference_id="mark-0001") == (409, "Conflict.Made")
        vod.call("delete_video", reference_ids="mark-0001")
        assert vod.create(reference_id="mark-0001").video_id != video_id


def test_two_ways_to_name_a_video_must_agree(vod: Vod) -> None:
    one, other = vod.create(reference_id="mark-0001"), vod.create(reference_id="mark-0002")
    both = vod.call("get_video_info", video_id=one.video_id, reference_id="mark-0001")
    assert both["Video"]["VideoId"] == one.video_id
    disagreeing = {"video_id": other.video_id, "reference_id": "mark-0001"}
    assert vod.refused("get_video_info", **disagreeing) == (400, "InvalidParameter")
    assert vod.refused("refresh_upload_video", **disagreeing) == (400, "InvalidParameter")
    assert vod.refused("get_video_info") == (400, "MissingVideoId")
    unknown = {"video_id": one.video_id, "reference_id": "mark-9999"}
    assert vod.refused("get_video_info", **unknown) == (404, "InvalidVideo.NotFound")


# -- the credential


def denied(action: Any) -> str:
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        action()
    assert caught.value.status == 403
    return str(caught.value.code)


def test_the_credential_stores_its_object_in_one_piece_and_in_parts(
    cloud: FakeCloud, vod: Vod
) -> None:
    upload = vod.create()
    bucket = upload.bucket()
    bucket.put_object(upload.key, MP4)
    upload_id = bucket.init_multipart_upload(upload.key).upload_id
    part = bucket.upload_part(upload.key, upload_id, 1, MP4 * 2)
    assert [p.part_number for p in bucket.list_parts(upload.key, upload_id).parts] == [1]
    parts = [oss2.models.PartInfo(1, part.etag)]
    bucket.complete_multipart_upload(upload.key, upload_id, parts)
    assert bucket.head_object(upload.key).content_length == len(MP4) * 2
    aborted = bucket.init_multipart_upload(upload.key).upload_id
    bucket.abort_multipart_upload(upload.key, aborted)


def test_the_credential_opens_nothing_else(cloud: FakeCloud, vod: Vod) -> None:
    mine, other = vod.create(), vod.create()
    other.put()
    bucket = mine.bucket()
    for action in (
        lambda: bucket.put_object(other.key, b"mine now"),
        lambda: bucket.put_object(mine.key + ".bak", b"x"),
        lambda: bucket.put_object(mine.key[:-1], b"x"),
        lambda: bucket.init_multipart_upload(other.key),
        lambda: bucket.get_object(other.key),
        lambda: bucket.get_object(mine.key),
        lambda: bucket.delete_object(mine.key),
        lambda: bucket.delete_object(other.key),
        bucket.list_objects,
    ):
        assert denied(action) == "AccessDenied"
    stored = cloud.storage.get(cloud.vod.bucket, other.key)
    assert stored is not None
    assert stored.size == len(MP4)


def test_the_credentials_keys_call_no_api(cloud: FakeCloud, vod: Vod) -> None:
    upload = vod.create()
    key = cloud.identities.find(upload.auth["AccessKeyId"])
    thief = Vod(cloud, key)
    for action, fields in (
        ("get_video_info", {"video_id": upload.video_id}),
        ("refresh_upload_video", {"video_id": upload.video_id}),
        ("get_play_info", {"video_id": upload.video_id}),
    ):
        assert thief.refused(action, **fields) == (403, "Forbidden.RAM")


def test_the_credential_ends_after_3000_seconds_of_cloud_time(cloud: FakeCloud, vod: Vod) -> None:
    upload = vod.create()
    cloud.clock.advance(3500)
    upload.put()
    cloud.clock.advance(100)
    assert denied(upload.put) == "SecurityTokenExpired"


def test_an_upload_goes_on_after_expiry_with_a_refreshed_credential(
    cloud: FakeCloud, vod: Vod
) -> None:
    upload = vod.create()
    bucket = upload.bucket()
    upload_id = bucket.init_multipart_upload(upload.key).upload_id
    content = MP4 + b"\0" * 200_000
    first = bucket.upload_part(upload.key, upload_id, 1, content)
    cloud.clock.advance(3601)
    late = denied(lambda: bucket.upload_part(upload.key, upload_id, 2, b"tail"))
    assert late == "SecurityTokenExpired"
    renewed = vod.refresh(upload.video_id)
    assert renewed.address == upload.address
    assert renewed.auth["AccessKeyId"] != upload.auth["AccessKeyId"]
    bucket = renewed.bucket()
    second = bucket.upload_part(upload.key, upload_id, 2, b"tail")
    parts = [oss2.models.PartInfo(1, first.etag), oss2.models.PartInfo(2, second.etag)]
    bucket.complete_multipart_upload(upload.key, upload_id, parts)
    assert vod.status(upload.video_id) == "Normal"


def test_a_refresh_is_granted_in_every_state() -> None:
    with FakeCloud(vod_settings=VodSettings(transcode_seconds=600)) as cloud:
        vod = Vod(cloud)
        upload = vod.create(template_group_id=TRANSCODE, reference_id="mark-0001")
        seen = [vod.status(upload.video_id)]
        for content in (MP4, b"no film"):
            upload.put(content)
            for seconds in (0, 600):
                cloud.clock.advance(seconds)
                seen.append(vod.status(upload.video_id))
                assert vod.refresh(upload.video_id).address == upload.address
        assert seen == ["Uploading", "Transcoding", "Normal", "Transcoding", "TranscodeFail"]
        by_reference = vod.call("refresh_upload_video", reference_id="mark-0001")
        assert by_reference["VideoId"] == upload.video_id


def test_an_older_credential_lives_on_beside_a_newer(cloud: FakeCloud, vod: Vod) -> None:
    old = vod.create()
    cloud.clock.advance(1800)
    new = vod.refresh(old.video_id)
    old.put()
    cloud.clock.advance(1801)
    assert denied(old.put) == "SecurityTokenExpired"
    new.put()


def test_a_refresh_of_no_video(vod: Vod) -> None:
    for fields in ({"video_id": "0" * 32}, {"video_id": "../x"}, {"reference_id": "mark-0001"}):
        assert vod.refused("refresh_upload_video", **fields) == (404, "InvalidVideo.NotFound")
    assert vod.refused("refresh_upload_video") == (400, "MissingVideoId")


def test_the_credential_sends_a_private_acl_and_tags(cloud: FakeCloud, vod: Vod) -> None:
    """Widely copied client code sends both."""
    upload = vod.create()
    headers = {"x-oss-object-acl": "private", "x-oss-tagging": "app=shop"}
    upload.bucket().put_object(upload.key, MP4, headers=headers)
    media = cloud.vod.library.get(upload.video_id)
    assert media is not None
    assert media.size == len(MP4)
