"""Selects the operation that a request calls, and checks its query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fakealiyun.mns import message_operations as messages
from fakealiyun.mns import queue_operations as queues
from fakealiyun.mns.call import Handler
from fakealiyun.mns.errors import MnsError
from fakealiyun.mns.queues import LONGEST_NAME, is_queue_name
from fakealiyun.mns.request import MnsRequest

_NOT_FAKED = ("topics", "commonbuy")


@dataclass(frozen=True)
class MnsOperation:
    """One operation. Its name is also the RAM action that a policy must allow."""

    name: str
    method: str
    path: str
    """The documented path, such as `/queues/$queueName/messages`. The RAM resource ends with it."""
    handler: Handler
    query: tuple[str, ...] = ()
    """The query parameters that it accepts, by their documented names."""

    def resource(self, queue_name: str) -> str:
        """The RAM resource, without region and account."""
        return self.path.replace("$queueName", queue_name)


_ALL, _QUEUE, _MESSAGES = "/queues", "/queues/$queueName", "/queues/$queueName/messages"

OPERATIONS: Mapping[str, MnsOperation] = MappingProxyType(
    {
        operation.name: operation
        for operation in (
            MnsOperation("CreateQueue", "PUT", _QUEUE, queues.create_queue),
            MnsOperation(
                "SetQueueAttributes", "PUT", _QUEUE, queues.set_queue_attributes, ("metaoverride",)
            ),
            MnsOperation("GetQueueAttributes", "GET", _QUEUE, queues.get_queue_attributes),
            MnsOperation("DeleteQueue", "DELETE", _QUEUE, queues.delete_queue),
            MnsOperation("ListQueue", "GET", _ALL, queues.list_queue),
            MnsOperation("SendMessage", "POST", _MESSAGES, messages.send_message),
            MnsOperation("BatchSendMessage", "POST", _MESSAGES, messages.batch_send_message),
            MnsOperation(
                "ReceiveMessage", "GET", _MESSAGES, messages.receive_message, ("waitseconds",)
            ),
            MnsOperation(
                "BatchReceiveMessage",
                "GET",
                _MESSAGES,
                messages.batch_receive_message,
                ("numOfMessages", "waitseconds"),
            ),
            MnsOperation("PeekMessage", "GET", _MESSAGES, messages.peek_message, ("peekonly",)),
            MnsOperation(
                "BatchPeekMessage",
                "GET",
                _MESSAGES,
                messages.batch_peek_message,
                ("peekonly", "numOfMessages"),
            ),
            MnsOperation(
                "DeleteMessage", "DELETE", _MESSAGES, messages.delete_message, ("ReceiptHandle",)
            ),
            MnsOperation("BatchDeleteMessage", "DELETE", _MESSAGES, messages.batch_delete_message),
            MnsOperation(
                "ChangeMessageVisibility",
                "PUT",
                _MESSAGES,
                messages.change_message_visibility,
                ("receiptHandle", "visibilityTimeout"),
            ),
        )
    }
)


def select(request: MnsRequest) -> tuple[MnsOperation, str]:
    """The operation and the name of its queue, which is empty for ListQueue. Raises MnsError."""
    segments = request.segments
    if segments[0] in _NOT_FAKED or "accountmeta" in request.parameters:
        raise MnsError(
            "NotImplemented", "This fake supports queues, but no topics, accounts and orders."
        )
    if segments[0] != "queues" or len(segments) > 3 or segments[2:] not in ((), ("messages",)):
        raise MnsError("InvalidRequestURL")
    queue_name = segments[1] if len(segments) > 1 else ""
    if len(segments) > 1:
        _check_name(queue_name)
    name = _named(request, len(segments))
    if name is None:
        raise MnsError("InvalidRequestURL")
    operation = OPERATIONS[name]
    accepted = {parameter.lower() for parameter in operation.query}
    for parameter in request.parameters:
        if parameter not in accepted:
            raise MnsError("InvalidQueryString")
    return operation, queue_name


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= LONGEST_NAME:
        raise MnsError("QueueNameLengthError")
    if not is_queue_name(name):
        raise MnsError("InvalidQueueName")


def _named(request: MnsRequest, depth: int) -> str | None:
    method, query = request.method, request.parameters
    if depth == 1:
        return "ListQueue" if method == "GET" else None
    if depth == 2:
        if method == "PUT" and _flag(request, "metaoverride"):
            return "SetQueueAttributes"
        return {
            "PUT": "CreateQueue",
            "GET": "GetQueueAttributes",
            "DELETE": "DeleteQueue",
        }.get(method)
    batch = "Batch" if "numofmessages" in query else ""
    if method == "GET":
        return batch + ("PeekMessage" if _flag(request, "peekonly") else "ReceiveMessage")
    if method == "POST":
        many = bool(request.body) and request.document.name == "Messages"
        return "BatchSendMessage" if many else "SendMessage"
    if method == "DELETE":
        many = bool(request.body) and "receipthandle" not in query
        return "BatchDeleteMessage" if many else "DeleteMessage"
    return "ChangeMessageVisibility" if method == "PUT" else None


def _flag(request: MnsRequest, name: str) -> bool:
    """Whether a parameter is present. Its only valid value is `true`."""
    value = request.parameters.get(name)
    if value not in (None, "true"):
        raise MnsError("InvalidQueryString", f"{name} must be true.")
    return value is not None
