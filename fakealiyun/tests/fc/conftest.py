"""A cloud that accepts deployments."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakealiyun import FakeCloud
from fakealiyun.testing.fc import Fc

ROLES = ("shop-upload", "shop-play")
TRUST = {
    "Version": "1",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": ["fc.aliyuncs.com"]},
        }
    ],
}


@pytest.fixture(scope="session")
def open_cloud() -> Iterator[FakeCloud]:
    with FakeCloud(allow_deploy=True) as cloud:
        yield cloud


@pytest.fixture
def fc(open_cloud: FakeCloud) -> Fc:
    """Function Compute of a cloud that accepts functions and runs none."""
    open_cloud.reset()
    for name in ROLES:
        open_cloud.ram.put_role(name, trust=TRUST)
    return Fc(open_cloud)
