"""Fixtures for pytest: a fake Alibaba Cloud, as it is or reset for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakealiyun import FakeCloud


@pytest.fixture(scope="session")
def fake_aliyun() -> Iterator[FakeCloud]:
    """One cloud for the session. Its state is kept from test to test."""
    with FakeCloud() as cloud:
        yield cloud


@pytest.fixture
def fresh_aliyun(fake_aliyun: FakeCloud) -> FakeCloud:
    """The session's cloud, reset: no media, objects or messages, its clock at the machine's."""
    fake_aliyun.reset()
    return fake_aliyun
