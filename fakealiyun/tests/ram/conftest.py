"""A fake cloud, and its RAM for the administrator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from darabonba.core import DaraCore

from fakealiyun import FakeCloud
from fakealiyun.testing.ram import RamClient

Refused = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def running() -> Iterator[FakeCloud]:
    with FakeCloud() as cloud:
        yield cloud
        for key in [key for key in DaraCore._sessions if f"//{cloud.endpoint}:" in f"{key}:"]:
            DaraCore._sessions.pop(key).close()


@pytest.fixture
def cloud(running: FakeCloud) -> FakeCloud:
    """A cloud after a reset."""
    running.reset()
    return running


@pytest.fixture
def api(cloud: FakeCloud) -> RamClient:
    return RamClient(cloud, cloud.admin)


@pytest.fixture
def refused(api: RamClient) -> Refused:
    """Calls an operation that RAM refuses, and returns status and code."""

    def call(operation: str, *, by: RamClient = api, **fields: Any) -> tuple[int, str]:
        with pytest.raises(AlibabaCloudException) as refusal:
            by.call(operation, **fields)
        return refusal.value.status_code, refusal.value.code

    return call


def allow(*actions: str, resource: str | list[str] = "*") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {"Version": "1", "Statement": [statement]}


def trust(**principal: Any) -> dict[str, Any]:
    statement: Mapping[str, Any] = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": principal,
    }
    return {"Version": "1", "Statement": [statement]}
