"""The operations on queues: create, change, read, delete, and list."""

from __future__ import annotations

import base64
import binascii

from fakealiyun.mns.attributes import RANGES, Attributes, Range
from fakealiyun.mns.call import MnsAnswer, MnsCall, fields, number
from fakealiyun.mns.errors import MnsError, against_schema
from fakealiyun.mns.queue import Queue
from fakealiyun.mns.queues import NoSuchQueue, QueueExists, is_queue_name
from fakealiyun.xml import XmlContent

_RETURNED = Range(1, 1000, "queues")


async def create_queue(call: MnsCall) -> MnsAnswer:
    """Create a queue. If it exists: 204 with the same attributes, 409 with different ones."""
    name = call.queue_name
    try:
        created = call.queues.create(name, _attributes(call, Attributes()))
    except QueueExists:
        raise MnsError("QueueAlreadyExist") from None
    return MnsAnswer(201 if created else 204, headers={"Location": call.url(name)})


async def set_queue_attributes(call: MnsCall) -> MnsAnswer:
    """Change the given attributes. Messages in the queue keep their times."""
    queue = call.queue
    queue.change(_attributes(call, queue.attributes))
    return MnsAnswer(204)


async def get_queue_attributes(call: MnsCall) -> MnsAnswer:
    """Return the attributes of a queue, and the number of messages in each state."""
    return MnsAnswer(200, "Queue", _described(call.queue))


async def delete_queue(call: MnsCall) -> MnsAnswer:
    """Delete a queue and its messages."""
    try:
        call.queues.delete(call.queue_name)
    except NoSuchQueue:
        raise MnsError("QueueNotExist") from None
    return MnsAnswer(204)


async def list_queue(call: MnsCall) -> MnsAnswer:
    """Return the queues, sorted by name, in pages.

    `x-mns-with-meta: true` adds their attributes.
    """
    header = call.request.header
    prefix, after = header("x-mns-prefix") or "", _name_in(header("x-mns-marker") or "")
    most = number("x-mns-ret-number", header("x-mns-ret-number") or str(_RETURNED.most), _RETURNED)
    whole = (header("x-mns-with-meta") or "").lower() == "true"
    names = [q for q in call.queues.all() if q.name.startswith(prefix) and q.name > after]
    content: dict[str, XmlContent] = {
        "Queue": [
            {"QueueURL": call.url(queue.name), **(_described(queue) if whole else {})}
            for queue in names[:most]
        ]
    }
    if len(names) > most:
        content["NextMarker"] = _marker(names[most - 1].name)
    return MnsAnswer(200, "Queues", content)


def _attributes(call: MnsCall, base: Attributes) -> Attributes:
    """The attributes of `base`, changed by those in the body. Raises MnsError."""
    if not call.request.body:
        return base
    root = call.request.document
    if root.name != "Queue":
        raise against_schema(root.name)
    found = fields(root, (*RANGES, "LoggingEnabled"))
    logging = found.pop("LoggingEnabled", str(base.logging_enabled)).strip().lower()
    if logging not in ("true", "false"):
        raise MnsError("InvalidArgument", "LoggingEnabled must be True or False.")
    given = {name: number(name, text, RANGES[name]) for name, text in found.items()}
    return Attributes(
        delay_seconds=given.get("DelaySeconds", base.delay_seconds),
        maximum_message_size=given.get("MaximumMessageSize", base.maximum_message_size),
        message_retention_period=given.get("MessageRetentionPeriod", base.message_retention_period),
        visibility_timeout=given.get("VisibilityTimeout", base.visibility_timeout),
        polling_wait_seconds=given.get("PollingWaitSeconds", base.polling_wait_seconds),
        logging_enabled=logging == "true",
    )


def _described(queue: Queue) -> dict[str, XmlContent]:
    attributes, states = queue.attributes, queue.states
    return {
        "QueueName": queue.name,
        "CreateTime": int(queue.created),
        "LastModifyTime": int(queue.modified),
        "VisibilityTimeout": attributes.visibility_timeout,
        "MaximumMessageSize": attributes.maximum_message_size,
        "MessageRetentionPeriod": attributes.message_retention_period,
        "DelaySeconds": attributes.delay_seconds,
        "PollingWaitSeconds": attributes.polling_wait_seconds,
        "InactiveMessages": states["Inactive"],
        "ActiveMessages": states["Active"],
        "DelayMessages": states["Delayed"],
        "LoggingEnabled": str(attributes.logging_enabled),
    }


def _marker(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _name_in(marker: str) -> str:
    """The queue name in a marker; empty if there is no marker. Raises MnsError."""
    if not marker:
        return ""
    try:
        name = base64.b64decode(marker.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        name = ""
    if not is_queue_name(name):
        raise MnsError("InvalidArgument", "x-mns-marker must be a NextMarker.")
    return name
