"""`python -m fakealiyun`: the fake cloud alone, until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

from fakealiyun.fake_cloud import PAGE_ORIGINS, FakeCloud
from fakealiyun.vod.settings import VodSettings


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fakealiyun", description=__doc__)
    parser.add_argument("--port", type=int, default=9001, help="0 takes any free one (9001)")
    parser.add_argument("--data-dir", type=Path, help="where objects are kept (temporary)")
    parser.add_argument("--ram-dir", type=Path, help="the roles, a folder each (none)")
    parser.add_argument("--region", default="cn-shanghai", help="the region (cn-shanghai)")
    parser.add_argument(
        "--upload-endpoint",
        choices=("ip", "localhost"),
        default="ip",
        help="UploadAddress.Endpoint: 127.0.0.1, or oss-REGION.localhost, for browsers only (ip)",
    )
    parser.add_argument(
        "--map-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a further host name to answer to, exact or *.suffix; may be repeated",
    )
    parser.add_argument(
        "--own-origin",
        action="append",
        metavar="ORIGIN",
        help=f"a page that may use the control routes; may be repeated ({PAGE_ORIGINS[0]})",
    )
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    cloud = FakeCloud(
        port=arguments.port,
        data_dir=arguments.data_dir,
        ram_dir=arguments.ram_dir,
        region=arguments.region,
        vod_settings=VodSettings(upload_endpoint=arguments.upload_endpoint),
        mapped_hosts=arguments.map_host,
        own_origins=arguments.own_origin or PAGE_ORIGINS,
    )
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


def main() -> None:
    """The console script."""
    asyncio.run(_serve(_arguments()))


if __name__ == "__main__":
    main()
