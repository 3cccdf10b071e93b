"""The official client of SMQ, and a queue for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.mns import Message, Queue
from tests.mns.client import account

Connect = Callable[..., Any]
Hear = Callable[[Queue], list[Message]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The official client warns about counters that its own code reads."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(
                pytest.mark.filterwarnings("ignore:Call to deprecated function:DeprecationWarning")
            )


@pytest.fixture
def connect(cloud: FakeCloud) -> Iterator[Connect]:
    """Create an official client. The default key is the administrator's."""
    made: list[Any] = []

    def connecting(key: Credential | None = None, url: str = "") -> Any:
        made.append(account(cloud, key or cloud.admin, url))
        return made[-1]

    yield connecting
    for one in made:
        one.mns_client.close_connection()


@pytest.fixture
def hear() -> Iterator[Hear]:
    """Collect the messages of a queue, like EventBridge. The listener is removed later."""
    ears: list[tuple[Queue, Callable[[Message], None]]] = []

    def hearing(queue: Queue) -> list[Message]:
        heard: list[Message] = []
        listener = heard.append
        queue.on_message(listener)
        ears.append((queue, listener))
        return heard

    yield hearing
    for queue, listener in ears:
        queue.remove_listener(listener)


@pytest.fixture
def orders(cloud: FakeCloud) -> Queue:
    """The queue `orders` in the cloud."""
    return cloud.queues.queue("orders")


@pytest.fixture
def queue(orders: Queue, connect: Connect) -> Any:
    """The same queue through the official client."""
    return connect().get_queue(orders.name)
