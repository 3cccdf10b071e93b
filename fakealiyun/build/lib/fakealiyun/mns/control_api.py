"""SMQ's control API (mns-open, 2022-01-19): the same queues, behind the OpenAPI gateway."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fakealiyun.mns.attributes import RANGES, Attributes
from fakealiyun.mns.errors import TABLE
from fakealiyun.mns.queue import Queue
from fakealiyun.mns.queues import LONGEST_NAME, NoSuchQueue, QueueExists, Queues, is_queue_name
from fakealiyun.openapi import ApiError, Call, Operation
from fakealiyun.openapi.errors import invalid, missing

MOST_TAGS = 20
_TAG = re.compile(r"Tag\.([1-9][0-9]{0,2})\.(Key|Value)", re.ASCII)
_INTEGER = re.compile(r"[0-9]{1,9}", re.ASCII)
_SETTINGS = (*RANGES, "EnableLogging")
_FORBIDDEN = ("NoPermission", TABLE["AccessDenied"][1])


class MnsControlApi:
    """Creates, reads, changes, lists and deletes queues. Their names and attributes are those of
    the API for messages."""

    name = "mns"
    version = "2022-01-19"

    def __init__(self, queues: Queues, *, account_id: str, region: str) -> None:
        self._queues = queues
        self._prefix = f"acs:mns:{region}:{account_id}:/queues"
        handlers = {
            "CreateQueue": self.create_queue,
            "GetQueueAttributes": self.get_queue_attributes,
            "SetQueueAttributes": self.set_queue_attributes,
            "ListQueue": self.list_queue,
            "DeleteQueue": self.delete_queue,
        }
        self.operations: Mapping[str, Operation] = MappingProxyType(
            {
                name: Operation(handler, resource=self._resource, denied=_FORBIDDEN)
                for name, handler in handlers.items()
            }
        )

    def create_queue(self, call: Call) -> Mapping[str, Any]:
        """CreateQueue: with attributes and tags. A queue with other attributes is refused."""
        given = call.parameters
        _only(given, ("QueueName", "QueueType", *_SETTINGS), tags=True)
        name = _queue_name(given)
        if given.get("QueueType", "normal") != "normal":
            raise invalid("QueueType", "normal; the fake has no other")
        tags = _tags(given)
        try:
            created = self._queues.create(name, _attributes(given, Attributes()))
        except QueueExists:
            raise _error("QueueAlreadyExist") from None
        if created:
            self._queues.queue(name, create=False).tags = tags
        return _done()

    def get_queue_attributes(self, call: Call) -> Mapping[str, Any]:
        """GetQueueAttributes: the attributes, the tags, and how many messages are in each state."""
        _only(call.parameters, ("QueueName",), tags=True)
        return _done(_described(self._named(call)))

    def set_queue_attributes(self, call: Call) -> Mapping[str, Any]:
        """SetQueueAttributes: changes the given attributes. It has no tags."""
        given = call.parameters
        _only(given, ("QueueName", *_SETTINGS))
        queue = self._named(call)
        queue.change(_attributes(given, queue.attributes))
        return _done()

    def list_queue(self, call: Call) -> Mapping[str, Any]:
        """ListQueue: by name, in pages of 10 to 50, filtered by a part of the name and by tags."""
        given = call.parameters
        _only(given, ("QueueName", "QueueType", "PageNum", "PageSize"), tags=True)
        wanted = _tags(given).items()
        found = [
            one
            for one in self._queues.all()
            if given.get("QueueName", "") in one.name and wanted <= one.tags.items()
        ]
        number = _clamped(given, "PageNum", 1, 100_000_000, 1)
        size = _clamped(given, "PageSize", 10, 50, 10)
        part = found[(number - 1) * size : number * size]
        return _done(
            {
                "PageData": [_described(one) for one in part],
                "PageNum": number,
                "PageSize": size,
                "Pages": -(-len(found) // size),
                "Size": len(part),
                "Total": len(found),
            }
        )

    def delete_queue(self, call: Call) -> Mapping[str, Any]:
        """DeleteQueue: with its messages."""
        _only(call.parameters, ("QueueName",))
        self._queues.delete(self._named(call).name)
        return _done()

    def _named(self, call: Call) -> Queue:
        name = _queue_name(call.parameters)
        try:
            return self._queues.queue(name, create=False)
        except NoSuchQueue:
            raise _error("QueueNotExist") from None

    def _resource(self, call: Call) -> str:
        if call.action == "ListQueue":
            return self._prefix
        return f"{self._prefix}/{call.parameters.get('QueueName', '')}"


def _done(data: Mapping[str, Any] | None = None) -> dict[str, Any]:
    plain = {"Code": 200, "Message": "operation success", "Success": True}
    return {
        "Code": 200,
        "Status": "Success",
        "Success": True,
        "Message": "operation success",
        "Data": plain if data is None else data,
    }


def _described(queue: Queue) -> dict[str, Any]:
    attributes, states = queue.attributes, queue.states
    return {
        "QueueName": queue.name,
        "QueueType": "normal",
        "CreateTime": int(queue.created),
        "LastModifyTime": int(queue.modified),
        "DelaySeconds": attributes.delay_seconds,
        "MaximumMessageSize": attributes.maximum_message_size,
        "MessageRetentionPeriod": attributes.message_retention_period,
        "VisibilityTimeout": attributes.visibility_timeout,
        "PollingWaitSeconds": attributes.polling_wait_seconds,
        "LoggingEnabled": attributes.logging_enabled,
        "ActiveMessages": states["Active"],
        "InactiveMessages": states["Inactive"],
        "DelayMessages": states["Delayed"],
        "Tags": [{"TagKey": key, "TagValue": value} for key, value in queue.tags.items()],
    }


def _error(code: str) -> ApiError:
    status, message = TABLE[code]
    return ApiError(status, code, message)


def _queue_name(given: Mapping[str, str]) -> str:
    name = given.get("QueueName")
    if not name:
        raise missing("QueueName")
    if len(name) > LONGEST_NAME:
        raise _error("QueueNameLengthError")
    if not is_queue_name(name):
        raise _error("InvalidQueueName")
    return name


def _attributes(given: Mapping[str, str], base: Attributes) -> Attributes:
    values: dict[str, int] = {}
    for name, allowed in RANGES.items():
        text = given.get(name)
        if not text:
            continue
        if not _INTEGER.fullmatch(text) or not allowed.holds(int(text)):
            raise invalid(name, f"{allowed.least} to {allowed.most} {allowed.unit}")
        values[name] = int(text)
    logging = given.get("EnableLogging", "").lower()
    if logging not in ("", "true", "false"):
        raise invalid("EnableLogging", "true or false")
    return Attributes(
        delay_seconds=values.get("DelaySeconds", base.delay_seconds),
        maximum_message_size=values.get("MaximumMessageSize", base.maximum_message_size),
        message_retention_period=values.get(
            "MessageRetentionPeriod", base.message_retention_period
        ),
        visibility_timeout=values.get("VisibilityTimeout", base.visibility_timeout),
        polling_wait_seconds=values.get("PollingWaitSeconds", base.polling_wait_seconds),
        logging_enabled=logging == "true" if logging else base.logging_enabled,
    )


def _tags(given: Mapping[str, str]) -> dict[str, str]:
    """`Tag.1.Key`, `Tag.1.Value`, `Tag.2.Key`, … as a mapping."""
    parts: dict[int, dict[str, str]] = {}
    for name, value in given.items():
        found = _TAG.fullmatch(name)
        if found is not None:
            parts.setdefault(int(found[1]), {})[found[2]] = value
    tags = {one.get("Key", ""): one.get("Value", "") for _, one in sorted(parts.items())}
    if len(tags) != len(parts) or len(tags) > MOST_TAGS or "" in tags:
        raise invalid("Tag", f"at most {MOST_TAGS}, each key once")
    if any(len(key) > 128 or len(value) > 128 for key, value in tags.items()):
        raise invalid("Tag", "keys and values of at most 128 characters")
    return tags


def _clamped(given: Mapping[str, str], name: str, least: int, most: int, default: int) -> int:
    text = given.get(name)
    if not text:
        return default
    if not _INTEGER.fullmatch(text):
        raise invalid(name, "an integer")
    return min(max(int(text), least), most)


def _only(given: Mapping[str, str], known: tuple[str, ...], *, tags: bool = False) -> None:
    for name in given:
        if name not in known and not (tags and _TAG.fullmatch(name)):
            shown = name if re.fullmatch(r"[A-Za-z0-9.]{1,64}", name) else "?"
            raise invalid(shown, "the fake does not support it")
