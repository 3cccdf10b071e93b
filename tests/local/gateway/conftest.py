"""Serves the sample functions in `functions/` through the gateway, over real sockets."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fakealiyun.guard import Guard
from local.gateway import Gateway, load_deployment
from tests.support.gateway import PAGE, RunningGateway
from tests.support.gateway_cloud import ACCOUNT, GatewayCloud
from tests.support.loop_thread import LoopThread
from tests.support.sample_deployment import write_s_yaml

FUNCTIONS = Path(__file__).parent / "functions"


@pytest.fixture(scope="session")
def loop() -> Iterator[LoopThread]:
    thread = LoopThread()
    yield thread
    thread.close()


@pytest.fixture
def serve(loop: LoopThread, tmp_path: Path) -> Iterator[Callable[..., RunningGateway]]:
    """Starts a gateway with the named functions. `sample` selects another sample for a resource."""
    started: list[tuple[Gateway, GatewayCloud]] = []

    def start(
        functions: Mapping[str, Mapping[str, Any]] | list[str], **settings: Any
    ) -> RunningGateway:
        resources = {name: {} for name in functions} if isinstance(functions, list) else functions
        props = {}
        for name, given in resources.items():
            sample = dict(given)
            shutil.copytree(
                FUNCTIONS / sample.pop("sample", name),
                tmp_path / "build" / name,
                dirs_exist_ok=True,
            )
            props[name] = sample
        cloud = GatewayCloud()
        deployment = load_deployment(write_s_yaml(tmp_path, props), {}, account_id=ACCOUNT)
        gateway = Gateway(
            deployment,
            cloud,
            guard=Guard(own_origins=[PAGE]),
            **settings,
        )
        loop.run(gateway.start())
        started.append((gateway, cloud))
        return RunningGateway(gateway, cloud, tmp_path)

    yield start
    for gateway, cloud in started:
        loop.run(gateway.stop())
        cloud.clock.close()
