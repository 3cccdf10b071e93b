"""A fake cloud for the tests of STS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from darabonba.core import DaraCore

from fakealiyun import FakeCloud


@pytest.fixture(scope="module")
def running() -> Iterator[FakeCloud]:
    with FakeCloud() as cloud:
        yield cloud
        _hang_up(cloud.endpoint)


def _hang_up(endpoint: str) -> None:
    """Close the connections that the official client keeps open for the whole process."""
    for key in [key for key in DaraCore._sessions if f"//{endpoint}:" in f"{key}:"]:
        DaraCore._sessions.pop(key).close()


@pytest.fixture
def cloud(running: FakeCloud) -> FakeCloud:
    """A cloud after a reset."""
    running.reset()
    return running
