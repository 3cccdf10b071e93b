"""`python -m local` (`make run`): serves the functions, the fake cloud and the page locally.

With `--allow-deploy` the fake Function Compute accepts deployments. Everyone who has the local
account's AccessKey can then run code on this machine. `--empty-account` does the same with an
account that has nothing in it, and serves nothing of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import NoReturn

from local.build import fill
from local.checkout_keys import KeysError, LocalKeys, load_keys
from local.empty_account import EmptyAccount
from local.gateway import DeploymentError
from local.limits_store import LimitsStore, StoreNotStarted, redis_server
from local.own_settings import OwnSettings, SettingsRefused, own_settings
from local.rendered import doctor_command, settings_file
from local.stack import PROJECT, Stack, StartError
from ops.code_folder import BuildError


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise StartError(f"{name} must be a whole number from 0 to 65535")
    return int(text)


def _ports(environ: Mapping[str, str]) -> tuple[int, int]:
    port, cloud_port = _port(environ, "PORT", 9000), _port(environ, "CLOUD_PORT", 9001)
    if port and port == cloud_port:
        raise StartError("PORT and CLOUD_PORT must differ")
    return port, cloud_port


def _show(line: str) -> None:
    print(line, flush=True)


async def serve(
    port: int, cloud_port: int, keys: LocalKeys, own: OwnSettings, *, allow_deploy: bool
) -> None:
    """Run until SIGINT or SIGTERM. Raises StartError and DeploymentError."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    with _limits_store(own) as (store_url, counted):
        values = {**own.values, **store_url}
        report = (*own.report, *counted)
        await _serve(port, cloud_port, keys, values, report, stopped, allow_deploy=allow_deploy)


@contextlib.contextmanager
def _limits_store(own: OwnSettings) -> Iterator[tuple[dict[str, str], list[str]]]:
    """A Redis for limits that have no store, as a setting, and what to tell the developer."""
    url: dict[str, str] = {}
    said = []
    with contextlib.ExitStack() as started:
        if "VODPASS_LIMITS" in own.values and "VODPASS_LIMITS_URL" not in own.values:
            said = ["limits: each instance counts for itself, because redis-server is missing"]
            program = redis_server()
            if program is not None:
                store = LimitsStore(program)
                try:
                    store.start()
                except StoreNotStarted as error:
                    said = [f"limits: each instance counts for itself, because {error}"]
                else:
                    started.callback(store.stop)
                    url = {"VODPASS_LIMITS_URL": store.url}
                    said = ["limits: a redis-server of its own counts for all instances"]
        yield url, said


async def _serve(
    port: int,
    cloud_port: int,
    keys: LocalKeys,
    environment: Mapping[str, str],
    report: Iterable[str],
    stopped: asyncio.Event,
    *,
    allow_deploy: bool,
) -> None:
    stack = Stack(
        build=PROJECT / "build",
        keys=keys,
        port=port,
        cloud_port=cloud_port,
        environment=environment,
        echo=_show,
        events=True,
        allow_deploy=allow_deploy,
    )
    await stack.start()
    try:
        _show(f"vodpass ready: functions {stack.url}  cloud {stack.cloud.url}")
        for line in report:
            _show(line)
        _show(f"page: open {stack.url} in a browser")
        with settings_file(stack, PROJECT / ".local") as settings:
            _show(f"check it: {doctor_command(stack, settings.relative_to(PROJECT))}")
            await stopped.wait()
    finally:
        await stack.stop()


async def serve_empty(webhook_url: str, mapped_hosts: Iterable[str]) -> None:
    """Serve an empty account until SIGINT or SIGTERM. Raises OSError if no port can be used."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    variables = {"VODPASS_WEBHOOK_URL": webhook_url} if webhook_url else {}
    account = EmptyAccount(variables=variables, mapped_hosts=mapped_hosts)
    await account.start()
    try:
        _show(f"vodpass ready: functions {account.gateway.url}  cloud {account.cloud.url}")
        await stopped.wait()
    finally:
        await account.stop()


def main() -> int:
    """Start, serve and stop. The exit code is 0, or 1 if it cannot start."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _exit)
    parser = argparse.ArgumentParser(
        prog="python -m local", description="Runs vodpass on this machine."
    )
    parser.add_argument(
        "--allow-deploy",
        action="store_true",
        help="let the fake Function Compute accept deployments and run their code",
    )
    parser.add_argument(
        "--empty-account",
        action="store_true",
        help="only a fake cloud on free ports, with nothing in it, that accepts deployments",
    )
    parser.add_argument(
        "--webhook-url",
        default="",
        metavar="URL",
        help="with --empty-account: where deployed functions send their events",
    )
    parser.add_argument(
        "--map-host",
        action="append",
        default=[],
        metavar="NAME",
        help="with --empty-account: another name that the fake cloud answers to, or *.NAME",
    )
    arguments = parser.parse_args()
    allow_deploy: bool = arguments.allow_deploy
    try:
        if arguments.empty_account:
            asyncio.run(serve_empty(arguments.webhook_url, arguments.map_host))
            return 0
        port, cloud_port = _ports(os.environ)
        own = own_settings(PROJECT, os.environ)
        fill(PROJECT, PROJECT / "build", PROJECT / ".local")
        keys = load_keys(PROJECT / ".local")
        asyncio.run(serve(port, cloud_port, keys, own, allow_deploy=allow_deploy))
    except (StartError, BuildError, DeploymentError, KeysError, SettingsRefused) as error:
        print(f"vodpass cannot start: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def _exit(_number: int, _frame: object) -> NoReturn:
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
