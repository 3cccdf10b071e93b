"""One resource of `s.yaml`, checked setting by setting, as a Function.

A setting that Function Compute would refuse is refused here, and so is one that this gateway does
not act out: a function must not run locally under other rules than it is deployed with. Sources:
function-compute.md sections 2, 4, 5; `fc3-schema.json`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from local.gateway.function import (
    AsyncPolicy,
    EventTrigger,
    Function,
    HttpTrigger,
    LifecycleHook,
    Route,
)
from local.gateway.yaml_document import DeploymentError, within

METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"})
RUNTIMES = ("python3.10", "python3.12")
MAX_ENVIRONMENT_BYTES = 4096
DEFAULT_INSTANCES = 20
"""Instances of a function without `reservedConcurrency`. A region's real default is 100 for all
functions together; a developer's machine is smaller."""

# Settings without a meaning on one machine. Everything else that is not read below is refused.
_WITHOUT_LOCAL_MEANING = frozenset(
    "annotations cpu description diskSize endpoint instanceIsolationMode internetAccess logConfig"
    " resourceGroupId sessionAffinity tags tracingConfig vpcBinding vpcConfig".split()
)
_READ = frozenset(
    "asyncInvokeConfig code concurrencyConfig customDomain environmentVariables functionName"
    " handler instanceConcurrency instanceLifecycleConfig memorySize region role runtime timeout"
    " triggers".split()
)
_TRIGGER_TYPES = frozenset("cdn_events eventbridge http log mns_topic oss tablestore timer".split())
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_HANDLER = re.compile(r"[A-Za-z_]\w*\.[A-Za-z_]\w*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_RESOURCE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


class ResourceReader:
    """The props of one resource, read setting by setting."""

    def __init__(
        self, resource: str, props: Mapping[str, Any], project: Path, code_root: Path | None
    ) -> None:
        self._resource = resource
        self._props = props
        self._project = project
        self._code_root = code_root

    def function(self, extra_environment: Mapping[str, str]) -> Function:
        unknown = sorted(set(self._props) - _READ - _WITHOUT_LOCAL_MEANING)
        if unknown:
            raise DeploymentError(f"{unknown[0]} is not a setting that is served locally")
        if not _RESOURCE.fullmatch(self._resource):
            raise DeploymentError("the name of a resource has letters, digits, - and _ only")
        if self._props.get("instanceConcurrency", 1) != 1:
            raise DeploymentError("instanceConcurrency must be 1 in a built-in runtime")
        runtime = self._text("runtime")
        if runtime not in RUNTIMES:
            raise DeploymentError(f"runtime must be one of {', '.join(RUNTIMES)}")
        memory = self._integer("memorySize", 512, 128, 32768)
        if memory % 64:
            raise DeploymentError("memorySize must be a multiple of 64")
        http, events = self._triggers()
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
            routes=self._routes(http),
            role=self._role(),
            environment={**self._environment(), **extra_environment},
            http=http,
            events=events,
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
        return _integer(self._props, key, default, low, high)

    def _mapping(self, key: str) -> Mapping[str, Any]:
        return _mapping(self._props, key)

    def _code(self) -> Path:
        code = self._text("code")
        folder = within(self._project, code, "code")
        if self._code_root is not None:
            folder = (self._code_root / folder.name).resolve()
        return folder

    def _instances(self) -> int:
        config = self._mapping("concurrencyConfig")
        _only(config, {"reservedConcurrency"}, "concurrencyConfig")
        return _integer(config, "reservedConcurrency", DEFAULT_INSTANCES, 1, 100000)

    def _role(self) -> str | None:
        if self._props.get("role") is None:
            return None
        # Full ARN or bare name; the component lower-cases either.
        return self._text("role").rpartition("/")[2].lower()

    def _environment(self) -> dict[str, str]:
        variables = self._mapping("environmentVariables")
        for name, value in variables.items():
            if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
                raise DeploymentError(
                    "a name in environmentVariables is a letter, then [A-Za-z0-9_]"
                )
            if name.upper().startswith("FC_"):
                raise DeploymentError(f"environmentVariables.{name}: FC_* is reserved")
            if not isinstance(value, str):
                raise DeploymentError(f"environmentVariables.{name} must be a string")
            if "\0" in value:
                raise DeploymentError(f"environmentVariables.{name} holds a NUL")
        size = sum(len(name) + len(value.encode()) for name, value in variables.items())
        if size > MAX_ENVIRONMENT_BYTES:
            raise DeploymentError(
                f"environmentVariables take {size} bytes; {MAX_ENVIRONMENT_BYTES} are allowed"
            )
        return dict(variables)

    def _routes(self, http: HttpTrigger | None) -> tuple[Route, ...]:
        domain = self._mapping("customDomain")
        if not domain:
            if http is None:
                return ()
            return (Route(f"/{self._resource}"), Route(f"/{self._resource}/*"))
        route = _mapping(domain, "route")
        path = route.get("path")
        if not isinstance(path, str) or not path.startswith("/") or "*" in path[:-1]:
            raise DeploymentError("customDomain.route.path must begin with / and may end in *")
        methods = route.get("methods")
        return (Route(path, None if methods is None else _methods(methods)),)

    def _hooks(self) -> tuple[LifecycleHook | None, LifecycleHook | None]:
        config = self._mapping("instanceLifecycleConfig")
        _only(config, {"initializer", "preStop"}, "instanceLifecycleConfig")
        hooks: list[LifecycleHook | None] = []
        for key, longest in (("initializer", 300), ("preStop", 90)):
            hook = _mapping(config, key)
            _only(hook, {"handler", "timeout"}, f"instanceLifecycleConfig.{key}")
            if not hook:
                hooks.append(None)
                continue
            handler = hook.get("handler")
            if not isinstance(handler, str) or not _HANDLER.fullmatch(handler):
                raise DeploymentError(
                    f"instanceLifecycleConfig.{key}.handler must be file.function"
                )
            hooks.append(LifecycleHook(handler, _integer(hook, "timeout", 3, 1, longest)))
        return hooks[0], hooks[1]

    def _async_policy(self) -> AsyncPolicy:
        config = self._mapping("asyncInvokeConfig")
        known = {"maxAsyncRetryAttempts", "maxAsyncEventAgeInSeconds", "destinationConfig"}
        _only(config, known | {"qualifier"}, "asyncInvokeConfig")
        if config.get("destinationConfig"):
            raise DeploymentError("asyncInvokeConfig.destinationConfig is not served locally")
        return AsyncPolicy(
            _integer(config, "maxAsyncRetryAttempts", 3, 0, 8),
            _integer(config, "maxAsyncEventAgeInSeconds", 18000, 1, 2592000),
        )

    def _triggers(self) -> tuple[HttpTrigger | None, tuple[EventTrigger, ...]]:
        triggers = self._props.get("triggers", [])
        if not isinstance(triggers, list):
            raise DeploymentError("triggers must be a list")
        http: list[HttpTrigger] = []
        events: list[EventTrigger] = []
        for trigger in triggers:
            if not isinstance(trigger, dict) or not isinstance(trigger.get("triggerName"), str):
                raise DeploymentError("a trigger needs a triggerName")
            name, kind = trigger["triggerName"], trigger.get("triggerType")
            config = _mapping(trigger, "triggerConfig")
            if kind not in _TRIGGER_TYPES:
                raise DeploymentError(f"trigger {name}: triggerType {kind!r} is unknown")
            if kind == "http":
                http.append(_http_trigger(name, config))
            else:
                events.append(EventTrigger(name, kind, config))
        if len(http) > 1:
            raise DeploymentError("a function has at most one HTTP trigger")
        return (http[0] if http else None), tuple(events)


def _http_trigger(name: str, config: Mapping[str, Any]) -> HttpTrigger:
    _only(config, {"authType", "methods", "disableURLInternet"}, f"trigger {name}")
    if config.get("authType") != "anonymous":
        raise DeploymentError(
            f"trigger {name}: authType must be anonymous here; function and jwt are not acted out"
        )
    return HttpTrigger(name, _methods(config.get("methods")))


def _methods(value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not value or not set(value) <= METHODS:
        raise DeploymentError(f"methods must be a list of {', '.join(sorted(METHODS))}")
    return frozenset(value)


def _mapping(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = parent.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise DeploymentError(f"{key} must be a mapping")
    return cast("Mapping[str, Any]", value)


def _only(config: Mapping[str, Any], known: set[str], what: str) -> None:
    unknown = sorted(set(config) - known)
    if unknown:
        raise DeploymentError(f"{what}: {unknown[0]} is not a setting that is served locally")


def _integer(parent: Mapping[str, Any], key: str, default: int, low: int, high: int) -> int:
    value = parent.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise DeploymentError(f"{key} must be a whole number from {low} to {high}")
    return value
