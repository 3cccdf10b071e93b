"""Simple Message Queue (formerly MNS): the queues that VOD writes its events to."""

from local.cloud.mns.queue import Message, MessageTooLarge, Queue
from local.cloud.mns.queues import NoSuchQueue, Queues

__all__ = ["Message", "MessageTooLarge", "NoSuchQueue", "Queue", "Queues"]
