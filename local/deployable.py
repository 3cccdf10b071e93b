"""Lets the fake Function Compute of a cloud run what is deployed to it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from fakealiyun import FakeCloud
from local.gateway import CloudLink, FunctionLogs, LogLine
from local.gateway.deployed import DeployedFunctions
from local.gateway.server import IDLE_SECONDS, base_interpreter


def local_environment(cloud: FakeCloud) -> dict[str, str]:
    """Variables that point the functions to the fake cloud.

    The settings of the functions, the bundle and s.yaml refuse them everywhere else.
    """
    return {
        "VODPASS_LOCAL": "1",
        "VODPASS_VOD_ENDPOINT": cloud.endpoint,
        "VODPASS_STS_ENDPOINT": cloud.endpoint,
        "VODPASS_MNS_ENDPOINT": cloud.endpoint,
    }


def deployed_functions(
    cloud: FakeCloud,
    link: CloudLink,
    logs: FunctionLogs,
    *,
    timers: bool,
    interpreter: Path | None = None,
    reserved: Collection[str] = (),
    further: Mapping[str, str] | None = None,
) -> DeployedFunctions:
    """What runs the functions that the fake Function Compute accepts from now on.

    `further` are variables that override every function's own, besides those of
    `local_environment`. For the rest see DeployedFunctions.
    """
    deployed = DeployedFunctions(
        link,
        region=cloud.region,
        trigger_calls=cloud.fc.trigger_calls,
        logs=logs,
        interpreter=interpreter or base_interpreter(),
        idle_seconds=IDLE_SECONDS,
        extra_environment={**local_environment(cloud), **(further or {})},
        reserved=reserved,
        timers=timers,
    )
    cloud.fc.serve_with(deployed)
    return deployed


def keep_lines(cloud: FakeCloud) -> Callable[[LogLine], None]:
    """Writes a line of a deployed function to its log store, as Function Compute does."""

    def keep(line: LogLine) -> None:
        place = cloud.fc.account.log_store(line.function)
        if place is not None:
            contents = {
                "functionName": line.function,
                "instanceID": line.instance,
                "requestId": line.request_id or "",
                "message": line.text,
            }
            cloud.logs.write(*place, contents, topic=line.function)

    return keep
