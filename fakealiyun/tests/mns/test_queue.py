"""A queue without the API: delays, priorities, receipt handles, and retention."""

from __future__ import annotations

import pytest

from fakealiyun import FakeCloud
from fakealiyun.mns import Attributes, Message, MessageNotExist, Queue, ReceiptHandleError
from tests.mns.client import NO_SUCH_HANDLE
from tests.mns.conftest import Hear


def bodies(messages: list[Message]) -> list[str]:
    return [message.body for message in messages]


def taken(queue: Queue) -> Message:
    message = queue.receive()
    assert message is not None
    return message


def test_a_delayed_message_is_heard_of_when_it_becomes_active_and_not_before(
    cloud: FakeCloud, orders: Queue, hear: Hear
) -> None:
    heard = hear(orders)
    orders.put("later", delay=600)
    orders.put("at once")
    assert bodies(heard) == ["at once"]
    cloud.clock.advance(590)
    assert bodies(heard) == ["at once"]
    cloud.clock.advance(11)
    assert bodies(heard) == ["at once", "later"]


def test_one_who_comes_later_does_not_hear_of_a_delayed_message(
    cloud: FakeCloud, orders: Queue, hear: Hear
) -> None:
    orders.put("later", delay=600)
    heard = hear(orders)
    assert heard == []
    cloud.clock.advance(601)
    assert bodies(heard) == ["later"]


def test_a_deleted_message_never_becomes_active(
    cloud: FakeCloud, orders: Queue, hear: Hear
) -> None:
    heard = hear(orders)
    orders.delete(orders.put("one", delay=600).id)
    orders.delete_received(orders.put("two", delay=600).receipt_handle)
    cloud.clock.advance(601)
    assert (heard, orders.messages) == ([], [])


def test_the_states_of_a_message(cloud: FakeCloud, orders: Queue) -> None:
    orders.put("later", delay=600)
    assert (orders.states, orders.receive()) == ({"Delayed": 1}, None)
    cloud.clock.advance(601)
    assert orders.states == {"Active": 1}
    taken(orders)
    assert orders.states == {"Inactive": 1}
    cloud.clock.advance(31)
    assert orders.states == {"Active": 1}


def test_a_message_whose_delay_outlasts_its_retention_is_never_received(
    cloud: FakeCloud, hear: Hear
) -> None:
    queue = Queue("short", cloud.clock, Attributes(message_retention_period=600))
    heard = hear(queue)
    queue.put("lost", delay=601)
    queue.put("lost too", delay=600)
    queue.put("kept", delay=300)
    cloud.clock.advance(301)
    assert bodies(heard) == ["kept"]
    cloud.clock.advance(400)
    assert (len(heard), queue.messages) == (1, [])


def test_a_queues_own_delay_counts_where_a_message_has_none(cloud: FakeCloud) -> None:
    queue = Queue("slow", cloud.clock, Attributes(delay_seconds=600))
    sent = [queue.put("its own", delay=60), queue.put("none"), queue.put("zero", delay=0)]
    assert [round(m.next_visible - m.enqueued) for m in sent] == [60, 600, 600]
    queue.send("by the plain way")
    assert queue.receive() is None
    cloud.clock.advance(61)
    assert taken(queue).body == "its own"
    assert queue.receive() is None


def test_priority_comes_before_age(orders: Queue) -> None:
    for body, priority in (("c", 8), ("d", 8), ("e", 16), ("a", 1), ("b", 7)):
        orders.put(body, priority=priority)
    assert [message.body for message in orders.peek(3)] == ["a", "b", "c"]
    assert [message.body for message in orders.receive_up_to(4)] == ["a", "b", "c", "d"]
    assert [message.body for message in orders.receive_up_to(4)] == ["e"]


def test_every_receive_has_a_handle_of_its_own_and_only_the_latest_holds(
    cloud: FakeCloud, orders: Queue
) -> None:
    orders.put("one")
    first = taken(orders)
    cloud.clock.advance(31)
    with pytest.raises(MessageNotExist):
        orders.delete_received(first.receipt_handle)  # it has expired
    second = taken(orders)
    assert second.receipt_handle != first.receipt_handle
    with pytest.raises(MessageNotExist):
        orders.delete_received(first.receipt_handle)  # there is a newer one
    assert (second.dequeue_count, second.first_dequeued) == (2, first.first_dequeued)
    orders.delete_received(second.receipt_handle)
    assert orders.messages == []
    with pytest.raises(MessageNotExist):
        orders.delete_received(second.receipt_handle)


def test_the_time_that_a_message_is_hidden_can_be_changed(
    cloud: FakeCloud, orders: Queue, hear: Hear
) -> None:
    orders.put("one")
    first = taken(orders)
    cloud.clock.advance(20)
    longer = orders.change_visibility(first.receipt_handle, 1000)
    assert longer.receipt_handle != first.receipt_handle
    with pytest.raises(MessageNotExist):
        orders.change_visibility(first.receipt_handle, 1000)
    cloud.clock.advance(900)
    assert orders.receive() is None
    heard = hear(orders)
    orders.change_visibility(longer.receipt_handle, 1)
    cloud.clock.advance(2)
    assert bodies(heard) == ["one"]
    assert taken(orders).dequeue_count == 2


def test_a_delayed_messages_handle_ends_with_the_delay(cloud: FakeCloud, orders: Queue) -> None:
    sent = orders.put("later", delay=600)
    with pytest.raises(MessageNotExist):
        orders.change_visibility(sent.receipt_handle, 10)
    cloud.clock.advance(601)
    with pytest.raises(MessageNotExist):
        orders.delete_received(sent.receipt_handle)
    assert orders.put("at once").receipt_handle == ""


@pytest.mark.parametrize("text", ["", "1", "1-", "x", "1-a b", "1-" + "A" * 200, "é" * 20])
def test_a_handle_of_another_form_is_none(orders: Queue, text: str) -> None:
    orders.put("one")
    taken(orders)
    with pytest.raises(ReceiptHandleError):
        orders.delete_received(text)
    with pytest.raises(MessageNotExist):
        orders.delete_received(NO_SUCH_HANDLE)
    assert len(orders.messages) == 1


def test_a_handle_is_shown_nowhere(orders: Queue) -> None:
    orders.put("secret body", delay=600)
    message = orders.messages[0]
    assert message.receipt_handle
    assert message.receipt_handle not in repr(message)
    assert "secret body" not in repr(message)


def test_a_listener_hears_of_a_queue_that_was_deleted_and_made_again(
    cloud: FakeCloud, orders: Queue, hear: Hear
) -> None:
    heard = hear(orders)
    orders.put("old", delay=600)
    cloud.queues.delete("orders")
    assert cloud.queues.all() == []
    assert cloud.queues.create("orders", Attributes(visibility_timeout=60))
    again = cloud.queues.queue("orders", create=False)
    again.send("new")
    cloud.clock.advance(601)
    assert bodies(heard) == ["new"]
    assert again.attributes == Attributes(visibility_timeout=60)


def test_a_reset_forgets_what_was_set(cloud: FakeCloud, hear: Hear) -> None:
    kept = cloud.queues.queue("kept")
    hear(kept)
    kept.change(Attributes(delay_seconds=60))
    cloud.queues.create("gone", Attributes(delay_seconds=60))
    cloud.reset()
    assert [queue.name for queue in cloud.queues.all()] == ["kept"]
    assert kept.attributes == Attributes()
