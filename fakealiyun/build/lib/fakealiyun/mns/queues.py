"""The queues of the account in one region."""

from __future__ import annotations

import re
import threading

from fakealiyun.clock import Clock
from fakealiyun.mns.address import ACCOUNT_HOST, is_account_host
from fakealiyun.mns.attributes import Attributes
from fakealiyun.mns.queue import Queue

LONGEST_NAME = 120
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,119}", re.ASCII)
_ENDPOINT = re.compile(rf"https?://{ACCOUNT_HOST}\.aliyuncs\.com/?", re.ASCII)


class NoSuchQueue(KeyError):
    """The account has no queue of that name, or the endpoint belongs to another account."""


class QueueExists(ValueError):
    """A queue of that name exists with different attributes."""


def is_queue_name(name: str) -> bool:
    """Whether it has 1 to 120 letters, digits and hyphens, and starts with a letter or digit."""
    return _NAME.fullmatch(name) is not None


def is_endpoint(url: str) -> bool:
    """Whether it has the form `http(s)://ACCOUNT.mns.REGION[-internal].aliyuncs.com/`."""
    return _ENDPOINT.fullmatch(url) is not None


class Queues:
    """Queues by name. Thread-safe."""

    def __init__(self, clock: Clock, *, account_id: str, region: str) -> None:
        self._clock = clock
        self._account_id = account_id
        self._region = region
        self._lock = threading.Lock()
        self._queues: dict[str, Queue] = {}
        # Deleted queues that had listeners. A new queue of the same name gets these listeners.
        self._deleted: dict[str, Queue] = {}

    @property
    def endpoint(self) -> str:
        """The public endpoint of the account, in the form that SetMessageCallback needs."""
        return f"http://{self._account_id}.mns.{self._region}.aliyuncs.com/"

    def queue(self, name: str, create: bool = True) -> Queue:
        """The queue of that name. With `create` it is created if it does not exist.

        Raises NoSuchQueue if it does not exist and `create` is false. Raises ValueError for an
        invalid name.
        """
        if not is_queue_name(name):
            raise ValueError("a queue name has 1 to 120 letters, digits and hyphens")
        with self._lock:
            found = self._queues.get(name)
            if found is None:
                if not create:
                    raise NoSuchQueue(name)
                found = self._create(name, Attributes())
            return found

    def create(self, name: str, attributes: Attributes) -> bool:
        """Create a queue. Returns False if it exists already with the same attributes.

        Raises QueueExists if it exists with different attributes. The name must be valid.
        """
        with self._lock:
            found = self._queues.get(name)
            if found is None:
                self._create(name, attributes)
                return True
        if found.attributes != attributes:
            raise QueueExists(name)
        return False

    def delete(self, name: str) -> None:
        """Delete a queue and its messages. Raises NoSuchQueue."""
        with self._lock:
            found = self._queues.pop(name, None)
            if found is None:
                raise NoSuchQueue(name)
            if found.has_listeners:
                self._deleted[name] = found
        found.clear()
        found.wake()

    def at(self, endpoint: str, name: str) -> Queue:
        """The existing queue with this endpoint and name. Raises NoSuchQueue."""
        parts = _ENDPOINT.fullmatch(endpoint)
        if parts is None or not is_queue_name(name):
            raise NoSuchQueue(name)
        if not is_account_host(parts, self._account_id, self._region):
            raise NoSuchQueue(name)
        return self.queue(name, create=False)

    def all(self) -> list[Queue]:
        """All queues, sorted by name."""
        with self._lock:
            return sorted(self._queues.values(), key=lambda queue: queue.name)

    def reset(self) -> None:
        """Delete all messages, and all queues without a listener."""
        with self._lock:
            known = {**self._deleted, **self._queues}
            self._queues = {q.name: q for q in known.values() if q.has_listeners}
            self._deleted = {}
        for queue in known.values():
            queue.begin(Attributes())
            queue.wake()

    def _create(self, name: str, attributes: Attributes) -> Queue:
        queue = self._deleted.pop(name, None)
        if queue is None:
            queue = Queue(name, self._clock, attributes)
        else:
            queue.begin(attributes)
        self._queues[name] = queue
        return queue
