"""Stand-ins for modules that a synchronous call through our own transport does not use.

The SDK imports all of these when it is loaded, and each imports more. A stand-in has the names that
the SDK imports from it, and raises LeftOutError when one of them is used.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.bundle.imports import Import
from ops.code_folder import BuildError


@dataclass(frozen=True)
class StandIn:
    """One module: any use of `names` is refused; `idle` classes may be instantiated."""

    names: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()


STAND_INS: Mapping[str, StandIn] = {
    # The SDK's transports, asynchronous and synchronous. shared/transport.py replaces them.
    "aiohttp": StandIn(("ClientResponse", "ClientSession", "ClientTimeout", "TCPConnector")),
    "requests": StandIn(("PreparedRequest", "Session", "status_codes")),
    "requests.adapters": StandIn(idle=("HTTPAdapter",)),
    # Web sockets, which VOD and STS do not use.
    "darabonba.websocket": StandIn(
        (
            "get_web_socket_enable_reconnect",
            "get_web_socket_handshake_timeout",
            "get_web_socket_max_reconnect_times",
            "get_web_socket_ping_interval",
            "get_web_socket_pong_timeout",
            "get_web_socket_reconnect_interval",
            "get_web_socket_write_timeout",
            "new_websocket_client_and_connect",
        )
    ),
    "alibabacloud_tea_openapi.websocket_utils": StandIn(
        ("StreamHandler", "SubProtocolAWAP", "SubProtocolGeneral", "new_websocket_client")
    ),
    "alibabacloud_tea_openapi.websocket_utils_models": StandIn(),
    # The source of keys, which shared/alibaba/credentials.py replaces; and hooks around calls.
    "alibabacloud_credentials": StandIn(),
    "alibabacloud_credentials.client": StandIn(("Client",)),
    "alibabacloud_credentials.models": StandIn(("Config",)),
    "alibabacloud_gateway_spi": StandIn(),
    "alibabacloud_gateway_spi.client": StandIn(("Client",)),
    "alibabacloud_gateway_spi.models": StandIn(
        (
            "AttributeMap",
            "InterceptorContext",
            "InterceptorContextConfiguration",
            "InterceptorContextRequest",
            "InterceptorContextResponse",
        )
    ),
    # PyJWT's own fetching of keys imports urllib, tempfile and more.
    # shared/auth/published_keys.py fetches ours.
    "jwt.jwks_client": StandIn(("PyJWKClient",)),
}

STOOD_IN_PACKAGES = frozenset(name for name in STAND_INS if "." not in name)
"""The packages of which only the stand-ins are bundled."""


def check(source: Path, imports: Sequence[Import]) -> None:
    """Raise BuildError if a source imports a name that its stand-ins do not have."""
    for item in imports:
        stood_in = item.root in STOOD_IN_PACKAGES or covers(item.module)
        if not stood_in or item.level or not item.at_once:
            continue
        known = STAND_INS.get(item.module)
        has = () if known is None else (*known.names, *known.idle)
        lacking = [n for n in item.names if n not in has and f"{item.module}.{n}" not in STAND_INS]
        if known is None or lacking:
            raise BuildError(
                f"the SDK has changed: {source.parent.name}/{source.name} imports"
                f" {'.'.join([item.module, *lacking[:1]])}, for which there is no stand-in"
                " (ops/bundle/stand_ins.py)"
            )


def covers(module: str) -> bool:
    """Whether a stand-in replaces a module, or the package that it is in."""
    return any(f"{module}.".startswith(f"{name}.") for name in STAND_INS)


def write(folder: Path, roots: frozenset[str]) -> None:
    """Write the stand-ins for and in these packages into `folder`."""
    for module, stand_in in STAND_INS.items():
        if module.partition(".")[0] not in roots:
            continue
        is_package = any(other.startswith(f"{module}.") for other in STAND_INS)
        place = module.replace(".", "/") + ("/__init__.py" if is_package else ".py")
        path = folder / place
        if not is_package:
            shutil.rmtree(folder / module.replace(".", "/"), ignore_errors=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_source(module, stand_in), "utf-8")


def _source(module: str, stand_in: StandIn) -> str:
    lines = [f'"""Stands in for {module}, which this bundle leaves out."""']
    inner = [name for name in STAND_INS if name.rpartition(".")[0] == module]
    if stand_in.names:
        lines.append("from left_out import left_out")
    if stand_in.idle:
        lines.append("from left_out import Idle")
    lines += [f"{name} = left_out(__name__, {name!r})" for name in stand_in.names]
    lines += [f"class {name}(Idle):\n    pass" for name in stand_in.idle]
    lines += [f"from {module} import {name.rpartition('.')[2]}" for name in inner]
    return "\n".join(lines) + "\n"
