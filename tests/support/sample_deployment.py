"""An `s.yaml` for tests of the gateway, and the configuration of its triggers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

SOURCE = {"RegionId": "cn-shanghai", "QueueName": "q", "IsBase64Decode": True}
DEAD_LETTER_ARN = "acs:mns:cn-shanghai:1234567890123456:/queues/dead"


def write_s_yaml(folder: Path, functions: Mapping[str, Mapping[str, Any]]) -> Path:
    """Write `s.yaml` into `folder`, one resource for each entry of `functions`.

    Each mapping overrides the default props of its resource. Returns the path of the file.
    """
    resources = {}
    for name, props in functions.items():
        resources[name] = {
            "component": "fc3",
            "props": {
                "region": "cn-shanghai",
                "functionName": f"test-{name}",
                "runtime": "python3.10",
                "handler": "index.handler",
                "code": f"./build/{name}",
                "memorySize": 128,
                "timeout": 30,
                "triggers": [
                    {
                        "triggerName": "http",
                        "triggerType": "http",
                        "triggerConfig": {
                            "authType": "anonymous",
                            "methods": ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"],
                        },
                    }
                ],
                **props,
            },
        }
    path = folder / "s.yaml"
    path.write_text(yaml.safe_dump({"edition": "3.0.0", "resources": resources}))
    return path


def trigger(kind: str, config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The `triggers` of a resource that has one trigger, of this type."""
    return [{"triggerName": "t", "triggerType": kind, "triggerConfig": dict(config)}]


def queue_config(*, source: Mapping[str, Any] = SOURCE, **changes: Any) -> dict[str, Any]:
    """The configuration of a valid EventBridge trigger, with `changes`.

    A change goes to the trigger's own setting of that name, else to its `runOptions`.
    """
    config: dict[str, Any] = {
        "triggerEnable": True,
        "asyncInvocationType": False,
        "eventRuleFilterPattern": "{}",
        "eventSourceConfig": {
            "eventSourceType": "MNS",
            "eventSourceParameters": {"sourceMNSParameters": dict(source)},
        },
        "eventSinkConfig": {"deliveryOption": {"eventSchema": "CloudEvents"}},
        "runOptions": {
            "mode": "event-streaming",
            "errorsTolerance": "ALL",
            "batchWindow": {"CountBasedWindow": 1, "TimeBasedWindow": 0},
            "retryStrategy": {"PushRetryStrategy": "EXPONENTIAL_DECAY_RETRY"},
            "deadLetterQueue": {"Arn": DEAD_LETTER_ARN},
        },
    }
    for key, value in changes.items():
        (config if key in config else config["runOptions"])[key] = value
    return config
