"""VOD through its official client, as the administrator."""

from __future__ import annotations

import pytest

from local.cloud import FakeCloud
from tests.cloud.clients import Vod


@pytest.fixture(params=[None, "v2"], ids=["acs3", "rpc"])
def algorithm(request: pytest.FixtureRequest) -> str | None:
    """Both signature schemes of the official client."""
    algorithm: str | None = request.param
    return algorithm


@pytest.fixture
def vod(cloud: FakeCloud) -> Vod:
    """The administrator's client, with the client's own default signature."""
    return Vod(cloud)
