"""The environment of an instance: what Function Compute sets, and nothing from the developer."""

from __future__ import annotations

from pathlib import Path

from local.gateway.cloud_link import RoleCredentials
from local.gateway.function import Function

_CODE = "/code"
_LISTEN_PORT = "9000"  # for custom runtimes, but set in every runtime


def instance_environment(
    function: Function,
    *,
    account_id: str,
    instance_id: str,
    credentials: RoleCredentials | None,
    scratch: Path,
) -> dict[str, str]:
    """Every variable that a new instance of `function` sees.

    The names come from Function Compute's documentation. `scratch` replaces the disk of the
    instance. It is TMPDIR and also HOME: without HOME, a library would find the developer's home
    folder in the password database. (What Function Compute sets HOME to is not documented.)
    """
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TZ": "UTC",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "FC_FUNC_CODE_PATH": str(function.code),
        "FC_ACCOUNT_ID": account_id,
        "FC_FUNCTION_NAME": function.name,
        "FC_FUNCTION_HANDLER": function.handler,
        "FC_FUNCTION_MEMORY_SIZE": str(function.memory),
        "FC_REGION": function.region,
        "FC_INSTANCE_ID": instance_id,
        "FC_QUALIFIER": function.qualifier,
        "FC_CUSTOM_LISTEN_PORT": _LISTEN_PORT,
    }
    # The runtime on Debian 10 (python3.10) uses the older name, the one on Debian 11 the newer.
    version = "FC_VER_ID" if function.runtime == "python3.10" else "FC_FUNCTION_VERSION"
    environment[version] = function.version
    environment.update(
        (name, _mapped(value, function.code)) for name, value in function.environment.items()
    )
    if credentials is not None:
        environment["ALIBABA_CLOUD_ACCESS_KEY_ID"] = credentials.access_key_id
        environment["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] = credentials.access_key_secret
        environment["ALIBABA_CLOUD_SECURITY_TOKEN"] = credentials.security_token
    return environment


def _mapped(value: str, code: Path) -> str:
    """`value` with `/code` replaced by the code folder, in each of its paths (colons separate)."""
    parts = value.split(":")
    mapped = [
        f"{code}{part[len(_CODE) :]}" if part == _CODE or part.startswith(f"{_CODE}/") else part
        for part in parts
    ]
    return ":".join(mapped)
