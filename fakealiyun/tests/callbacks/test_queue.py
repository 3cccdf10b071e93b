"""Queues, and callbacks that are sent to them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from fakealiyun import FakeCloud
from fakealiyun.mns import Message, MessageTooLarge, NoSuchQueue, Queue
from fakealiyun.testing.callbacks import House
from fakealiyun.testing.receiver import Receiver
from fakealiyun.testing.vod import MP4, post_control, send
from fakealiyun.vod.settings import VodSettings

UPLOAD = "FileUploadComplete"


@pytest.fixture
def queue(cloud: FakeCloud) -> Queue:
    """A queue of the cloud. A test must not leave a listener there."""
    return cloud.queues.queue("vod-events")


@pytest.fixture
def alone(cloud: FakeCloud) -> Queue:
    """A queue that no other test uses."""
    return Queue("alone", cloud.clock)


def bodies(queue: Queue) -> list[str]:
    return [message.body for message in queue.messages]


# -- the queue


def test_a_message_is_received_once_and_deleted(queue: Queue) -> None:
    message_id = queue.send("one")
    received = queue.receive()
    assert received is not None
    assert (received.id, received.body, received.dequeue_count) == (message_id, "one", 1)
    assert queue.receive() is None
    assert bodies(queue) == ["one"]
    queue.delete(message_id)
    assert queue.messages == []
    queue.delete(message_id)


def test_the_oldest_comes_first(queue: Queue) -> None:
    for text in "abc":
        queue.send(text)
    got = [queue.receive() for _ in range(3)]
    assert [message.body for message in got if message] == ["a", "b", "c"]


def test_a_received_message_comes_back_after_its_visibility_timeout(cloud: FakeCloud) -> None:
    queue = Queue("alone", cloud.clock, visibility_timeout=1000)
    queue.send("one")
    queue.receive()
    cloud.clock.advance(900)
    assert queue.receive() is None
    cloud.clock.advance(101)
    again = queue.receive()
    assert again is not None
    assert again.dequeue_count == 2
    queue.delete(again.id)
    cloud.clock.advance(2000)
    assert queue.receive() is None


def test_the_services_own_defaults(queue: Queue) -> None:
    assert (queue.retention, queue.visibility_timeout) == (345_600, 30)


def test_a_message_is_kept_for_four_days(cloud: FakeCloud, queue: Queue) -> None:
    queue.send("one")
    cloud.clock.advance(345_590)
    queue.receive()
    assert bodies(queue) == ["one"]
    cloud.clock.advance(11)
    assert queue.messages == []
    cloud.clock.advance(60)
    assert queue.receive() is None


def test_a_message_may_have_65536_bytes(queue: Queue) -> None:
    queue.send("x" * 65_536)
    for text in ("x" * 65_537, "é" * 32_769):
        with pytest.raises(MessageTooLarge):
            queue.send(text)
    assert len(queue.messages) == 1


def test_a_listener_hears_of_every_message_that_becomes_available(
    cloud: FakeCloud, alone: Queue
) -> None:
    heard: list[str] = []

    def listen(message: Message) -> None:
        heard.append(message.body)

    alone.send("before")
    alone.on_message(listen)
    alone.send("after")
    assert heard == ["before", "after"]
    received = alone.receive()
    cloud.clock.advance(31)
    assert heard == ["before", "after", "before"]
    assert received is not None
    alone.delete(received.id)
    alone.remove_listener(listen)
    alone.send("unheard")
    assert len(heard) == 3


def test_a_listener_may_receive_and_delete_at_once(alone: Queue) -> None:
    taken: list[str] = []

    def listen(_message: Message) -> None:
        while (found := alone.receive()) is not None:
            taken.append(found.body)
            alone.delete(found.id)

    alone.on_message(listen)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(alone.send, (str(number) for number in range(200))))
    assert sorted(taken, key=int) == [str(number) for number in range(200)]
    assert alone.messages == []


def test_a_failing_listener_does_no_harm(alone: Queue, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_message: Message) -> None:
        raise RuntimeError("broken")

    alone.on_message(fail)
    alone.send("the body stays out of logs")
    assert bodies(alone) == ["the body stays out of logs"]
    assert "a listener failed" in caplog.text
    assert "stays out" not in caplog.text


def test_names(cloud: FakeCloud) -> None:
    assert cloud.queues.queue("a") is cloud.queues.queue("a", create=False)
    with pytest.raises(NoSuchQueue):
        cloud.queues.queue("b", create=False)
    for name in ("", "-a", "a/b", "a b", "ä", "x" * 121):
        with pytest.raises(ValueError, match="letters"):
            cloud.queues.queue(name)


def test_a_reset_empties_queues_and_keeps_those_that_are_listened_to(cloud: FakeCloud) -> None:
    heard: list[Message] = []
    watched, left = cloud.queues.queue("watched"), cloud.queues.queue("left")
    watched.on_message(heard.append)
    watched.send("1")
    left.send("2")
    cloud.reset()
    assert [queue.name for queue in cloud.queues.all()] == ["watched"]
    assert watched.messages == left.messages == []
    cloud.queues.queue("watched").send("3")
    assert [message.body for message in heard] == ["1", "3"]
    watched.remove_listener(heard.append)


# -- messages from the control route


def test_a_message_by_hand(cloud: FakeCloud, queue: Queue) -> None:
    sent = post_control(cloud, "queues/vod-events/messages", {"body": "text"})
    assert sent.status == 200
    assert queue.messages[0].id == sent.json()["MessageId"]
    post_control(cloud, "queues/vod-events/messages", {"body": {"EventType": "Ünknown"}})
    assert bodies(queue) == ["text", '{"EventType":"Ünknown"}']
    state = send(cloud, "GET", "/_local/state").json()
    assert [entry["received"] for entry in state["queues"]["vod-events"]] == [0, 0]
    post_control(cloud, "queues/made/messages", {"body": "x"})
    assert bodies(cloud.queues.queue("made", create=False)) == ["x"]


@pytest.mark.parametrize(
    ("route", "body", "status"),
    [
        ("queues/vod-events/messages", {}, 400),
        ("queues/vod-events/messages", {"body": 5}, 400),
        ("queues/vod-events/messages", {"body": "x", "delay": 5}, 400),
        ("queues/vod-events/messages", {"body": "é" * 33_000}, 413),
        ("queues/-/messages", {"body": "x"}, 400),
        ("queues/a/b/messages", {"body": "x"}, 404),
        ("queues//messages", {"body": "x"}, 404),
        ("queues/<name>", {"body": "x"}, 404),
    ],
)
def test_a_message_by_hand_that_is_none(
    cloud: FakeCloud, route: str, body: dict[str, object], status: int
) -> None:
    assert post_control(cloud, route, body).status == status
    assert cloud.queues.all() == []


def test_pages_of_other_origins_send_nothing(cloud: FakeCloud) -> None:
    route = "queues/vod-events/messages"
    refused = post_control(cloud, route, {"body": "x"}, Origin="https://evil.example")
    assert refused.status == 403
    assert send(cloud, "POST", f"/_local/{route}", {}, b'{"body":"x"}').status == 415
    assert cloud.queues.all() == []


# -- callbacks


def test_a_callback_into_a_queue_is_the_same_body(house: House, queue: Queue) -> None:
    house.subscribe_queue(events=UPLOAD)
    video_id = house.uploaded()
    (body,) = bodies(queue)
    event = json.loads(body)
    assert (event["EventType"], event["VideoId"]) == (UPLOAD, video_id)
    assert event["Size"] == len(MP4)
    assert house.outcomes() == [(UPLOAD, 1, "delivered")]
    assert house.cloud.vod.callbacks.deliveries()[0].transport == "MNS"
    assert house.receiver.received == []


def test_a_queue_that_is_not_there_is_tried_three_times(house: House) -> None:
    house.subscribe_queue("missing", events=UPLOAD)
    house.uploaded()
    assert house.outcomes() == [(UPLOAD, 1, "waiting: there is no such queue")]
    late = house.cloud.queues.queue("missing")
    house.pass_time()
    assert len(late.messages) == 1
    assert house.outcomes() == [(UPLOAD, 2, "delivered")]
    house.subscribe_queue("never", events=UPLOAD)
    house.uploaded()
    house.pass_time()
    house.pass_time()
    assert house.outcomes()[-1] == (UPLOAD, 3, "dropped: there is no such queue")


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://9999999999999999.mns.cn-shanghai.aliyuncs.com/",
        "http://1234567890123456.mns.cn-beijing.aliyuncs.com/",
    ],
)
def test_another_accounts_or_regions_queue_is_not_there(
    house: House, queue: Queue, endpoint: str
) -> None:
    house.vod.call(
        "set_message_callback",
        callback_type="MNS",
        mns_endpoint=endpoint,
        mns_queue_name="vod-events",
        event_type_list=UPLOAD,
    )
    house.uploaded()
    assert house.outcomes() == [(UPLOAD, 1, "waiting: there is no such queue")]
    assert queue.messages == []


def test_faults_strike_the_queue_road_too(house: House, queue: Queue) -> None:
    house.subscribe_queue(events=UPLOAD)
    house.cloud.faults.set("callback", UPLOAD, "drop")
    house.cloud.faults.set("callback", "*", "duplicate")
    house.uploaded()
    assert queue.messages == []
    house.uploaded()
    assert len(queue.messages) == 2


@pytest.mark.parametrize("ignored", [True, False])
def test_an_uploads_own_url_beside_a_queue(receiver: Receiver, ignored: bool) -> None:
    settings = VodSettings(queue_ignores_upload_callback=ignored)
    with FakeCloud(vod_settings=settings) as cloud:
        house = House(cloud, receiver)
        queue = cloud.queues.queue("vod-events")
        house.subscribe_queue(events=UPLOAD)
        callback = {"MessageCallback": {"CallbackURL": receiver.url}}
        house.uploaded(user_data=json.dumps(callback))
        assert len(queue.messages) == (1 if ignored else 0)
        assert len(receiver.received) == (0 if ignored else 1)
        for received in receiver.received:
            assert "x-vod-signature" not in received.headers, "a queue's callbacks have no key"
