"""One cloud, app and set of wires for all tests; each test starts anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.checkout_keys import load_keys
from tests.reliability.scenarios import World
from tests.reliability.scenarios import world as running_world


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(load_keys(tmp_path_factory.mktemp("keys"))) as made:
        yield made


@pytest.fixture
def world(running: World) -> World:
    """A new cloud and an app without events."""
    running.reset()
    return running
