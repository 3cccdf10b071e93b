"""The settings of a function, checked against the vendor's limits.

Sources: the documentation of Function Compute, the schema of the deployment component, and the
field comments in the SDK of 2023-03-30. If `cpu` is absent, it is proportional to the deployment
tool's default (0.35 for 512 MB). The default of the service is not documented.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fakealiyun.fc import errors
from fakealiyun.fc.fields import Fields

RUNTIMES = frozenset(
    "dotnetcore2.1 dotnetcore3.1 go1 java8 java11 nodejs8 nodejs10 nodejs12 nodejs14 nodejs16"
    " nodejs18 nodejs20 php7.2 python2.7 python3 python3.9 python3.10 python3.12".split()
)
_OTHER_RUNTIMES = frozenset(
    "custom custom-container custom.debian10 custom.debian11 custom.debian12 micro-sandbox".split()
)
MAX_ENVIRONMENT_BYTES = 4096
MAX_TAGS = 20

# The real service accepts these. The fake accepts only empty values.
_NOT_FAKED = (
    "customContainerConfig",
    "customDNS",
    "customRuntimeConfig",
    "disableOndemand",
    "enableLongLiving",
    "gpuConfig",
    "idleTimeout",
    "juiceFsConfig",
    "layers",
    "microSandboxConfig",
    "nasConfig",
    "ossMountConfig",
    "polarFsConfig",
    "resourceGroupId",
    "sessionAffinityConfig",
    "tracingConfig",
    "vpcConfig",
)
_KNOWN = frozenset(_NOT_FAKED) | {
    "cpu",
    "description",
    "disableInjectCredentials",
    "diskSize",
    "environmentVariables",
    "handler",
    "instanceConcurrency",
    "instanceIsolationMode",
    "instanceLifecycleConfig",
    "internetAccess",
    "logConfig",
    "memorySize",
    "role",
    "runtime",
    "sessionAffinity",
    "tags",
    "timeout",
}
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_ROLE = re.compile(r"acs:ram::[0-9]{1,20}:role/[A-Za-z0-9.-]{1,64}", re.ASCII)
_CPU_PER_MB = 0.35 / 512


def read_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """All settings of a function, with defaults. `given` must not contain name and code.

    Raises ApiError: InvalidArgument if the real service refuses the value, NotImplemented (501) if
    the real service may accept it and the fake does not.
    """
    fields = Fields(given, _KNOWN)
    fields.blank(*_NOT_FAKED)
    for name, usual in (
        ("disableInjectCredentials", "None"),
        ("instanceIsolationMode", "SHARE"),
        ("sessionAffinity", "NONE"),
    ):
        if fields.get(name) not in (None, "", usual):
            raise errors.not_faked(f"{name} other than {usual}")
    memory = fields.integer("memorySize", 128, 32768, default=512, step=64)
    found: dict[str, Any] = {
        "runtime": _runtime(fields),
        "handler": fields.text("handler", "a string of 1 to 128 characters", longest=128),
        "description": fields.text("description", "at most 256 characters", default=""),
        "memorySize": memory,
        "cpu": _cpu(fields, memory),
        "diskSize": fields.integer("diskSize", 512, 10240, default=512),
        "timeout": fields.integer("timeout", 1, 86400, default=3),
        "internetAccess": fields.truth("internetAccess", True),
        # Only custom runtimes may serve several requests at a time. The fake does not have them.
        "instanceConcurrency": fields.integer("instanceConcurrency", 1, 1, default=1),
        "instanceIsolationMode": "SHARE",
        "sessionAffinity": "NONE",
        "environmentVariables": _environment(fields),
        "tags": read_tags(fields.sequence("tags")),
    }
    if not found["handler"]:
        raise fields.refuse("handler", "a string of 1 to 128 characters")
    if found["diskSize"] not in (512, 10240):
        raise fields.refuse("diskSize", "512 or 10240")
    role = fields.text("role", "the ARN of a role, acs:ram::<account>:role/<name>", default="")
    if role and not _ROLE.fullmatch(role):
        raise fields.refuse("role", "the ARN of a role, acs:ram::<account>:role/<name>")
    found["role"] = role
    lifecycle = _lifecycle(fields)
    if lifecycle:
        found["instanceLifecycleConfig"] = lifecycle
    log = _log(fields)
    if log:
        found["logConfig"] = log
    return found


def read_tags(given: list[Any]) -> list[dict[str, str]]:
    """Tags, spelled as in the SDK (`Key`, `Value`) or as in the deployment tool (`key`, `value`).

    The result is spelled as in the SDK. Raises ApiError.
    """
    found: dict[str, str] = {}
    for item in given:
        if not isinstance(item, dict):
            raise errors.invalid_argument("tags must be a list of objects with key and value")
        fields = Fields({name.lower(): value for name, value in item.items()}, ("key", "value"))
        key = fields.text("key", "a string of 1 to 128 characters", longest=128)
        if not key or key.startswith(("aliyun", "acs:")) or "://" in key:
            raise errors.invalid_argument(
                "a tag's key has 1 to 128 characters, no :// and does not begin with aliyun or acs:"
            )
        if key in found:
            raise errors.invalid_argument("tags: two have the same key")
        found[key] = fields.text("value", "at most 128 characters", longest=128, default="")
    if len(found) > MAX_TAGS:
        raise errors.invalid_argument(f"a function has at most {MAX_TAGS} tags")
    return [{"Key": key, "Value": value} for key, value in found.items()]


def _runtime(fields: Fields) -> str:
    if fields.get("runtime") in _OTHER_RUNTIMES:
        raise errors.not_faked("custom runtimes and containers")
    return fields.choice("runtime", RUNTIMES)


def _cpu(fields: Fields, memory: int) -> float:
    value = fields.get("cpu")
    if value is None:
        value = max(0.05, round(memory * _CPU_PER_MB / 0.05) * 0.05)
    allowed = "a multiple of 0.05 from 0.05 to 16"
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.05 <= value <= 16:
        raise fields.refuse("cpu", allowed)
    if abs(value / 0.05 - round(value / 0.05)) > 1e-6:
        raise fields.refuse("cpu", allowed)
    if not 1 <= round(memory / 1024 / value, 6) <= 4:
        raise errors.invalid_argument("cpu to memorySize (in GB) must be from 1:1 to 1:4")
    return round(float(value), 2)


def _environment(fields: Fields) -> dict[str, str]:
    variables = fields.mapping("environmentVariables")
    size = 0
    for name, value in variables.items():
        place = f"environmentVariables.{name[:64]}"
        if not _VARIABLE.fullmatch(name):
            raise errors.invalid_argument(
                "a name in environmentVariables is a letter, then letters, digits and _"
            )
        if name.upper().startswith("FC_"):
            raise errors.invalid_argument(f"{place}: FC_* is reserved")
        if not isinstance(value, str) or "\0" in value:
            raise errors.invalid_argument(f"{place} must be a string")
        try:
            size += len(name) + len(value.encode())
        except UnicodeEncodeError:
            raise errors.invalid_argument(f"{place} must be Unicode text") from None
    if size > MAX_ENVIRONMENT_BYTES:
        raise errors.invalid_argument(
            f"environmentVariables have {size} bytes; {MAX_ENVIRONMENT_BYTES} are allowed"
        )
    return dict(variables)


def _lifecycle(fields: Fields) -> dict[str, Any]:
    given = Fields(
        fields.mapping("instanceLifecycleConfig"),
        ("initializer", "preStop"),
        "instanceLifecycleConfig",
    )
    found = {}
    for name, longest in (("initializer", 300), ("preStop", 90)):
        place = f"instanceLifecycleConfig.{name}"
        hook = Fields(given.mapping(name), ("handler", "timeout", "command"), place)
        hook.blank("command")
        handler = hook.text("handler", "a string of at most 128", longest=128, default="")
        if handler:
            found[name] = {
                "handler": handler,
                "timeout": hook.integer("timeout", 1, longest, default=3),
            }
    return found


def _log(fields: Fields) -> dict[str, Any]:
    known = "project logstore enableRequestMetrics enableInstanceMetrics enableLlmMetrics"
    given = Fields(fields.mapping("logConfig"), f"{known} logBeginRule".split(), "logConfig")
    found: dict[str, Any] = {
        name: given.text(name, "a string of at most 128", longest=128, default="")
        for name in ("project", "logstore")
    }
    if found == {"project": "", "logstore": ""}:
        return {}
    if not all(found.values()):
        raise errors.invalid_argument("logConfig needs both project and logstore")
    for name in ("enableRequestMetrics", "enableInstanceMetrics", "enableLlmMetrics"):
        if name in given:
            found[name] = given.truth(name)
    if "logBeginRule" in given:
        found["logBeginRule"] = given.choice("logBeginRule", ("DefaultRegex", "None"))
    return found
