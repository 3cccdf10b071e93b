"""HTTP callbacks: body, signature, retries, and addresses that are never called."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator

import pytest

from fakealiyun import FakeCloud, loopback
from fakealiyun.testing.callbacks import APART, KEY, House
from fakealiyun.testing.receiver import Received, Receiver
from fakealiyun.testing.vod import MP4, post_control, send
from fakealiyun.vod.callbacks import sender
from fakealiyun.vod.callbacks.sender import NOT_LOOPBACK
from fakealiyun.vod.callbacks.signature import sign
from fakealiyun.vod.settings import TRANSCODE

UPLOAD = "FileUploadComplete"


def test_the_vendors_signature_vector() -> None:
    url = "https://www.example.com/your/callback"
    assert sign(url, 1519375990, "test123") == "c72b60894140fa98920f1279219b7ed4"


def test_the_attempts_are_a_second_apart() -> None:
    """The other tests use a longer delay in cloud time."""
    assert (sender.ATTEMPTS, sender.RETRY_DELAY) == (3, 1.0)


def test_an_upload_is_announced_signed_and_as_json(house: House) -> None:
    house.subscribe(UPLOAD)
    house.cloud.clock.advance(86_400)
    before = int(time.time())
    video_id = house.uploaded()
    (received,) = house.receiver.received
    assert (received.method, received.path) == ("POST", "/events/r4nd0m")
    assert received.headers["content-type"] == "application/json"
    assert received.event["VideoId"] == video_id
    # The time in the signature is wall time, not cloud time.
    timestamp = received.headers["x-vod-timestamp"]
    assert before <= int(timestamp) <= time.time()
    assert len(timestamp) == 10
    text = f"{house.receiver.url}|{timestamp}|{KEY}"
    assert received.headers["x-vod-signature"] == hashlib.md5(text.encode()).hexdigest()  # noqa: S324
    assert house.outcomes() == [(UPLOAD, 1, "delivered")]


def test_without_a_key_nothing_is_signed(house: House) -> None:
    house.subscribe(UPLOAD, auth_switch="off")
    house.uploaded()
    (received,) = house.receiver.received
    assert not [name for name in received.headers if name.startswith("x-vod")]


@pytest.mark.parametrize("status", [201, 202, 204, 400, 404, 500, 503, -1])
def test_anything_but_200_is_tried_three_times(house: House, status: int) -> None:
    house.subscribe(UPLOAD)
    house.receiver.answers = [status] * 3
    video_id = house.uploaded()
    assert len(house.receiver.received) == 1
    house.pass_time(APART / 2)
    assert len(house.receiver.received) == 1, "the second attempt comes later"
    house.pass_time(APART / 2 + 1)
    assert len(house.receiver.received) == 2
    house.pass_time()
    assert len(house.receiver.received) == 3
    house.pass_time(APART * 10)
    assert len(house.receiver.received) == 3, "then it is lost for good"
    ((_, attempts, outcome),) = house.outcomes()
    assert attempts == 3
    reason = "the connection failed" if status == -1 else f"status {status}"
    assert outcome == f"dropped: {reason}"
    bodies = {request.body for request in house.receiver.received}
    assert len(bodies) == 1
    assert json.loads(bodies.pop())["VideoId"] == video_id


def test_a_receiver_that_comes_back_in_time_gets_it(house: House) -> None:
    house.subscribe(UPLOAD)
    house.receiver.answers = [503, 503]
    house.uploaded()
    assert house.outcomes() == [(UPLOAD, 1, "waiting: status 503")]
    house.pass_time()
    house.pass_time()
    assert house.outcomes() == [(UPLOAD, 3, "delivered")]


def test_a_receiver_that_does_not_answer_is_given_up_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is 5 seconds of real time. This test uses a shorter limit."""
    assert loopback.TIMEOUT == 5.0
    monkeypatch.setattr(loopback, "TIMEOUT", 0.2)
    with FakeCloud() as cloud:
        impatient = House(cloud, house.receiver)
        impatient.subscribe(UPLOAD)
        house.receiver.answers = [0]
        impatient.uploaded()
        assert impatient.outcomes() == [(UPLOAD, 1, "waiting: no answer within 0.2 s")]
        impatient.pass_time()
        assert impatient.outcomes() == [(UPLOAD, 2, "delivered")]


def test_nobody_listening_is_a_failure_like_another(house: House) -> None:
    house.subscribe(UPLOAD, callback_url="http://127.0.0.1:1/x")
    house.uploaded()
    assert house.outcomes() == [(UPLOAD, 1, "waiting: the connection failed")]


