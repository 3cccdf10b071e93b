"""A function that runs because it was deployed: its settings, and the triggers that call it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fakealiyun.fc import Deployed, NotServed
from local.gateway.function import Function
from local.gateway.queue_consumer import QueueConsumer
from local.gateway.resource import ResourceReader
from local.gateway.timers import Timer
from local.gateway.yaml_document import DeploymentError

Triggers = Sequence[Timer | QueueConsumer]


@dataclass
class Running:
    """A function, whether its callers must sign and may come from the internet, its triggers."""

    function: Function
    signed: bool
    on_internet: bool
    triggers: list[Timer | QueueConsumer]


def read(deployed: Deployed, region: str, extra_environment: Mapping[str, str]) -> Running:
    """What was deployed, with `extra_environment` over its own variables. Raises NotServed."""
    name = deployed.name
    http: dict[str, Any] = {}
    triggers = []
    for trigger in deployed.props["triggers"]:
        if trigger["triggerType"] != "http":
            triggers.append(trigger)
            continue
        http = trigger["triggerConfig"]
        # The gateway checks the caller before the function is called.
        config = {"authType": "anonymous", "methods": http["methods"]}
        triggers.append({**trigger, "triggerConfig": config})
    props = {
        **deployed.props,
        "functionName": name,
        "region": region,
        "triggers": triggers,
        "code": f"./{deployed.code.name}",
    }
    try:
        reader = ResourceReader(name, props, deployed.code.parent, None)
        function = replace(
            reader.function(extra_environment),
            routes=(),
            qualifier=deployed.qualifier,
            version=deployed.version,
        )
    except DeploymentError as error:
        raise NotServed(str(error)) from None
    return Running(
        function,
        signed=http.get("authType") == "function",
        on_internet=not http.get("disableURLInternet", False),
        triggers=[],
    )


async def stop(triggers: Triggers) -> None:
    """Stop the triggers."""
    for trigger in triggers:
        if isinstance(trigger, Timer):
            trigger.stop()
        else:
            await trigger.close()
