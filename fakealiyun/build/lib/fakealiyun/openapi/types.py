"""The types between the OpenAPI gateway and the services behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from fakealiyun.identity import Credential


@dataclass(frozen=True)
class Call:
    """One accepted request. Signature, token, expiry, nonce and permission have been checked."""

    action: str
    parameters: Mapping[str, str] = field(repr=False)
    """The parameters of the operation, without protocol fields (AccessKeyId, Signature, …)."""
    caller: Credential
    request_id: str
    host: str
    """The `Host` of the request, including the port."""
    source_ip: str
    secure: bool
    """Whether the request came over TLS."""


class ApiError(Exception):
    """A refusal with the HTTP status, `Code` and `Message` of the real service.

    `details` adds fields to the body (`AccessDeniedDetail`), `headers` adds headers to the answer.
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
    """The RAM resource of an operation that is permitted only as a whole, like all of VOD's."""
    return "*"


@dataclass(frozen=True)
class Operation:
    """One operation: its handler and its permission. What it rests on is in `facts.py`."""

    handler: Callable[[Call], Mapping[str, Any]]
    """Returns the fields of the answer without `RequestId`. Raises ApiError to refuse the call."""
    resource: Callable[[Call], str | tuple[str, ...]] = any_resource
    """The RAM resource of a call, or several: the caller needs permission for each."""
    needs_permission: bool = True
    """False if every identity may call the operation (GetCallerIdentity)."""
    denied: tuple[str, str] = (
        "Forbidden.RAM",
        "User not authorized to operate on the specified resource, "
        "or this API doesn't support RAM.",
    )
    """`Code` and `Message` of the 403 if RAM refuses. Whether the real VOD sends Forbidden.RAM,
    NoPermission or Forbidden is not certain."""
    web: bool = False
    """Whether web clients call the operation from a browser with a SecurityToken. The gateway then
    accepts RPC V1 without `Timestamp`, and the answer has CORS headers."""


class Service(Protocol):
    """One product behind the OpenAPI gateway. The API version of a request selects it."""

    @property
    def name(self) -> str:
        """`vod`, `sts` or `ram`. This is also the RAM code of its actions."""

    @property
    def version(self) -> str:
        """The API version, such as `2017-03-21`."""

    @property
    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
