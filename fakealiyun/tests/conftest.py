"""The cloud of the pytest plugin, and VOD through its official client."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from fakealiyun import FakeCloud
from fakealiyun.testing.vod import Vod

# Properties have no deadline: a test must not fail because the machine is busy.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


@pytest.fixture
def cloud(fresh_aliyun: FakeCloud) -> FakeCloud:
    """The plugin's cloud after a reset. Some folders of tests override it."""
    return fresh_aliyun


@pytest.fixture(params=[None, "v2"], ids=["acs3", "rpc"])
def algorithm(request: pytest.FixtureRequest) -> str | None:
    """Both signature schemes of the official client."""
    algorithm: str | None = request.param
    return algorithm


@pytest.fixture
def vod(cloud: FakeCloud) -> Vod:
    """VOD's official client with the administrator's AccessKey and the default signature."""
    return Vod(cloud)
