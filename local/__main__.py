"""`python -m local` (`make run`): the functions, the fake cloud and the page on this machine."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from aiohttp import web

from local.build import BuildError, fill
from local.cloud import FakeCloud
from local.cloud.ram.state import LOCAL_VALUES
from local.development_token import AUDIENCE, ISSUER, token_route
from local.gateway import (
    Deployment,
    DeploymentError,
    FakeCloudLink,
    FunctionLogs,
    Gateway,
    load_deployment,
)
from local.guard import Guard
from local.keys import KeysError, LocalKeys, load_keys
from local.static import static_routes

PROJECT = Path(__file__).resolve().parents[1]
REGION = "cn-shanghai"


class StartError(Exception):
    """It cannot start; the message is one line for the developer."""


@dataclass(frozen=True)
class Options:
    """The two ports; 0 takes any free one."""

    port: int
    cloud_port: int

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Options:
        """From PORT and CLOUD_PORT. Raises StartError."""
        options = cls(_port(environ, "PORT", 9000), _port(environ, "CLOUD_PORT", 9001))
        if options.port and options.port == options.cloud_port:
            raise StartError("PORT and CLOUD_PORT must differ")
        return options


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise StartError(f"{name} must be a whole number from 0 to 65535")
    return int(text)


def deployment_environment(keys: LocalKeys, origins: list[str], account_id: str) -> dict[str, str]:
    """What `${env()}` in s.yaml sees here; nothing of the developer's own environment.

    Every purpose of /sts is switched on, with the roles, the bucket and the prefix that the fake
    cloud reads into the files of `ram/`.
    """
    role = f"acs:ram::{account_id}:role/vodpass-client"
    return {
        "VODPASS_REGION": REGION,
        "VODPASS_JWT_KEYS": keys.jwks,
        "VODPASS_JWT_ISSUER": ISSUER,
        "VODPASS_JWT_AUDIENCE": AUDIENCE,
        "VODPASS_ISSUER_ALIAS": "local",
        "VODPASS_OWNER_KEYS": keys.owner_keys,
        "VODPASS_CORS_ORIGINS": ",".join(origins),
        "VODPASS_STS_UPLOAD_ROLE": f"{role}-upload",
        "VODPASS_STS_PLAY_ROLE": f"{role}-play",
        "VODPASS_STS_OSS_ROLE": f"{role}-oss",
        "VODPASS_OSS_BUCKET": LOCAL_VALUES["Bucket"],
        "VODPASS_OSS_PREFIX": f"{LOCAL_VALUES['Prefix']}/",
    }


def local_environment(cloud_endpoint: str) -> dict[str, str]:
    """What every function gets here on top of s.yaml, and is refused anywhere else."""
    return {
        "VODPASS_LOCAL": "1",
        "VODPASS_VOD_ENDPOINT": cloud_endpoint,
        "VODPASS_STS_ENDPOINT": cloud_endpoint,
    }


async def serve(options: Options) -> None:
    """Run until SIGINT or SIGTERM. Raises StartError, DeploymentError, KeysError."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    keys = load_keys(PROJECT / ".local")
    listening = _listen(options.port, "PORT")
    port = listening.getsockname()[1]
    origins = [f"http://127.0.0.1:{port}", f"http://localhost:{port}"]
    cloud = FakeCloud(port=options.cloud_port, region=REGION, own_origins=origins)
    cloud.storage.create_bucket(LOCAL_VALUES["Bucket"], REGION)
    try:
        await _start(cloud, options.cloud_port)
        deployment = load_deployment(
            PROJECT / "s.yaml",
            deployment_environment(keys, origins, cloud.account_id),
            account_id=cloud.account_id,
            extra_environment=local_environment(cloud.endpoint),
        )
        gateway = Gateway(
            deployment,
            FakeCloudLink(cloud),
            guard=Guard(own_origins=origins),
            logs=FunctionLogs(lambda line: print(line, flush=True)),
            routes=[
                token_route(keys),
                _config_route(deployment, origins[0], cloud.url),
                *static_routes(PROJECT / "local" / "page"),
            ],
        )
        try:
            await gateway.start(listening=listening)
            print(f"vodpass ready: functions {origins[0]}  cloud {cloud.url}", flush=True)
            await stopped.wait()
        finally:
            await gateway.stop()
    finally:
        await cloud.stop()
        listening.close()


def _listen(port: int, name: str) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise StartError(_in_use(port, name, error)) from None
    return listening


async def _start(cloud: FakeCloud, port: int) -> None:
    try:
        await cloud.start()
    except OSError as error:
        raise StartError(_in_use(port, "CLOUD_PORT", error)) from None


def _in_use(port: int, name: str, error: OSError) -> str:
    reason = os.strerror(error.errno or 0)
    return f"port {port} of 127.0.0.1 cannot be used ({reason}); choose another by {name}"


def _config_route(deployment: Deployment, url: str, cloud_url: str) -> web.RouteDef:
    functions = {
        name: {
            "path": f"/{name}",
            "methods": sorted(function.http.methods) if function.http is not None else [],
        }
        for name, function in deployment.functions.items()
        if function.routes
    }
    config = {"url": url, "cloudUrl": cloud_url, "region": REGION, "functions": functions}

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(config, headers={"Cache-Control": "no-store"})

    return web.get("/_local/config", answer)


def main() -> int:
    """Start, serve, stop; the exit code is 0 unless it could not start."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    try:
        options = Options.read(os.environ)
        fill(PROJECT, PROJECT / "build", PROJECT / ".local")
        asyncio.run(serve(options))
    except (StartError, BuildError, DeploymentError, KeysError) as error:
        print(f"vodpass cannot start: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def _leave(_number: int, _frame: object) -> NoReturn:
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
