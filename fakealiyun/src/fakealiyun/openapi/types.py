"""What the OpenAPI layer and the services behind it (VOD, STS) say to each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from fakealiyun.identity import Credential


@dataclass(frozen=True)
class Call:
    """One accepted request: signature, token, expiry, nonce and permission have been checked."""

    action: str
    parameters: Mapping[str, str] = field(repr=False)
    """The operation's own parameters; the protocol's (AccessKeyId, Signature, …) are not in it."""
    caller: Credential
    request_id: str
    host: str
    """The `Host` of the request, port included."""
    source_ip: str
    secure: bool
    """Whether the request came over TLS."""


class ApiError(Exception):
    """A refusal as the service spells it: HTTP status, `Code` and `Message`.

    `details` is added to the body as it is (`AccessDeniedDetail`), `headers` to the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = dict(details or {})
        self.headers = dict(headers or {})


def any_resource(_call: Call) -> str:
    """The RAM resource of an operation whose permissions are per operation, as all of VOD's."""
    return "*"


@dataclass(frozen=True)
class Operation:
    """One operation of a service: what runs it, what guards it, and where its facts come from."""

    handler: Callable[[Call], Mapping[str, Any]]
    """Returns the answer's fields without `RequestId`; raises ApiError to refuse."""
    resource: Callable[[Call], str] = any_resource
    """The RAM resource that a call touches."""
    needs_permission: bool = True
    """False for what every identity may call (GetCallerIdentity)."""
    denied: tuple[str, str] = (
        "Forbidden.RAM",
        "User not authorized to operate on the specified resource, "
        "or this API doesn't support RAM.",
    )
    """`Code` and `Message` of the 403 when RAM refuses. Which of Forbidden.RAM, NoPermission and
    Forbidden the live VOD sends is not certain."""
    web: bool = False
    """Whether web clients call it from a browser with a SecurityToken: RPC V1 without `Timestamp`
    is accepted and the answer carries CORS headers."""
    source: str = ""
    """Where the facts come from, for the coverage page."""
    doubts: tuple[str, ...] = ()
    """What is not known about the real operation, and what the fake does instead."""


class Service(Protocol):
    """One product behind the OpenAPI layer, told apart by its API version."""

    @property
    def name(self) -> str:
        """`vod` or `sts`: also the RAM code of its actions."""

    @property
    def version(self) -> str:
        """The API version, such as `2017-03-21`."""

    @property
    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
