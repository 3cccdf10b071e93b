"""What a function is: the settings of one resource of `s.yaml`, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


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
    decode: bool  # the base64 that senders of SMQ wrap a body in
    streaming: bool  # events come in a list
    batch: int  # events in one list at most
    retry: PushRetryStrategy
    dead_letter_queue: str | None


@dataclass(frozen=True)
class LifecycleHook:
    """`instanceLifecycleConfig.initializer` or `.preStop`."""

    handler: str
    timeout: int  # seconds


@dataclass(frozen=True)
class Destination:
    """Where the result of an asynchronous invocation goes: a function or a queue, by its name."""

    kind: Literal["function", "queue"]
    name: str


@dataclass(frozen=True)
class AsyncPolicy:
    """`asyncInvokeConfig`: what happens to an event that was accepted with a 202."""

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
        """Whether a decoded request path is this route's."""
        if self.path.endswith("*"):
            return path.startswith(self.path[:-1])
        return path == self.path


@dataclass(frozen=True)
class Function:
    """One resource of `s.yaml`: one function."""

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
