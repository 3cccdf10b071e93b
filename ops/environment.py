"""The environment of a function in a rendered `s.yaml`, read as the function will read it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ops.domains import TO_EVENTS, leads_to_events
from shared.config.settings import Settings, SettingsError, load
from shared.config.uses import USES
from shared.config.variables import VARIABLES

ENVIRONMENT_BYTES = 4096
"""Function Compute's limit for a function's variables; what it counts beside names and values is
not documented, so two bytes for each variable are added."""


def in_environment(place: str, function: str, props: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the variables of one function, given its props. No line has a value."""
    variables: Mapping[str, str] = props["environmentVariables"]
    for name, value in variables.items():
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
            yield f"{place}.{name}: must begin with a letter and have letters, digits and _ only"
        elif name.startswith("FC_"):
            yield f"{place}.{name}: FC_ is Function Compute's own prefix"
        elif name == "VODPASS_LOCAL" or name.endswith("_ENDPOINT"):
            yield f"{place}.{name}: is for a machine without an account, never for a deployment"
        elif name != "PYTHONPATH" and name not in USES[function]:
            yield f"{place}.{name}: {function} does not read it"
        if "${" in value:
            yield f"{place}.{name}: holds an expression that was not resolved"
    size = sum(len(name.encode()) + len(value.encode()) + 2 for name, value in variables.items())
    if size > ENVIRONMENT_BYTES:
        yield f"{place}: must be at most {ENVIRONMENT_BYTES} bytes in all, is {size}"
    if variables.get("PYTHONPATH") != "/code/python":
        yield f"{place}.PYTHONPATH: must be /code/python, where the bundle has its packages"
    try:
        settings = load(variables, USES[function])
    except SettingsError as error:
        yield f"{place}.{error.variable}: {error.allowed}"
        return
    if settings.region != props["region"]:
        yield f"{place}.VODPASS_REGION: must be the region of the function"
    verifies = "VODPASS_JWT_KEYS" in USES[function]
    if verifies and (settings.jwt_keys is None) == (not settings.jwt_jwks_url):
        yield f"{place}.VODPASS_JWT_KEYS: either this or VODPASS_JWT_JWKS_URL must be set, not both"
    if settings.jwt_jwks_url and not settings.jwt_jwks_url.startswith("https://"):
        yield f"{place}.VODPASS_JWT_JWKS_URL: must be an https URL in a deployment"
    yield from _callback(place, settings, props)
    yield from _client_roles(place, settings)


def _callback(place: str, settings: Settings, props: Mapping[str, Any]) -> Iterator[str]:
    # A queue beside it is no excuse: which road VOD takes is set at VOD, not here, and the doctor
    # sends what VOD would send, signed, to this address.
    url, domain = settings.callback_url, props.get("customDomain")
    if url and domain is not None and not leads_to_events(url, domain):
        yield (
            f"{place}.VODPASS_CALLBACK_URL: must be on the domainName of customDomain and below "
            f"its route {TO_EVENTS}: nothing else leads to the function"
        )


def _client_roles(place: str, settings: Settings) -> Iterator[str]:
    # A purpose cannot do more than its role; two purposes in one role can each do both's.
    seen: dict[str, str] = {}
    for name in ("VODPASS_STS_UPLOAD_ROLE", "VODPASS_STS_PLAY_ROLE", "VODPASS_STS_OSS_ROLE"):
        role = getattr(settings, VARIABLES[name].attribute)
        if role in seen:
            yield f"{place}.{name}: is the role of {seen[role]} too; each purpose has its own"
        if role:
            seen[role] = name
