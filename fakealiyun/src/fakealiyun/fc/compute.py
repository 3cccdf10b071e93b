"""The interface to whatever runs the deployed functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

LATEST = "LATEST"
"""The qualifier of the code that was deployed last."""


class NotServed(Exception):
    """The runner cannot apply a setting that the real service may accept. Names the setting."""


class Busy(Exception):
    """All instances that the function may have are busy, or too many calls are waiting."""


@dataclass(frozen=True)
class Deployed:
    """A complete deployed function.

    `props` has the names and forms of a resource in `s.yaml`. It includes what the API treats
    separately: triggers, asynchronous invocation, concurrency. `code` is the unpacked folder.
    `qualifier` is how it is called: LATEST, a version, or an alias, which leads to `version`.
    """

    name: str
    props: Mapping[str, Any] = field(repr=False)
    code: Path
    qualifier: str = LATEST
    version: str = ""
    """The number of the published version. Empty for LATEST."""


@dataclass(frozen=True)
class DomainRoute:
    """A path of a custom domain, exact or ending in `*`, and the function that serves it.

    `qualifier` says with which code: LATEST, a version or an alias.
    """

    path: str
    methods: frozenset[str] | None
    function: str
    qualifier: str = LATEST


class Result(Protocol):
    """The result of a synchronous invocation."""

    @property
    def payload(self) -> bytes:
        """The return value of the handler, or a description of its error."""

    @property
    def error_type(self) -> str | None:
        """The value of `X-Fc-Error-Type`. None if the handler returned."""

    @property
    def instance_id(self) -> str:
        """The value of `x-fc-instance-id`: the instance that ran the handler.

        Empty if none started.
        """

    @property
    def log_tail(self) -> bytes:
        """The last 4 KB of the log of the invocation."""


class Compute(Protocol):
    """Runs functions. The service calls its methods in its own event loop."""

    async def put(self, deployed: Deployed) -> None:
        """Run this function from now on, instead of the one that had its name and qualifier.

        Raises NotServed; then nothing changes.
        """

    async def remove(self, name: str, qualifier: str) -> None:
        """Stop the function with this qualifier. Does nothing if it does not exist."""

    async def invoke(self, name: str, qualifier: str, event: bytes, request_id: str) -> Result:
        """Call the handler. Raises Busy, or LookupError or PermissionError for an unusable role."""

    def accept(self, name: str, qualifier: str, event: bytes, request_id: str) -> None:
        """Accept an event for an asynchronous invocation. Raises Busy."""

    def put_domain(self, name: str, routes: Sequence[DomainRoute]) -> None:
        """Serve a custom domain with these routes, instead of the routes that it had."""

    def remove_domain(self, name: str) -> None:
        """Stop serving a custom domain."""

    def url(self, name: str, qualifier: str) -> str:
        """The URL of the HTTP trigger of the function with this qualifier."""

    def clear(self) -> None:
        """Remove everything. Called from any thread; processes stop in the background."""
