"""Check a function's environment in a rendered `s.yaml` with the function's own parsers."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ops import setting_faults
from ops.domains import TO_EVENTS, leads_to_events
from shared.config.settings import Settings, load
from shared.config.uses import USES
from shared.config.variables import PREFIX, VARIABLES

ENVIRONMENT_BYTES = 4096
"""Function Compute's limit for all variables of a function. It does not document what it counts
besides names and values, so two bytes are added for each variable."""


def in_environment(place: str, function: str, props: Mapping[str, Any]) -> Iterator[str]:
    """Faults in the variables of one function, given its props. No line has a value."""
    variables: Mapping[str, str] = props["environmentVariables"]
    for name, value in variables.items():
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
            yield f"{place}.{name}: must begin with a letter and have only letters, digits and _"
        elif name.startswith("FC_"):
            yield f"{place}.{name}: FC_ is Function Compute's own prefix"
        elif name == "VODPASS_LOCAL" or name.endswith("_ENDPOINT"):
            yield f"{place}.{name}: is for local development, never for a deployment"
        elif name not in {*USES[function], "PYTHONPATH"} and not _is_unknown_setting(name):
            yield f"{place}.{name}: {function} does not read it"
        if "${" in value:
            yield f"{place}.{name}: holds an expression that `s` did not resolve"
    size = sum(len(name.encode()) + len(value.encode()) + 2 for name, value in variables.items())
    if size > ENVIRONMENT_BYTES:
        yield f"{place}: must be at most {ENVIRONMENT_BYTES} bytes in all, is {size}"
    if variables.get("PYTHONPATH") != "/code/python":
        yield f"{place}.PYTHONPATH: must be /code/python, where the bundle has its packages"
    faults = setting_faults.of_function(variables, USES[function])
    for name, text in faults.items():
        yield f"{place}.{name}: {text}"
    if faults:
        return
    settings = load(variables, USES[function])
    if settings.region != props["region"]:
        yield f"{place}.VODPASS_REGION: must be the region of the function"
    verifies = "VODPASS_JWT_KEYS" in USES[function]
    if verifies and (settings.jwt_keys is None) == (not settings.jwt_jwks_url):
        yield f"{place}.VODPASS_JWT_KEYS: set either this or VODPASS_JWT_JWKS_URL, not both"
    if settings.jwt_jwks_url and not settings.jwt_jwks_url.startswith("https://"):
        yield f"{place}.VODPASS_JWT_JWKS_URL: must be an https URL in a deployment"
    if settings.limits_url.startswith("redis://") and "vpcConfig" not in props:
        yield (
            f"{place}.VODPASS_LIMITS_URL: redis:// leads to a private address, which only a "
            "function with vpcConfig reaches (s.limits.yaml)"
        )
    yield from _callback(place, settings, props)
    yield from _client_roles(place, settings)


def _is_unknown_setting(name: str) -> bool:
    """Whether `setting_faults` reports the name."""
    return name.startswith(PREFIX) and name not in VARIABLES


def _callback(place: str, settings: Settings, props: Mapping[str, Any]) -> Iterator[str]:
    # Also with a queue: whether VOD calls by HTTP or by queue is set at VOD, not here. And the
    # doctor sends signed callbacks to this address.
    url, domain = settings.callback_url, props.get("customDomain")
    if settings.callback_keys and domain is not None and not leads_to_events(url, domain):
        yield (
            f"{place}.VODPASS_CALLBACK_URL: must be on the domainName of customDomain and below "
            f"its route {TO_EVENTS}: no other path leads to the function"
        )


def _client_roles(place: str, settings: Settings) -> Iterator[str]:
    # If two purposes share a role, each can do what the other may.
    seen: dict[str, str] = {}
    for name in ("VODPASS_STS_UPLOAD_ROLE", "VODPASS_STS_PLAY_ROLE", "VODPASS_STS_OSS_ROLE"):
        role = getattr(settings, VARIABLES[name].attribute)
        if role in seen:
            yield f"{place}.{name}: is also the role of {seen[role]}; each purpose needs its own"
        if role:
            seen[role] = name
