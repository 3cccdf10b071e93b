"""The operations on messages: send, receive, peek, delete, and change visibility."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from fakealiyun.mns.attributes import (
    DEFAULT_PRIORITY,
    LARGEST_MESSAGE,
    LONGEST_WAIT,
    LOWEST_PRIORITY,
    MOST_VISIBILITY,
    RANGES,
    Range,
)
from fakealiyun.mns.call import MnsAnswer, MnsCall, fields, number
from fakealiyun.mns.errors import MnsError, against_schema, out_of_range
from fakealiyun.mns.message import Message
from fakealiyun.mns.polling import receive
from fakealiyun.mns.queue import MessageNotExist, Queue, ReceiptHandleError
from fakealiyun.xml import Element, XmlContent

LARGEST_BATCH = 16
_BATCH = Range(1, LARGEST_BATCH, "messages")
_PRIORITY = Range(1, LOWEST_PRIORITY, "")
_WAIT = Range(0, LONGEST_WAIT, "seconds")
_VISIBILITY = Range(1, MOST_VISIBILITY, "seconds")
_SENT = ("MessageBody", "DelaySeconds", "Priority")
_NOT_FAKED = ("MessageGroupId", "UserProperties", "SystemProperties")


async def send_message(call: MnsCall) -> MnsAnswer:
    """Add a message, which can be received now or after DelaySeconds."""
    submitted = _SubmittedMessage.of(
        _root(call, "Message"), call.queue.attributes.maximum_message_size
    )
    message = submitted.put(call)
    answer = _identified(message)
    if message.receipt_handle:
        answer["ReceiptHandle"] = message.receipt_handle
    return MnsAnswer(201, "Message", answer)


async def batch_send_message(call: MnsCall) -> MnsAnswer:
    """Add 1 to 16 messages with at most 64 KB of bodies; either all of them or none."""
    largest = call.queue.attributes.maximum_message_size
    submitted = [
        _SubmittedMessage.of(item, largest) for item in _items(call, "Messages", "Message")
    ]
    if sum(one.size for one in submitted) > LARGEST_MESSAGE:
        raise out_of_range("Messages", Range(1, LARGEST_MESSAGE, "bytes"))
    messages = [_identified(one.put(call)) for one in submitted]
    return MnsAnswer(201, "Messages", {"Message": messages})


async def receive_message(call: MnsCall) -> MnsAnswer:
    """Return one message and hide it. Waits for a message if the request says so."""
    found = await receive(call, 1, _wait(call))
    return MnsAnswer(200, "Message", _received(_some(found)[0]))


async def batch_receive_message(call: MnsCall) -> MnsAnswer:
    """Return up to numOfMessages messages and hide them. Waits if the request says so."""
    count = call.parameter("numOfMessages", _BATCH) or 1
    found = await receive(call, count, _wait(call))
    return MnsAnswer(200, "Messages", {"Message": [_received(each) for each in _some(found)]})


async def peek_message(call: MnsCall) -> MnsAnswer:
    """Return one message without a change to it."""
    return MnsAnswer(200, "Message", _shown(_some(call.queue.peek())[0]))


async def batch_peek_message(call: MnsCall) -> MnsAnswer:
    """Return up to numOfMessages messages without a change to them."""
    count = call.parameter("numOfMessages", _BATCH) or 1
    found = _some(call.queue.peek(count))
    return MnsAnswer(200, "Messages", {"Message": [_shown(each) for each in found]})


async def delete_message(call: MnsCall) -> MnsAnswer:
    """Delete the message of a receipt handle that is still valid."""
    refusal = _delete(call.queue, _handle(call))
    if refusal is not None:
        raise refusal
    return MnsAnswer(204)


async def batch_delete_message(call: MnsCall) -> MnsAnswer:
    """Delete 1 to 16 messages by their handles, and return the handles that failed."""
    queue = call.queue
    handles = [_plain(item) for item in _items(call, "ReceiptHandles", "ReceiptHandle")]
    tried = [(handle, _delete(queue, handle)) for handle in handles]
    failed = [(handle, refusal) for handle, refusal in tried if refusal is not None]
    if not failed:
        return MnsAnswer(204)
    errors = [
        {"ErrorCode": error.code, "ErrorMessage": error.message, "ReceiptHandle": handle}
        for handle, error in failed
    ]
    return MnsAnswer(failed[0][1].status, "Errors", {"Error": errors})


async def change_message_visibility(call: MnsCall) -> MnsAnswer:
    """Hide a received message for VisibilityTimeout seconds from now, and return a new handle."""
    handle = _handle(call)
    seconds = call.parameter("VisibilityTimeout", _VISIBILITY)
    if seconds is None:
        raise MnsError("MissingVisibilityTimeout")
    try:
        message = call.queue.change_visibility(handle, seconds)
    except (ReceiptHandleError, MessageNotExist) as error:
        raise MnsError(type(error).__name__) from None
    content: dict[str, XmlContent] = {
        "ReceiptHandle": message.receipt_handle,
        "NextVisibleTime": _milliseconds(message.next_visible),
    }
    return MnsAnswer(200, "ChangeVisibility", content)


@dataclass(frozen=True)
class _SubmittedMessage:
    """A message that a request sends, after the checks."""

    body: str = field(repr=False)
    size: int  # bytes
    delay: int  # seconds; 0 means the queue's delay
    priority: int

    @classmethod
    def of(cls, element: Element, largest: int) -> _SubmittedMessage:
        found = fields(element, _SENT, _NOT_FAKED)
        if "MessageBody" not in found:
            raise against_schema("MessageBody")
        body = found["MessageBody"]
        size = len(body.encode())
        if not 1 <= size <= largest:
            raise out_of_range("MessageBody", Range(1, largest, "bytes"))
        return cls(
            body,
            size,
            number("DelaySeconds", found.get("DelaySeconds", "0"), RANGES["DelaySeconds"]),
            number("Priority", found.get("Priority", str(DEFAULT_PRIORITY)), _PRIORITY),
        )

    def put(self, call: MnsCall) -> Message:
        return call.queue.put(self.body, delay=self.delay, priority=self.priority)


def _root(call: MnsCall, name: str) -> Element:
    root = call.request.document
    if root.name != name:
        raise against_schema(root.name)
    return root


def _items(call: MnsCall, root: str, name: str) -> list[Element]:
    items = _root(call, root).children
    if any(item.name != name for item in items):
        raise against_schema(root)
    if not _BATCH.holds(len(items)):
        raise out_of_range(root, _BATCH)
    return items


def _plain(element: Element) -> str:
    if element.children:
        raise against_schema(element.name)
    return element.text.strip()


def _some(messages: list[Message]) -> list[Message]:
    if not messages:
        raise MnsError("MessageNotExist")
    return messages


def _wait(call: MnsCall) -> int:
    seconds = call.parameter("waitseconds", _WAIT)
    return call.queue.attributes.polling_wait_seconds if seconds is None else seconds


def _handle(call: MnsCall) -> str:
    handle = call.request.parameters.get("receipthandle", "")
    if not handle:
        raise MnsError("MissingReceiptHandle")
    return handle


def _delete(queue: Queue, handle: str) -> MnsError | None:
    try:
        queue.delete_received(handle)
    except (ReceiptHandleError, MessageNotExist) as error:
        return MnsError(type(error).__name__)
    return None


def _identified(message: Message) -> dict[str, XmlContent]:
    digest = hashlib.md5(message.body.encode("utf-8", "surrogatepass"), usedforsecurity=False)
    return {"MessageId": message.id, "MessageBodyMD5": digest.hexdigest().upper()}


def _shown(message: Message) -> dict[str, XmlContent]:
    return {
        **_identified(message),
        "MessageBody": message.body,
        "EnqueueTime": _milliseconds(message.enqueued),
        "FirstDequeueTime": _milliseconds(message.first_dequeued),
        "DequeueCount": message.dequeue_count,
        "Priority": message.priority,
    }


def _received(message: Message) -> dict[str, XmlContent]:
    return {
        **_shown(message),
        "ReceiptHandle": message.receipt_handle,
        "NextVisibleTime": _milliseconds(message.next_visible),
    }


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)  # messages have times in whole milliseconds
