"""A fake cloud for every test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.cloud import FakeCloud


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
