"""The command: `fakealiyun`, or `python -m fakealiyun`."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from fakealiyun.fake_cloud import FakeCloud
from fakealiyun.ram.state import ACCOUNT_ID, ADMIN_ACCESS_KEY_ID, ADMIN_ACCESS_KEY_SECRET
from fakealiyun.vod.settings import VodSettings

DESCRIPTION = """\
Serve a fake Alibaba Cloud on 127.0.0.1 until SIGINT or SIGTERM.

`fakealiyun verify` checks what the fake knows against a real account; see its --help.

The environment may set the AccessKey of the administrator:
  FAKEALIYUN_ACCESS_KEY_ID      its id (LTAIlocaladmin)
  FAKEALIYUN_ACCESS_KEY_SECRET  its secret (local-admin-secret)
"""

# A secret on the command line would show in the list of processes. The names are the fake's own:
# the variables that the SDKs read may hold the key of a real account.
KEY_ID_VARIABLE = "FAKEALIYUN_ACCESS_KEY_ID"
KEY_SECRET_VARIABLE = "FAKEALIYUN_ACCESS_KEY_SECRET"  # noqa: S105 - the name of a variable


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError("expected a number from 0 to 65535")
    return int(text)


def _assignment(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name:
        raise argparse.ArgumentTypeError("expected NAME=VALUE")
    return name, value


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError("expected a whole number")
    return int(text)


def _offset(text: str) -> tuple[str, float]:
    name, seconds = _assignment(text)
    try:
        return name, float(seconds)
    except ValueError:
        raise argparse.ArgumentTypeError("expected TYPE=SECONDS") from None


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line. Ends the process with status 2 if it is wrong."""
    parser = argparse.ArgumentParser(
        prog="fakealiyun",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=version("fakealiyun"))
    parser.add_argument(
        "--port", type=_port, default=9001, help="port to listen on; 0 means any free port (9001)"
    )
    parser.add_argument(
        "--region", default="cn-shanghai", help="region of the account (%(default)s)"
    )
    parser.add_argument(
        "--account-id", default=ACCOUNT_ID, metavar="DIGITS", help="account id (%(default)s)"
    )
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="folder for stored objects (a temporary one)"
    )
    parser.add_argument(
        "--ram-dir",
        type=Path,
        metavar="DIR",
        help="folder of roles: DIR/ROLE/policy.json and DIR/ROLE/trust.json (no roles)",
    )
    parser.add_argument(
        "--ram-value",
        action="append",
        default=[],
        type=_assignment,
        metavar="NAME=VALUE",
        help="value for the placeholder ${NAME} in the files of --ram-dir; may be repeated",
    )
    parser.add_argument(
        "--upload-endpoint",
        choices=("ip", "localhost"),
        default="ip",
        help="UploadAddress.Endpoint: 127.0.0.1, or oss-REGION.localhost, which only browsers"
        " resolve (%(default)s)",
    )
    parser.add_argument(
        "--upload-lifetime",
        type=_whole_number,
        default=VodSettings.upload_lifetime,
        metavar="SECONDS",
        help="how long an upload credential is valid (%(default)s)",
    )
    parser.add_argument(
        "--callback-offset",
        action="append",
        default=[],
        type=_offset,
        metavar="TYPE=SECONDS",
        help="send callbacks of this event type, or ALL, so many seconds after the status that they"
        " announce; a negative number means before it; may be repeated (0)",
    )
    parser.add_argument(
        "--single-app",
        action="store_true",
        help="an account that has not opened multiple applications of VOD",
    )
    parser.add_argument(
        "--acceleration",
        action="store_true",
        help="an account that is enabled for AccelerateConfig",
    )
    parser.add_argument(
        "--play-domain",
        action="append",
        default=[],
        metavar="NAME",
        help="a domain that GetPlayInfo accepts in PlayConfig.PlayDomain; may be repeated",
    )
    parser.add_argument(
        "--map-host",
        action="append",
        default=[],
        metavar="NAME",
        help="another host name to answer to, exact or *.suffix; may be repeated",
    )
    parser.add_argument(
        "--own-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="origin of a page that may use the control routes; may be repeated (no page)",
    )
    parser.add_argument(
        "--allow-deploy",
        action="store_true",
        help="let Function Compute accept deployments; it stores functions and runs none",
    )
    return parser.parse_args(arguments)


def make_cloud(arguments: argparse.Namespace, environment: Mapping[str, str]) -> FakeCloud:
    """The cloud that the command line and the environment describe.

    Raises ValueError for a value that is not allowed, OSError for a folder that cannot be read.
    """
    return FakeCloud(
        port=arguments.port,
        data_dir=arguments.data_dir,
        ram_dir=arguments.ram_dir,
        ram_values=dict(arguments.ram_value),
        account_id=arguments.account_id,
        region=arguments.region,
        admin_access_key_id=environment.get(KEY_ID_VARIABLE) or ADMIN_ACCESS_KEY_ID,
        admin_access_key_secret=environment.get(KEY_SECRET_VARIABLE) or ADMIN_ACCESS_KEY_SECRET,
        vod_settings=VodSettings(
            upload_endpoint=arguments.upload_endpoint,
            upload_lifetime=arguments.upload_lifetime,
            callback_offsets=dict(arguments.callback_offset),
            multiple_apps=not arguments.single_app,
            acceleration=arguments.acceleration,
            play_domains=frozenset(arguments.play_domain),
        ),
        mapped_hosts=arguments.map_host,
        own_origins=arguments.own_origin,
        allow_deploy=arguments.allow_deploy,
    )


async def _serve(arguments: argparse.Namespace) -> None:
    cloud = make_cloud(arguments, os.environ)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    try:
        await cloud.start()
        print(f"fake cloud ready at {cloud.url}, control at {cloud.url}/_local/state", flush=True)
        await stopping.wait()
    finally:
        await cloud.stop()


def main() -> int:
    """Run the console script. Returns its exit status: 2 if the cloud cannot start."""
    if sys.argv[1:2] == ["verify"]:
        from fakealiyun.verify import command

        return command.main(sys.argv[2:])
    arguments = parse_arguments()
    try:
        asyncio.run(_serve(arguments))
    except (ValueError, OSError) as error:
        print(f"fakealiyun: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
