"""What Function Compute remembers: functions with all that hangs on them, and custom domains."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from fakealiyun.clock import utc
from fakealiyun.fc import errors
from fakealiyun.fc.code import CodeInput, Package
from fakealiyun.fc.compute import Deployed
from fakealiyun.fc.fields import Fields

MAX_FUNCTIONS = 200
"""Of all functions, and of all domains. The account's real quotas can be raised; this bound is the
machine's."""
MAX_TRIGGERS = 50
MAX_PAGE = 100


def new_id() -> str:
    """An id of a function or trigger."""
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Trigger:
    """A trigger; times are epoch seconds of cloud time."""

    name: str
    kind: str
    config: Mapping[str, Any] = field(repr=False)
    id: str
    created: float
    modified: float
    description: str = ""
    source_arn: str = ""
    invocation_role: str = ""


@dataclass(frozen=True)
class Function:
    """A function; every change makes a new one. Times are epoch seconds of cloud time."""

    name: str
    id: str
    settings: Mapping[str, Any] = field(repr=False)
    package: Package
    code: CodeInput
    created: float
    modified: float
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    async_config: Mapping[str, Any] | None = None
    concurrency: int | None = None
    scaling: Mapping[str, Any] | None = None
    provision: Mapping[str, Any] | None = None

    def deployed(self) -> Deployed:
        """As whoever runs it wants it."""
        props: dict[str, Any] = {
            name: self.settings[name]
            for name in ("runtime", "handler", "memorySize", "timeout", "environmentVariables")
        }
        if self.settings["role"]:
            props["role"] = self.settings["role"]
        if "instanceLifecycleConfig" in self.settings:
            props["instanceLifecycleConfig"] = self.settings["instanceLifecycleConfig"]
        props["triggers"] = [
            {"triggerName": one.name, "triggerType": one.kind, "triggerConfig": dict(one.config)}
            for one in self.triggers.values()
        ]
        if self.async_config is not None:
            known = ("maxAsyncRetryAttempts", "maxAsyncEventAgeInSeconds", "destinationConfig")
            props["asyncInvokeConfig"] = {
                name: self.async_config[name] for name in known if name in self.async_config
            }
        if self.concurrency is not None:
            props["concurrencyConfig"] = {"reservedConcurrency": self.concurrency}
        return Deployed(self.name, props, self.package.folder)


@dataclass(frozen=True)
class Domain:
    """A custom domain. The private key of a certificate is not kept."""

    name: str
    protocol: str
    routes: tuple[Mapping[str, Any], ...]
    created: float
    modified: float
    certificate: Mapping[str, str] = field(default_factory=dict, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Account:
    """The functions and domains of one account in one region."""

    def __init__(self, account_id: str, region: str) -> None:
        self.account_id = account_id
        self.region = region
        self.functions: dict[str, Function] = {}
        self.domains: dict[str, Domain] = {}

    def arn(self, rest: str) -> str:
        """`acs:fc:<region>:<account>:<rest>`."""
        return f"acs:fc:{self.region}:{self.account_id}:{rest}"

    def function_arn(self, name: str) -> str:
        """The ARN of a function."""
        return self.arn(f"functions/{name}")

    def function(self, name: str) -> Function:
        """The function of that name. Raises ApiError FunctionNotFound."""
        found = self.functions.get(name)
        if found is None:
            raise errors.not_found("Function", name[:64])
        return found

    def trigger(self, function: str, name: str) -> Trigger:
        """A function's trigger. Raises ApiError FunctionNotFound, TriggerNotFound."""
        found = self.function(function).triggers.get(name)
        if found is None:
            raise errors.not_found("Trigger", name[:128])
        return found

    def domain(self, name: str) -> Domain:
        """The custom domain of that name. Raises ApiError DomainNameNotFound."""
        found = self.domains.get(name)
        if found is None:
            raise errors.not_found("DomainName", name[:256])
        return found


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_N = TypeVar("_N", bound=_Named)


def page(items: Iterable[_N], query: Mapping[str, str]) -> tuple[list[_N], dict[str, str]]:
    """One page of a list by name, and what leads to the next one (`nextToken`).

    Reads `limit` (default 20, at most 100), `nextToken` and `prefix`. Raises ApiError.
    """
    limit_text = query.get("limit") or "20"
    if not (limit_text.isascii() and limit_text.isdigit() and 1 <= int(limit_text) <= MAX_PAGE):
        raise errors.invalid_argument(f"limit must be a whole number from 1 to {MAX_PAGE}")
    after = _after(query.get("nextToken") or "")
    prefix = query.get("prefix") or ""
    names = sorted(
        (item for item in items if item.name.startswith(prefix) and item.name > after),
        key=lambda item: item.name,
    )
    found, rest = names[: int(limit_text)], names[int(limit_text) :]
    if not rest:
        return found, {}
    return found, {"nextToken": base64.urlsafe_b64encode(found[-1].name.encode()).decode()}


def _after(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (ValueError, binascii.Error):
        raise errors.invalid_argument("nextToken must be one that was answered") from None


def check_qualifier(qualifier: str | None) -> None:
    """Only the code that was deployed last is there: no version, no alias. Raises ApiError."""
    if qualifier in (None, "", "LATEST"):
        return
    kind = "Version" if qualifier.isdigit() else "Alias"
    raise errors.not_found(kind, qualifier[:64])


def moment(seconds: float) -> str:
    """A time as the API writes it."""
    return utc(seconds)


def role_of(fields: Fields, name: str) -> str:
    """An optional ARN of a role."""
    value = fields.text(name, "the ARN of a role", default="")
    if value and not value.startswith("acs:ram::"):
        raise fields.refuse(name, "the ARN of a role")
    return value