def test_a_redirect_is_not_followed(house: House) -> None:
    house.subscribe(UPLOAD)
    house.receiver.answers = [302, 307, 308]
    house.receiver.headers = {"Location": house.receiver.url + "/elsewhere"}
    house.uploaded()
    house.pass_time()
    house.pass_time()
    assert [request.path for request in house.receiver.received] == ["/events/r4nd0m"] * 3
    assert house.outcomes() == [(UPLOAD, 3, "dropped: status 308")]


@pytest.mark.parametrize(
    ("selected", "sent"),
    [
        ("", []),
        ("ImageUploadComplete", []),
        ("TranscodeComplete,FileUploadComplete", [UPLOAD]),
        ("ALL", ["MediaBaseChangeComplete", UPLOAD]),
    ],
)
def test_only_what_was_selected_is_sent(house: House, selected: str, sent: list[str]) -> None:
    house.subscribe(selected)
    house.uploaded()
    assert sorted(house.receiver.types()) == sorted(sent)
    assert [kind for kind, _, _ in house.outcomes()] == sent


def test_nothing_is_sent_where_nothing_is_set_or_all_is_deleted(house: House) -> None:
    house.uploaded()
    house.subscribe()
    house.vod.call("delete_message_callback")
    house.uploaded()
    assert house.receiver.received == []
    assert house.outcomes() == []


def test_the_url_is_called_and_signed_byte_for_byte(house: House) -> None:
    url = f"http://127.0.0.1:{house.receiver.port}/a%2Fb//c/../d;x=1?q=%7e+1&empty="
    house.subscribe(UPLOAD, callback_url=url)
    house.uploaded()
    (received,) = house.receiver.received
    assert received.path == url.partition(str(house.receiver.port))[2]
    timestamp = int(received.headers["x-vod-timestamp"])
    assert received.headers["x-vod-signature"] == sign(url, timestamp, KEY)


def test_localhost_is_this_machine_too(house: House) -> None:
    house.subscribe(UPLOAD, callback_url=f"http://localhost:{house.receiver.port}/x")
    house.uploaded()
    assert house.outcomes() == [(UPLOAD, 1, "delivered")]


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/events",
        "http://127.0.0.1.example.com/",
        "http://localhost.example.com/",
        "http://api.localhost/",
        "http://localhost./",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:127.0.0.1]/",
        "http://[::]/",
        "http://127.0.0.1:9001/_local/reset",
        "http://127.0.0.1:9001/%5Flocal/reset",
    ],
)
def test_any_other_machine_is_never_connected_to(house: House, url: str) -> None:
    house.subscribe(UPLOAD, callback_url=url)
    house.uploaded()
    house.pass_time(APART * 10)
    assert house.outcomes() == [(UPLOAD, 0, NOT_LOOPBACK)]


def test_what_counts_as_this_machine() -> None:
    for url in (
        "http://127.0.0.1/x",
        "https://127.255.1.2:8/",
        "http://[::1]:80/",
        "http://LOCALHOST/",
    ):
        assert loopback.receiver(url) is not None
    for url in ("http://user@127.0.0.1/", "ftp://127.0.0.1/", "http:///x", "http://[::1/", "x"):
        assert loopback.receiver(url) is None


def test_a_second_file_is_announced_again(house: House) -> None:
    house.subscribe(UPLOAD)
    upload = house.vod.create()
    upload.put(MP4)
    upload.put(MP4 + b"\0" * 100)
    house.settle()
    sizes = sorted(request.event["Size"] for request in house.receiver.received)
    assert sizes == [len(MP4), len(MP4) + 100]


def test_a_dropped_and_a_doubled_callback(house: House) -> None:
    house.subscribe(UPLOAD)
    for kind in ("drop", "duplicate"):
        rule = {"service": "callback", "action": UPLOAD, "kind": kind}
        assert post_control(house.cloud, "faults", rule).status == 200
    house.uploaded()
    assert house.receiver.received == []
    doubled = house.uploaded()
    assert [request.event["VideoId"] for request in house.receiver.received] == [doubled] * 2
    assert house.outcomes() == [
        (UPLOAD, 0, "dropped: as a fault"),
        (UPLOAD, 1, "delivered"),
        (UPLOAD, 1, "delivered"),
    ]
    for wrong in (
        {"service": "callback", "kind": "slow"},
        {"service": "vod", "kind": "drop"},
        {"service": "oss", "kind": "duplicate"},
    ):
        assert post_control(house.cloud, "faults", wrong).status == 400


def test_what_became_of_each_is_listed(house: House) -> None:
    house.subscribe(UPLOAD)
    house.receiver.answers = [503]
    video_id = house.uploaded()
    state = send(house.cloud, "GET", "/_local/state").json()
    assert state["vod"]["callbacks"] == [
        {
            "EventType": UPLOAD,
            "MediaId": video_id,
            "road": "HTTP",
            "attempts": 1,
            "outcome": "waiting: status 503",
        }
    ]


