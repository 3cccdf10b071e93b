"""The state of Function Compute: functions, their triggers and settings, and custom domains."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fakealiyun.fc import errors
from fakealiyun.fc.code import CodeInput, Package
from fakealiyun.fc.compute import LATEST, Deployed
from fakealiyun.fc.fields import Fields

MAX_FUNCTIONS = 200
"""The limit for functions, and also for domains. Real quotas can be raised. This limit protects the
machine."""
MAX_VERSIONS = 200
"""Of one function, and also of its aliases. The real limits are not known."""
MAX_TRIGGERS = 50


def new_id() -> str:
    """A new id for a function or trigger."""
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Trigger:
    """A trigger. Times are epoch seconds of cloud time."""

    name: str
    kind: str
    config: Mapping[str, Any] = field(repr=False)
    id: str
    created: float
    modified: float
    description: str = ""
    source_arn: str = ""
    invocation_role: str = ""
    qualifier: str = LATEST


@dataclass(frozen=True)
class Version:
    """What PublishFunctionVersion keeps: the settings and the code of that moment."""

    id: str
    description: str
    settings: Mapping[str, Any] = field(repr=False)
    package: Package
    created: float

    @property
    def name(self) -> str:
        """The key of its place in a list: an id with more digits comes after all others."""
        return f"{int(self.id):010d}"


@dataclass(frozen=True)
class Alias:
    """A name that leads to a version."""

    name: str
    version: str
    created: float
    modified: float
    description: str = ""


@dataclass(frozen=True)
class Function:
    """A function. Every change makes a new object. Times are epoch seconds of cloud time."""

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
    versions: Mapping[str, Version] = field(default_factory=dict)
    aliases: Mapping[str, Alias] = field(default_factory=dict)
    published: int = 0
    """The number of the last version. A number is never used again."""
    unchanged: bool = False
    """Whether code and settings are those of the last version."""

    def version(self, qualifier: str) -> Version | None:
        """The version that a qualifier leads to, None for LATEST. Raises ApiError."""
        if qualifier == LATEST:
            return None
        kind = "Version" if qualifier.isdigit() else "Alias"
        alias = self.aliases.get(qualifier)
        found = self.versions.get(qualifier if alias is None else alias.version)
        if found is None:
            raise errors.not_found(kind, qualifier[:128])
        return found

    def needs(self, package: Package) -> bool:
        """Whether the function or one of its versions has this code."""
        return package in (self.package, *(one.package for one in self.versions.values()))

    def deployed(self, qualifier: str = LATEST) -> Deployed:
        """The function in the form that `Compute` needs, as it is called with this qualifier.

        A version has the triggers that are bound to it. The fake gives it the reserved concurrency
        of the function, and no settings for asynchronous invocation. Raises ApiError.
        """
        version = self.version(qualifier)
        settings = self.settings if version is None else version.settings
        package = self.package if version is None else version.package
        props: dict[str, Any] = {
            name: settings[name]
            for name in ("runtime", "handler", "memorySize", "timeout", "environmentVariables")
        }
        if settings["role"]:
            props["role"] = settings["role"]
        if "instanceLifecycleConfig" in settings:
            props["instanceLifecycleConfig"] = settings["instanceLifecycleConfig"]
        props["triggers"] = [
            {"triggerName": one.name, "triggerType": one.kind, "triggerConfig": dict(one.config)}
            for one in self.triggers.values()
            if one.qualifier == qualifier
        ]
        if self.async_config is not None and version is None:
            known = ("maxAsyncRetryAttempts", "maxAsyncEventAgeInSeconds", "destinationConfig")
            props["asyncInvokeConfig"] = {
                name: self.async_config[name] for name in known if name in self.async_config
            }
        if self.concurrency is not None:
            props["concurrencyConfig"] = {"reservedConcurrency": self.concurrency}
        number = "" if version is None else version.id
        return Deployed(self.name, props, package.folder, qualifier, number)


@dataclass(frozen=True)
class Domain:
    """A custom domain. The private key of its certificate is not stored."""

    name: str
    protocol: str
    routes: tuple[Mapping[str, Any], ...]
    created: float
    modified: float
    certificate: Mapping[str, str] = field(default_factory=dict, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


class FcAccount:
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
        """The function with this name. Raises ApiError FunctionNotFound."""
        found = self.functions.get(name)
        if found is None:
            raise errors.not_found("Function", name[:64])
        return found

    def log_store(self, function: str) -> tuple[str, str] | None:
        """The log project and store of a function; None if there is none."""
        found = self.functions.get(function)
        config = {} if found is None else found.settings.get("logConfig") or {}
        if not config.get("project") or not config.get("logstore"):
            return None
        return str(config["project"]), str(config["logstore"])

    def trigger(self, function: str, name: str) -> Trigger:
        """A trigger of a function. Raises ApiError FunctionNotFound or TriggerNotFound."""
        found = self.function(function).triggers.get(name)
        if found is None:
            raise errors.not_found("Trigger", name[:128])
        return found

    def domain(self, name: str) -> Domain:
        """The custom domain with this name. Raises ApiError DomainNameNotFound."""
        found = self.domains.get(name)
        if found is None:
            raise errors.not_found("DomainName", name[:256])
        return found


def qualifier_of(query: Mapping[str, str]) -> str:
    """The qualifier in a query: LATEST, or what should be a version or an alias."""
    return query.get("qualifier") or LATEST


def only_latest(function: Function, query: Mapping[str, str], what: str) -> None:
    """Raise ApiError for a version or an alias, which the fake has no `what` for."""
    qualifier = qualifier_of(query)
    if function.version(qualifier) is not None:
        raise errors.not_faked(f"{what} of a version or alias")


def role_of(fields: Fields, name: str) -> str:
    """The ARN of a role, or an empty string. Raises ApiError."""
    value = fields.text(name, "the ARN of a role", default="")
    if value and not value.startswith("acs:ram::"):
        raise fields.refuse(name, "the ARN of a role")
    return value
