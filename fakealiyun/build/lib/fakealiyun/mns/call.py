"""One accepted API call, its answer, and the fields of its body."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field

from fakealiyun.clock import Clock
from fakealiyun.mns.attributes import Range
from fakealiyun.mns.errors import MnsError, against_schema, out_of_range
from fakealiyun.mns.queue import Queue
from fakealiyun.mns.queues import NoSuchQueue, Queues
from fakealiyun.mns.request import MnsRequest
from fakealiyun.xml import Element, XmlContent


@dataclass(frozen=True)
class MnsCall:
    """A call from an authenticated caller with the permission for it."""

    request: MnsRequest
    queue_name: str
    """The name of the queue in the path; empty for ListQueue."""
    queues: Queues
    clock: Clock
    connected: Callable[[], bool]
    """Returns whether the caller still waits for the answer."""

    @property
    def queue(self) -> Queue:
        """The queue that the path names. Raises MnsError QueueNotExist."""
        try:
            return self.queues.queue(self.queue_name, create=False)
        except NoSuchQueue:
            raise MnsError("QueueNotExist") from None

    def url(self, queue_name: str) -> str:
        """The URL of a queue, with the host of this request."""
        scheme = "https" if self.request.secure else "http"
        return f"{scheme}://{self.request.host}/queues/{queue_name}"

    def parameter(self, name: str, allowed: Range) -> int | None:
        """A number from the query, by its documented name; None if absent. Raises MnsError."""
        text = self.request.parameters.get(name.lower())
        return None if text is None else number(name, text, allowed)


@dataclass(frozen=True)
class MnsAnswer:
    """The answer to a call. Without `root` it has no body."""

    status: int
    root: str = ""
    content: Mapping[str, XmlContent] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[MnsCall], Awaitable[MnsAnswer]]


def fields(
    element: Element, allowed: Collection[str], not_faked: Collection[str] = ()
) -> dict[str, str]:
    """The fields of an element by name.

    Raises MnsError for a field that is unknown, that occurs twice, or that is not faked.
    """
    found: dict[str, str] = {}
    for child in element.children:
        if child.name in not_faked:
            raise MnsError("NotImplemented", f"{child.name} is not supported by this fake.")
        if child.name not in allowed or child.name in found or child.children:
            raise against_schema(child.name)
        found[child.name] = child.text
    if element.text.strip():
        raise against_schema(element.name)
    return found


def number(name: str, text: str, allowed: Range) -> int:
    """A whole number within its range. Raises MnsError InvalidArgument."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        raise out_of_range(name, allowed)
    if not allowed.holds(int(digits)):
        raise out_of_range(name, allowed)
    return int(digits)
