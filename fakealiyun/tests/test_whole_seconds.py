"""Times that answers state in whole seconds count as whole seconds wherever they are compared."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from email.utils import formatdate

import oss2
import pytest
from mns.mns_exception import MNSServerException
from mns.queue import Message

from fakealiyun import FakeCloud
from fakealiyun.clock import utc
from fakealiyun.identity import TokenExpired
from fakealiyun.ram.policy import Policy
from fakealiyun.testing.mp4 import film
from fakealiyun.testing.sts import Keys, Sts
from fakealiyun.testing.vod import Vod, unpack
from tests.mns.client import account
from tests.vod.test_vod_playback import redeem

pytestmark = [
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Call to deprecated function:DeprecationWarning"),
]

KEY = "a.txt"
TRUST = {
    "Version": "1",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"RAM": ["acs:ram::1234567890123456:root"]},
        }
    ],
}
SetTime = Callable[[float], None]


@pytest.fixture
def second() -> int:
    """The second at which cloud time stands, 700 ms before the next one."""
    return int(time.time()) + 60


@pytest.fixture(autouse=True)
def set_time(cloud: FakeCloud, second: int, monkeypatch: pytest.MonkeyPatch) -> SetTime:
    """Stop cloud time. It stands where no whole second is."""

    def stand_at(seconds: float) -> None:
        monkeypatch.setattr(cloud.clock, "now", lambda: seconds)

    stand_at(second + 0.7)
    return stand_at


@pytest.fixture
def bucket(cloud: FakeCloud) -> oss2.Bucket:
    cloud.storage.create_bucket("bucket", "cn-shanghai")
    auth = oss2.Auth(cloud.admin.access_key_id, cloud.admin.access_key_secret)
    bucket = oss2.Bucket(auth, cloud.url, "bucket")
    bucket.put_object(KEY, b"content")
    return bucket


def status(call: Callable[[], object]) -> int:
    """The status of a call of oss2."""
    try:
        return int(getattr(call(), "status", 0))
    except oss2.exceptions.RequestError:
        raise
    except oss2.exceptions.OssError as error:
        return int(error.status)


class TestVod:
    def test_a_video_is_listed_by_the_creation_time_it_states(self, vod: Vod, second: int) -> None:
        video_id = vod.create().video_id
        stated = vod.call("get_video_info", video_id=video_id)["Video"]["CreationTime"]
        assert stated == utc(second)
        for start, end, total in (
            (stated, None, 1),
            (None, stated, 1),
            (stated, utc(second + 1), 1),
            (utc(second - 1), stated, 1),
            (utc(second + 1), None, 0),
            (None, utc(second - 1), 0),
        ):
            answer = vod.call("get_video_list", start_time=start, end_time=end)
            assert answer["Total"] == total, (start, end)

    def test_an_end_that_is_not_later_is_refused(self, vod: Vod, second: int) -> None:
        # Source: the comments of the SDK.
        at = utc(second)
        refused = vod.refused("get_video_list", start_time=at, end_time=at)
        assert refused == (400, "InvalidParameter")

    @pytest.mark.parametrize("field", ["CreationTime", "ModificationTime"])
    def test_it_is_found_by_the_times_it_states(self, vod: Vod, second: int, field: str) -> None:
        vod.create()
        (media,) = vod.call("search_media", fields=field)["MediaList"]
        stated, after = media["Video"][field], utc(second + 1)
        assert stated == utc(second)
        for bounds, total in (
            (f"['{stated}', '{stated}']", 1),
            (f"['{stated}', '{after}')", 1),
            (f"('{stated}', '{after}']", 0),
            (f"('{stated}', '{stated}')", 0),
        ):
            answer = vod.call("search_media", match=f"{field} = {bounds}")
            assert answer["Total"] == total, bounds

    def test_times_of_one_second_are_equal_in_an_order(
        self, vod: Vod, set_time: SetTime, second: int
    ) -> None:
        first, later = vod.create(title="first"), vod.create(title="later")
        set_time(second + 0.9)
        first.put(film(1))
        answer = vod.call("search_media", sort_by="ModificationTime:Asc,CreationTime:Asc")
        found = [media["MediaId"] for media in answer["MediaList"]]
        assert found == [first.video_id, later.video_id]

    def test_an_upload_credential_ends_at_its_second(
        self, vod: Vod, set_time: SetTime, second: int
    ) -> None:
        upload = vod.create()
        assert upload.auth["ExpireUTCTime"] == utc(second + 3600)
        set_time(second + 3599.9)
        upload.put(film(1))
        set_time(second + 3600)
        with pytest.raises(oss2.exceptions.ServerError) as refused:
            upload.put(film(1))
        assert refused.value.code == "SecurityTokenExpired"

    def test_a_play_auth_ends_at_its_second(
        self, cloud: FakeCloud, vod: Vod, set_time: SetTime, second: int
    ) -> None:
        video_id = vod.normal()
        answer = vod.call("get_video_play_auth", video_id=video_id, auth_info_timeout=300)
        given = unpack(answer["PlayAuth"])
        assert json.loads(given["AuthInfo"])["ExpireTime"] == utc(second + 300)
        set_time(second + 299.9)
        assert redeem(cloud, answer["PlayAuth"], video_id).status == 200
        set_time(second + 300)
        assert redeem(cloud, answer["PlayAuth"], video_id).status in (400, 403)


class TestOss:
    def test_last_modified_answers_its_own_conditions(
        self, bucket: oss2.Bucket, second: int
    ) -> None:
        stated = bucket.head_object(KEY).headers["Last-Modified"]
        assert stated == formatdate(second, usegmt=True)
        before = formatdate(second - 1, usegmt=True)
        for name, date, expected in (
            ("If-Modified-Since", stated, 304),
            ("If-Modified-Since", before, 200),
            ("If-Unmodified-Since", stated, 200),
            ("If-Unmodified-Since", before, 412),
        ):
            headers = {name: date}
            for call in (bucket.get_object, bucket.head_object):
                assert status(lambda: call(KEY, headers=headers)) == expected, headers  # noqa: B023

    def test_a_copy_compares_whole_seconds(self, bucket: oss2.Bucket, second: int) -> None:
        stated, before = (formatdate(at, usegmt=True) for at in (second, second - 1))
        upload_id = bucket.init_multipart_upload("copy").upload_id
        for name, date, expected in (
            ("x-oss-copy-source-if-modified-since", stated, 304),
            ("x-oss-copy-source-if-modified-since", before, 200),
            ("x-oss-copy-source-if-unmodified-since", stated, 200),
            ("x-oss-copy-source-if-unmodified-since", before, 412),
        ):
            headers = {name: date}
            whole = status(lambda: bucket.copy_object("bucket", KEY, "copy", headers=headers))  # noqa: B023
            part = status(
                lambda: bucket.upload_part_copy(
                    "bucket",
                    KEY,
                    None,
                    "copy",
                    upload_id,
                    1,
                    headers=headers,  # noqa: B023
                )
            )
            assert (whole, part) == (expected, expected), headers

    def test_a_listing_states_the_same_second(self, bucket: oss2.Bucket, second: int) -> None:
        (listed,) = bucket.list_objects_v2().object_list
        assert listed.last_modified == second


class TestSts:
    def test_a_token_ends_at_the_second_that_it_states(
        self, cloud: FakeCloud, set_time: SetTime, second: int
    ) -> None:
        role = cloud.ram.put_role("r", trust=Policy.parse_trust(TRUST), policies=())
        answer = Sts(cloud, cloud.admin).assume(role.arn, duration_seconds=900)
        assert answer["Credentials"]["Expiration"] == utc(second + 900)
        keys = Keys.told(answer)
        set_time(second + 899.9)
        assert Sts(cloud, keys).whoami()["IdentityType"] == "AssumedRoleUser"
        set_time(second + 900)
        credential = cloud.identities.find(keys.access_key_id)
        assert credential is not None
        with pytest.raises(TokenExpired):
            cloud.identities.check_token(credential, keys.security_token)


class TestMns:
    def test_a_message_appears_at_the_time_that_it_states(
        self, cloud: FakeCloud, set_time: SetTime, second: int
    ) -> None:
        set_time(second + 0.7004)  # SMQ states milliseconds
        official = account(cloud, cloud.admin, cloud.url)
        try:
            queue = official.get_queue(cloud.queues.queue("orders").name)
            queue.send_message(Message("text"))
            message = queue.receive_message()
            assert message.enqueue_time == second * 1000 + 700
            set_time(message.next_visible_time / 1000 - 0.001)
            with pytest.raises(MNSServerException, match="MessageNotExist"):
                queue.receive_message()
            set_time(message.next_visible_time / 1000)
            assert queue.receive_message().dequeue_count == 2
        finally:
            official.mns_client.close_connection()
