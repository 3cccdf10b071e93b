"""A function: the settings of one resource of `s.yaml`, as typed values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

LATEST = "LATEST"


def keyed(name: str, qualifier: str) -> str:
    """A name for a function with its qualifier. A function's name has no dot."""
    return name if qualifier == LATEST else f"{name}.{qualifier}"


@dataclass(frozen=True)
class HttpTrigger:
    """An HTTP trigger with `authType: anonymous`."""

    name: str
    methods: frozenset[str]


@dataclass(frozen=True)
class TimerTrigger:
    """A timer trigger with `cronExpression: "@every Nm"`."""

    name: str
    period: int  # seconds
    payload: str
    enabled: bool


PushRetryStrategy = Literal["BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY"]


@dataclass(frozen=True)
class QueueTrigger:
    """An EventBridge trigger whose source is a queue of SMQ (formerly MNS)."""

    name: str
    region: str
    queue: str
    enabled: bool
    decode: bool  # the body is base64, as senders of SMQ write it
    streaming: bool  # the function gets a list of events
    batch: int  # most events in one list
    retry: PushRetryStrategy
    dead_letter_queue: str | None


@dataclass(frozen=True)
class LifecycleHook:
    """`instanceLifecycleConfig.initializer` or `.preStop`."""

    handler: str
    timeout: int  # seconds


@dataclass(frozen=True)
class Destination:
    """Where the result of an asynchronous invocation is sent: a function or a queue, by name."""

    kind: Literal["function", "queue"]
    name: str


@dataclass(frozen=True)
class AsyncPolicy:
    """`asyncInvokeConfig`: how an event that was accepted with 202 is retried and reported."""

    retries: int = 3
    max_age: int = 18000  # seconds
    on_success: Destination | None = None
    on_failure: Destination | None = None


@dataclass(frozen=True)
class Route:
    """A custom domain's route: an exact path, or one that ends in `*`."""

    path: str
    methods: frozenset[str] | None = None

    def matches(self, path: str) -> bool:
        """Whether a decoded request path belongs to this route."""
        if self.path.endswith("*"):
            return path.startswith(self.path[:-1])
        return path == self.path


_T = TypeVar("_T")


def longest_match(routes: Iterable[tuple[Route, _T]], path: str) -> _T | None:
    """The value beside the longest route that matches `path`. None if no route matches."""
    found = [(len(route.path), value) for route, value in routes if route.matches(path)]
    return max(found, key=lambda entry: entry[0])[1] if found else None


@dataclass(frozen=True)
class Function:
    """One function: one resource of `s.yaml`, or a published version of it."""

    resource: str
    name: str
    region: str
    runtime: str
    handler: str
    code: Path
    memory: int  # MB
    timeout: int  # seconds
    instances: int
    routes: tuple[Route, ...]
    role: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    http: HttpTrigger | None = None
    timers: tuple[TimerTrigger, ...] = ()
    queues: tuple[QueueTrigger, ...] = ()
    initializer: LifecycleHook | None = None
    pre_stop: LifecycleHook | None = None
    asynchronous: AsyncPolicy = AsyncPolicy()
    qualifier: str = LATEST
    """How it is called: LATEST, a version, or an alias."""
    version: str = ""

    @property
    def key(self) -> str:
        """The resource, and the qualifier unless it is LATEST."""
        return keyed(self.resource, self.qualifier)
