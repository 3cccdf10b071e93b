"""A fake cloud, and its Simple Log Service for the administrator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from alibabacloud_sls20201230.client import Client
from alibabacloud_tea_openapi.models import Config
from darabonba.core import DaraCore
from Tea.exceptions import TeaException

from fakealiyun import FakeCloud
from fakealiyun.identity import Credential
from fakealiyun.testing.local_names import names_below_localhost

Refused = Callable[..., str]


@pytest.fixture(scope="module")
def running() -> Iterator[FakeCloud]:
    with names_below_localhost(), FakeCloud() as cloud:
        yield cloud
        for key in [key for key in DaraCore._sessions if f":{cloud.port}:" in f"{key}:"]:
            DaraCore._sessions.pop(key).close()


@pytest.fixture
def cloud(running: FakeCloud) -> FakeCloud:
    """A cloud after a reset."""
    running.reset()
    return running


def client(cloud: FakeCloud, key: Credential, region: str = "cn-shanghai") -> Client:
    """The official client for one caller."""
    return Client(
        Config(
            access_key_id=key.access_key_id,
            access_key_secret=key.access_key_secret,
            security_token=key.security_token,
            endpoint=f"{region}.log.localhost:{cloud.port}",
            protocol="http",
            region_id=region,
        )
    )


@pytest.fixture
def sls(cloud: FakeCloud) -> Client:
    return client(cloud, cloud.admin)


def code_of(call: Callable[..., Any], *arguments: Any) -> str:
    """The code with which the service refuses a call."""
    with pytest.raises(TeaException) as refusal:
        call(*arguments)
    return str(refusal.value.code)
