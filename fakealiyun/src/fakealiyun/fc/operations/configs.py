"""Settings beside a function: asynchronous invocation, concurrency, scaling, VPC bindings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from fakealiyun.clock import utc
from fakealiyun.fc import errors
from fakealiyun.fc.context import Context
from fakealiyun.fc.fields import Fields
from fakealiyun.fc.operation import FcOperation
from fakealiyun.fc.operations.functions import one
from fakealiyun.fc.paging import page
from fakealiyun.fc.state import Function, only_latest
from fakealiyun.fc.wire import FcAnswer, FcCall

MAX_RESERVED = 100_000

_BASE = "/2023-03-30"
_FUNCTION = f"{_BASE}/functions/{{function}}"
_LISTED = {
    "AsyncInvokeConfig": f"{_BASE}/async-invoke-configs",
    "ConcurrencyConfig": f"{_BASE}/concurrency-configs",
    "ScalingConfig": f"{_BASE}/scaling-configs",
    "ProvisionConfig": f"{_BASE}/provision-configs",
}


def operations(context: Context) -> list[FcOperation]:
    """All operations of this module."""
    at = _Configs(context)
    asynchronous, concurrency = f"{_FUNCTION}/async-invoke-config", f"{_FUNCTION}/concurrency"
    scaling, provision = f"{_FUNCTION}/scaling-config", f"{_FUNCTION}/provision-config"
    bindings = f"{_FUNCTION}/vpc-bindings"
    found = [
        FcOperation("ListVpcBindings", "GET", bindings, at.list_vpc_bindings, one),
        FcOperation(
            "PutAsyncInvokeConfig",
            "PUT",
            asynchronous,
            at.put_async,
            one,
            writes=True,
        ),
        FcOperation(
            "PutConcurrencyConfig", "PUT", concurrency, at.put_concurrency, one, writes=True
        ),
        FcOperation("PutScalingConfig", "PUT", scaling, at.put_scaling, one, writes=True),
        FcOperation("PutProvisionConfig", "PUT", provision, at.put_provision, one, writes=True),
    ]
    for name, path, attribute, shown in (
        ("AsyncInvokeConfig", asynchronous, "async_config", at.shown_async),
        ("ConcurrencyConfig", concurrency, "concurrency", at.shown_concurrency),
        ("ScalingConfig", scaling, "scaling", at.shown_scaling),
        ("ProvisionConfig", provision, "provision", at.shown_provision),
    ):
        config = _Config(context, name, attribute, shown)
        found += [
            FcOperation(f"Get{name}", "GET", path, config.get, one),
            FcOperation(f"Delete{name}", "DELETE", path, config.delete, one, writes=True),
            FcOperation(f"List{name}s", "GET", _LISTED[name], config.list, _listed),
        ]
    return found


def _listed(call: FcCall) -> str:
    return f"functions/{call.query.get('functionName') or '*'}"


class _Config:
    """Reads, lists and deletes one kind of configuration."""

    def __init__(
        self,
        context: Context,
        kind: str,
        attribute: str,
        shown: Callable[[Function], Mapping[str, Any]],
    ) -> None:
        self._context = context
        self._kind = kind
        self._attribute = attribute
        self._shown = shown

    async def get(self, call: FcCall) -> FcAnswer:
        """Return the configuration of a function."""
        return FcAnswer(body=self._shown(self._existing(call)))

    async def list(self, call: FcCall) -> FcAnswer:
        """Return the configurations of one function, or of all functions, in pages."""
        name = call.query.get("functionName")
        functions = [
            function
            for function in self._context.account.functions.values()
            if name in (None, "", function.name) and getattr(function, self._attribute) is not None
        ]
        found, more = page(functions, call.query)
        listed = "provisionConfigs" if self._kind == "ProvisionConfig" else "configs"
        if self._kind == "ScalingConfig":
            listed = "scalingConfigs"
        return FcAnswer(body={listed: [self._shown(function) for function in found], **more})

    async def delete(self, call: FcCall) -> FcAnswer:
        """Remove the configuration. The default applies again."""
        function = self._existing(call)
        gone: dict[str, Any] = {self._attribute: None}
        await self._context.keep(replace(function, **gone))
        return FcAnswer(204)

    def _existing(self, call: FcCall) -> Function:
        function = self._context.account.function(call.function)
        only_latest(function, call.query, self._kind)
        if getattr(function, self._attribute) is None:
            raise errors.not_found(self._kind, function.name)
        return function


class _Configs:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._account = context.account

    async def list_vpc_bindings(self, call: FcCall) -> FcAnswer:
        """Return an empty list. The fake has no VPC."""
        self._account.function(call.function)
        return FcAnswer(body={"vpcIds": []})

    async def put_async(self, call: FcCall) -> FcAnswer:
        """Set the retries, the age limit and the destinations of asynchronous invocations."""
        function = self._function(call)
        known = "asyncTask destinationConfig maxAsyncEventAgeInSeconds maxAsyncRetryAttempts"
        fields = Fields(call.json(), known.split())
        fields.blank("asyncTask")
        now = utc(self._context.clock.now())
        created = now if function.async_config is None else function.async_config["createdTime"]
        config = {
            "asyncTask": False,
            "destinationConfig": _destinations(fields),
            "maxAsyncEventAgeInSeconds": fields.integer(
                "maxAsyncEventAgeInSeconds", 1, 2592000, default=18000
            ),
            "maxAsyncRetryAttempts": fields.integer("maxAsyncRetryAttempts", 0, 8, default=3),
            "createdTime": created,
            "lastModifiedTime": now,
        }
        changed = replace(function, async_config=config)
        await self._context.keep(changed)
        return FcAnswer(body=self.shown_async(changed))

    async def put_concurrency(self, call: FcCall) -> FcAnswer:
        """Set the greatest number of instances."""
        function = self._function(call)
        fields = Fields(call.json(), ("reservedConcurrency",))
        reserved = fields.integer("reservedConcurrency", 1, MAX_RESERVED)
        changed = replace(function, concurrency=reserved)
        await self._context.keep(changed)
        return FcAnswer(body=self.shown_concurrency(changed))

    async def put_scaling(self, call: FcCall) -> FcAnswer:
        """Set the smallest number of instances."""
        function = self._function(call)
        if function.provision is not None:
            raise errors.provision_config_exists(function.name)
        known = "enableMixMode enableOnDemandScaling horizontalScalingPolicies minInstances"
        more = "requestDispatchPolicy residentPoolId scheduledPolicies"
        fields = Fields(call.json(), f"{known} {more}".split())
        fields.blank(
            "enableMixMode",
            "horizontalScalingPolicies",
            "requestDispatchPolicy",
            "residentPoolId",
            "scheduledPolicies",
        )
        config = {
            "minInstances": fields.integer("minInstances", 0, MAX_RESERVED, default=0),
            "enableOnDemandScaling": fields.truth("enableOnDemandScaling", True),
        }
        changed = replace(function, scaling=config)
        await self._context.keep(changed)
        return FcAnswer(body=self.shown_scaling(changed))

    async def put_provision(self, call: FcCall) -> FcAnswer:
        """Set the number of provisioned instances."""
        function = self._function(call)
        if function.scaling is not None:
            raise errors.provision_config_exists(function.name)
        known = "alwaysAllocateCPU alwaysAllocateGPU defaultTarget target scheduledActions"
        fields = Fields(call.json(), f"{known} targetTrackingPolicies".split())
        fields.blank("alwaysAllocateGPU", "scheduledActions", "targetTrackingPolicies")
        name = "defaultTarget" if "defaultTarget" in fields else "target"
        config = {
            "target": fields.integer(name, 0, MAX_RESERVED),
            "alwaysAllocateCPU": fields.truth("alwaysAllocateCPU", False),
        }
        changed = replace(function, provision=config)
        await self._context.keep(changed)
        return FcAnswer(body=self.shown_provision(changed))

    def shown_async(self, function: Function) -> Mapping[str, Any]:
        return {"functionArn": self._arn(function), **(function.async_config or {})}

    def shown_concurrency(self, function: Function) -> Mapping[str, Any]:
        arn = self._arn(function)
        return {"functionArn": arn, "reservedConcurrency": function.concurrency}

    def shown_scaling(self, function: Function) -> Mapping[str, Any]:
        config = function.scaling or {}
        return {
            "functionArn": self._arn(function),
            **config,
            "horizontalScalingPolicies": [],
            "scheduledPolicies": [],
            "currentInstances": config.get("minInstances"),
            "targetInstances": config.get("minInstances"),
            "currentError": "",
        }

    def shown_provision(self, function: Function) -> Mapping[str, Any]:
        config = function.provision or {}
        return {
            "functionArn": self._arn(function),
            **config,
            "defaultTarget": config.get("target"),
            "scheduledActions": [],
            "targetTrackingPolicies": [],
            "current": config.get("target"),
            "currentError": "",
        }

    def _arn(self, function: Function) -> str:
        return self._account.function_arn(function.name)

    def _function(self, call: FcCall) -> Function:
        function = self._account.function(call.function)
        only_latest(function, call.query, "settings")
        return function


def _destinations(fields: Fields) -> dict[str, Any]:
    config = Fields(
        fields.mapping("destinationConfig"), ("onSuccess", "onFailure"), "destinationConfig"
    )
    found = {}
    for name in ("onSuccess", "onFailure"):
        given = Fields(config.mapping(name), ("destination",), f"destinationConfig.{name}")
        destination = given.text("destination", "an ARN", default="")
        if destination and not destination.startswith("acs:"):
            raise given.refuse("destination", "an ARN")
        if destination:
            found[name] = {"destination": destination}
    return found
