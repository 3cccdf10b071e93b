"""Simple Message Queue (SMQ, formerly MNS): its API, and the queues for code in this process."""

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
