"""A fake cloud, and VOD through its official client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from fakealiyun import FakeCloud
from fakealiyun.testing.vod import Vod

# Properties are tried without a deadline: a busy machine is no reason to fail.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


@pytest.fixture(scope="session")
def running_cloud() -> Iterator[FakeCloud]:
    """One cloud for all tests of this process; ask for `cloud`, which resets it."""
    with FakeCloud() as cloud:
        yield cloud


@pytest.fixture
def cloud(running_cloud: FakeCloud) -> FakeCloud:
    """The cloud as it is after its start: no media, no objects, its clock at the machine's."""
    running_cloud.reset()
    return running_cloud


@pytest.fixture(params=[None, "v2"], ids=["acs3", "rpc"])
def algorithm(request: pytest.FixtureRequest) -> str | None:
    """Both signature schemes of the official client."""
    algorithm: str | None = request.param
    return algorithm


@pytest.fixture
def vod(cloud: FakeCloud) -> Vod:
    """The administrator's client, with the client's own default signature."""
    return Vod(cloud)
