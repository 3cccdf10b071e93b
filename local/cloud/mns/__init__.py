"""Simple Message Queue (formerly MNS): queues, in process and by the service's own API."""

from local.cloud.mns.attributes import Attributes
from local.cloud.mns.message import Message
from local.cloud.mns.queue import MessageNotExist, MessageTooLarge, Queue, ReceiptHandleError
from local.cloud.mns.queues import NoSuchQueue, QueueExists, Queues

__all__ = [
    "Attributes",
    "Message",
    "MessageNotExist",
    "MessageTooLarge",
    "NoSuchQueue",
    "Queue",
    "QueueExists",
    "Queues",
    "ReceiptHandleError",
]
