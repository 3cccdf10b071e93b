"""Reads one resource of `s.yaml` as a Function and checks each setting.

It refuses what Function Compute would refuse, and also what this gateway does not implement: a
function must not run locally under other rules than in the cloud. Sources: Function Compute's
documentation; `fc3-schema.json`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.gateway.function import (
    AsyncPolicy,
    Destination,
    Function,
    HttpTrigger,
    LifecycleHook,
    Route,
)
from local.gateway.reading import integer, mapping, refuse_unknown
from local.gateway.triggers import methods_of, read_triggers
from local.gateway.yaml_document import DeploymentError, within

RUNTIMES = ("python3.10", "python3.12")
MAX_ENVIRONMENT_BYTES = 4096
DEFAULT_INSTANCES = 20
"""Instances of a function without `reservedConcurrency`. The real default is 100 for all functions
of a region together. A developer's machine is smaller."""

# Settings that have no effect on one machine. Other settings that are not read below are refused.
_WITHOUT_LOCAL_MEANING = frozenset(
    "annotations cpu description diskSize endpoint instanceIsolationMode internetAccess logConfig"
    " resourceGroupId sessionAffinity tags tracingConfig vpcBinding vpcConfig".split()
)
_READ = frozenset(
    "asyncInvokeConfig code concurrencyConfig customDomain environmentVariables functionName"
    " handler instanceConcurrency instanceLifecycleConfig memorySize region role runtime timeout"
    " triggers".split()
)
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_HANDLER = re.compile(r"[A-Za-z_]\w*\.[A-Za-z_]\w*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
# The form of a queue's ARN as a destination comes from older pages.
_DESTINATION = re.compile(
    r"acs:fc:[a-z0-9-]+:[0-9]*:functions/(?P<function>[A-Za-z_][A-Za-z0-9_-]{0,63})"
    r"|acs:mns:[a-z0-9-]+:[0-9]*:/queues/(?P<queue>[A-Za-z0-9][A-Za-z0-9-]{0,119})/messages"
)
_RESOURCE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


class ResourceReader:
    """Reads the props of one resource."""

    def __init__(
        self, resource: str, props: Mapping[str, Any], project: Path, code_root: Path | None
    ) -> None:
        self._resource = resource
        self._props = props
        self._project = project
        self._code_root = code_root

    def function(self, extra_environment: Mapping[str, str]) -> Function:
        """The function, with `extra_environment` over its own variables. Raises DeploymentError."""
        unknown = sorted(set(self._props) - _READ - _WITHOUT_LOCAL_MEANING)
        if unknown:
            raise DeploymentError(f"{unknown[0]} is not a setting that works locally")
        if not _RESOURCE.fullmatch(self._resource):
            raise DeploymentError("the name of a resource may have only letters, digits, - and _")
        if self._props.get("instanceConcurrency", 1) != 1:
            raise DeploymentError("instanceConcurrency must be 1 in a built-in runtime")
        runtime = self._text("runtime")
        if runtime not in RUNTIMES:
            raise DeploymentError(f"runtime must be one of {', '.join(RUNTIMES)}")
        memory = self._integer("memorySize", 512, 128, 32768)
        if memory % 64:
            raise DeploymentError("memorySize must be a multiple of 64")
        triggers = read_triggers(self._props.get("triggers", []), self._text("region"))
        initializer, pre_stop = self._hooks()
        return Function(
            resource=self._resource,
            name=self._text("functionName", _NAME),
            region=self._text("region"),
            runtime=runtime,
            handler=self._text("handler", _HANDLER),
            code=self._code(),
            memory=memory,
            timeout=self._integer("timeout", 3, 1, 86400),
            instances=self._instances(),
            routes=self._routes(triggers.http),
            role=self._role(),
            environment={**self._environment(), **extra_environment},
            http=triggers.http,
            timers=triggers.timers,
            queues=triggers.queues,
            initializer=initializer,
            pre_stop=pre_stop,
            asynchronous=self._async_policy(),
        )

    def _text(self, key: str, pattern: re.Pattern[str] | None = None) -> str:
        value = self._props.get(key)
        if not isinstance(value, str) or not value:
            raise DeploymentError(f"{key} must be a string")
        if pattern is not None and not pattern.fullmatch(value):
            raise DeploymentError(f"{key} must match {pattern.pattern}")
        return value

    def _integer(self, key: str, default: int, low: int, high: int) -> int:
        return integer(self._props, key, default, low, high)

    def _mapping(self, key: str) -> Mapping[str, Any]:
        return mapping(self._props, key)

    def _code(self) -> Path:
        code = self._text("code")
        folder = within(self._project, code, "code")
        if self._code_root is not None:
            folder = (self._code_root / folder.name).resolve()
        return folder

    def _instances(self) -> int:
        config = self._mapping("concurrencyConfig")
        refuse_unknown(config, {"reservedConcurrency"}, "concurrencyConfig")
        return integer(config, "reservedConcurrency", DEFAULT_INSTANCES, 1, 100000)

    def _role(self) -> str | None:
        if self._props.get("role") is None:
            return None
        # A full ARN or a name. The component converts both to lower case.
        return self._text("role").rpartition("/")[2].lower()

    def _environment(self) -> dict[str, str]:
        variables = self._mapping("environmentVariables")
        for name, value in variables.items():
            if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
                raise DeploymentError(
                    "a name in environmentVariables must be a letter, then [A-Za-z0-9_]"
                )
            if name.upper().startswith("FC_"):
                raise DeploymentError(f"environmentVariables.{name}: FC_* is reserved")
            if not isinstance(value, str):
                raise DeploymentError(f"environmentVariables.{name} must be a string")
            if "\0" in value:
                raise DeploymentError(f"environmentVariables.{name} contains a NUL")
        size = sum(len(name) + len(value.encode()) for name, value in variables.items())
        if size > MAX_ENVIRONMENT_BYTES:
            raise DeploymentError(
                f"environmentVariables have {size} bytes; {MAX_ENVIRONMENT_BYTES} are allowed"
            )
        return dict(variables)

    def _routes(self, http: HttpTrigger | None) -> tuple[Route, ...]:
        domain = self._mapping("customDomain")
        if not domain:
            if http is None:
                return ()
            return (Route(f"/{self._resource}"), Route(f"/{self._resource}/*"))
        route = mapping(domain, "route")
        path = route.get("path")
        if not isinstance(path, str) or not path.startswith("/") or "*" in path[:-1]:
            raise DeploymentError("customDomain.route.path must begin with / and may end in *")
        methods = route.get("methods")
        return (Route(path, None if methods is None else methods_of(methods)),)

    def _hooks(self) -> tuple[LifecycleHook | None, LifecycleHook | None]:
        config = self._mapping("instanceLifecycleConfig")
        refuse_unknown(config, {"initializer", "preStop"}, "instanceLifecycleConfig")
        hooks: list[LifecycleHook | None] = []
        for key, longest in (("initializer", 300), ("preStop", 90)):
            hook = mapping(config, key)
            refuse_unknown(hook, {"handler", "timeout"}, f"instanceLifecycleConfig.{key}")
            if not hook:
                hooks.append(None)
                continue
            handler = hook.get("handler")
            if not isinstance(handler, str) or not _HANDLER.fullmatch(handler):
                raise DeploymentError(
                    f"instanceLifecycleConfig.{key}.handler must be file.function"
                )
            hooks.append(LifecycleHook(handler, integer(hook, "timeout", 3, 1, longest)))
        return hooks[0], hooks[1]

    def _async_policy(self) -> AsyncPolicy:
        config = self._mapping("asyncInvokeConfig")
        known = {"maxAsyncRetryAttempts", "maxAsyncEventAgeInSeconds", "destinationConfig"}
        refuse_unknown(config, known | {"qualifier"}, "asyncInvokeConfig")
        destinations = mapping(config, "destinationConfig")
        refuse_unknown(
            destinations, {"onSuccess", "onFailure"}, "asyncInvokeConfig.destinationConfig"
        )
        return AsyncPolicy(
            integer(config, "maxAsyncRetryAttempts", 3, 0, 8),
            integer(config, "maxAsyncEventAgeInSeconds", 18000, 1, 2592000),
            _destination(destinations, "onSuccess"),
            _destination(destinations, "onFailure"),
        )


def _destination(config: Mapping[str, Any], key: str) -> Destination | None:
    if key not in config:
        return None
    given = mapping(config, key)
    refuse_unknown(given, {"destination"}, f"destinationConfig.{key}")
    text = given.get("destination")
    found = _DESTINATION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise DeploymentError(
            f"destinationConfig.{key}.destination must be the ARN of a function or of a queue here"
        )
    if found["function"]:
        return Destination("function", found["function"])
    return Destination("queue", found["queue"])
