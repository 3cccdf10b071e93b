"""Fixtures for pytest: a fake Alibaba Cloud, kept for the session or reset for each test.

The plugin loads no server before a test uses one of its fixtures. pytest finds the plugin by its
entry point, which has the name of this module. So `-p fakealiyun.pytest_plugin` and
`pytest_plugins` may name it as well: pytest then sees that it is already there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fakealiyun.fake_cloud import FakeCloud


@pytest.fixture(scope="session")
def fake_aliyun_options() -> Mapping[str, Any]:
    """The arguments of `FakeCloud` for `fake_aliyun`. Override it in your conftest.py."""
    return {}


@pytest.fixture(scope="session")
def fake_aliyun(fake_aliyun_options: Mapping[str, Any]) -> Iterator[FakeCloud]:
    """A running fake cloud. One for the session: its state passes from test to test."""
    from fakealiyun.fake_cloud import FakeCloud

    with FakeCloud(**fake_aliyun_options) as cloud:
        yield cloud


@pytest.fixture
def fresh_aliyun(fake_aliyun: FakeCloud) -> FakeCloud:
    """The cloud of the session, reset: no media, objects or messages, and the clock set back."""
    fake_aliyun.reset()
    return fake_aliyun
