"""One world for each test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.checkout_keys import load_keys
from tests.reliability.scenarios import World, world


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(load_keys(tmp_path_factory.mktemp("keys"))) as made:
        yield made
