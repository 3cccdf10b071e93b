"""What runs the functions that are deployed: the API's side of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


class NotServed(Exception):
    """A setting that the real service may take and this machine does not act out; says which."""


class Busy(Exception):
    """Every instance that the function may have is busy, or too much waits."""


@dataclass(frozen=True)
class Deployed:
    """A function as it has been deployed, whole.

    `props` has the names and shapes of a resource in `s.yaml`: what the API keeps apart (triggers,
    asynchronous invocation, concurrency) is in it again. `code` is the unpacked folder.
    """

    name: str
    props: Mapping[str, Any] = field(repr=False)
    code: Path


@dataclass(frozen=True)
class DomainRoute:
    """A path of a custom domain, exact or ending in `*`, and the function that it leads to."""

    path: str
    methods: frozenset[str] | None
    function: str


class Result(Protocol):
    """How a synchronous invocation ended."""

    @property
    def payload(self) -> bytes:
        """What the handler returned, or the description of the error."""

    @property
    def error_type(self) -> str | None:
        """`X-Fc-Error-Type`; None when the handler returned."""

    @property
    def log_tail(self) -> bytes:
        """The last 4 KB of the request's log."""


class Compute(Protocol):
    """Where functions run. Its methods are called in the event loop of the service."""

    async def put(self, deployed: Deployed) -> None:
        """Run this from now on, in place of what had the name. Raises NotServed, changing
        nothing."""

    async def remove(self, name: str) -> None:
        """End the function; harmless when there is none."""

    async def invoke(self, name: str, event: bytes, request_id: str) -> Result:
        """Call its handler. Raises Busy; LookupError or PermissionError for an unusable role."""

    def accept(self, name: str, event: bytes, request_id: str) -> None:
        """Take an event for an asynchronous invocation. Raises Busy."""

    def put_domain(self, name: str, routes: Sequence[DomainRoute]) -> None:
        """Serve a custom domain, in place of the routes that it had."""

    def remove_domain(self, name: str) -> None:
        """Serve it no more."""

    def url(self, name: str) -> str:
        """Where the function's HTTP trigger answers."""

    def clear(self) -> None:
        """Forget everything, from any thread; processes end in the background."""
