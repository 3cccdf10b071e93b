"""Simple Message Queue (formerly MNS): queues, in process and by the service's own API."""

from fakealiyun.mns.attributes import Attributes
from fakealiyun.mns.message import Message
from fakealiyun.mns.queue import MessageNotExist, MessageTooLarge, Queue, ReceiptHandleError
from fakealiyun.mns.queues import NoSuchQueue, QueueExists, Queues

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