def test_a_reset_gives_up_what_was_to_be_tried_again(house: House) -> None:
    house.subscribe(UPLOAD)
    house.receiver.answers = [503]
    house.uploaded()
    house.cloud.reset()
    house.pass_time(APART * 10)
    assert len(house.receiver.received) == 1
    assert house.outcomes() == []


def test_a_receiver_may_ask_vod_before_it_answers(house: House) -> None:
    """An event is sent after its effect, and the cloud answers requests while it waits."""
    seen: list[str] = []

    def look(request: Received) -> None:
        seen.append(house.vod.status(request.event["VideoId"]))

    house.subscribe(UPLOAD)
    house.receiver.on_request = look
    house.uploaded()
    assert seen == ["Normal"]
    assert house.outcomes() == [(UPLOAD, 1, "delivered")]


# -- the callback URL of an upload


@pytest.fixture
def own() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def user_data(url: str, form: str) -> str:
    callback = {"CallbackURL": url, "CallbackType": "http"}
    wanted = json.dumps(callback) if form == "text" else callback
    return json.dumps({"MessageCallback": wanted, "Extend": {"k": "v"}})


@pytest.mark.parametrize("form", ["object", "text"])
def test_an_uploads_own_url_gets_it_instead(house: House, own: Receiver, form: str) -> None:
    house.subscribe(UPLOAD)
    house.uploaded(user_data=user_data(own.url, form))
    assert house.receiver.received == []
    (received,) = own.received
    assert received.event["Extend"] == '{"k":"v"}'
    timestamp = int(received.headers["x-vod-timestamp"])
    assert received.headers["x-vod-signature"] == sign(own.url, timestamp, KEY)


def test_an_uploads_own_url_needs_the_accounts_to_select_the_type(
    house: House, own: Receiver
) -> None:
    wanted = user_data(own.url, "object")
    house.uploaded(user_data=wanted)
    house.subscribe("TranscodeComplete")
    house.uploaded(user_data=wanted)
    assert own.received == []
    house.transcoded(user_data=wanted)
    assert own.types() == ["TranscodeComplete"]
    assert house.receiver.received == []


def test_images_and_attached_media_may_have_one_too(house: House, own: Receiver) -> None:
    house.subscribe()
    wanted = user_data(own.url, "object")
    house.image(user_data=wanted).put(b"x")
    house.attached(user_data=wanted).put(b"x")
    house.settle()
    assert sorted(own.types()) == ["AttachedMediaUploadComplete", "ImageUploadComplete"]


def test_after_deletion_the_account_hears_of_it(house: House, own: Receiver) -> None:
    house.subscribe()
    video_id = house.uploaded(user_data=user_data(own.url, "object"))
    own.received.clear()
    house.vod.call("delete_video", video_ids=video_id)
    house.settle()
    assert own.received == []
    assert sorted(house.receiver.types()) == ["DeleteMediaComplete", "MediaBaseChangeComplete"]


@pytest.mark.parametrize("configured", [False, True])
def test_which_url_is_signed_is_a_setting(house: House, own: Receiver, configured: bool) -> None:
    house.cloud.vod.adjust(configured_url_is_signed=configured)
    house.subscribe(UPLOAD)
    house.uploaded(user_data=user_data(own.url, "object"))
    (received,) = own.received
    signed = house.receiver.url if configured else own.url
    timestamp = int(received.headers["x-vod-timestamp"])
    assert received.headers["x-vod-signature"] == sign(signed, timestamp, KEY)


def test_a_job_comes_before_the_upload_and_the_upload_before_the_application(
    house: House, own: Receiver
) -> None:
    of_job = Receiver()
    try:
        house.subscribe("TranscodeComplete")
        plain = house.uploaded()
        addressed = house.uploaded(user_data=user_data(own.url, "object"))
        job_data = json.dumps({"MessageCallback": {"CallbackURL": of_job.url}, "Extend": "job"})

        def transcode(video_id: str, **fields: str) -> None:
            given = {"video_id": video_id, "template_group_id": TRANSCODE, **fields}
            house.vod.call("submit_transcode_jobs", **given)
            house.cloud.clock.advance(5)
            house.settle()

        transcode(plain)
        transcode(addressed)
        transcode(addressed, user_data=job_data)
        transcode(plain, user_data=job_data)
        assert [one.event["VideoId"] for one in house.receiver.received] == [plain]
        assert [one.event["VideoId"] for one in own.received] == [addressed]
        assert own.received[0].event["Extend"] == '{"k":"v"}'
        assert [one.event["VideoId"] for one in of_job.received] == [addressed, plain]
        assert {one.event["Extend"] for one in of_job.received} == {"job"}
        # The job's address was for that job only.
        transcode(addressed)
        assert len(own.received) == 2
    finally:
        of_job.close()
