"""A deployment with limits for each user and a real store. Variants lack or lose the store."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from local.limits_store import LimitsStore
from shared.config.limits import NAMES
from tests.support.code_under_test import CodeUnderTest
from tests.support.house import House, serve, settings
from tests.support.tokens import Issuer

OWN = dict.fromkeys(NAMES, 30)
"""The limits of the deployment. Tokens narrow them."""


def variant(**changes: str) -> dict[str, Any]:
    only = ["upload", "refresh", "play", "sts"]
    return {"only": only, "environmentVariables": changes}


@pytest.fixture(scope="session")
def running_house(
    code_under_test: CodeUnderTest,
    tmp_path_factory: pytest.TempPathFactory,
    limits_store: LimitsStore,
) -> Iterator[House]:
    issuer = Issuer()
    # Bound and never listening: every connection is refused.
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gone = f"redis://127.0.0.1:{closed.getsockname()[1]}"
        variants = {
            "off": variant(VODPASS_LIMITS="", VODPASS_LIMITS_URL=""),
            "apart": {
                **variant(VODPASS_LIMITS_URL=""),
                "concurrencyConfig": {"reservedConcurrency": 1},
            },
            "away": {
                **variant(VODPASS_LIMITS_URL=gone),
                "concurrencyConfig": {"reservedConcurrency": 1},
            },
            "refusing": variant(VODPASS_LIMITS_URL=gone, VODPASS_LIMITS_AWAY="refuse"),
        }
        environment = settings(
            issuer,
            VODPASS_LIMITS=json.dumps(OWN),
            VODPASS_LIMITS_URL=limits_store.url,
            # On a busy machine, a store that is late must not count as away.
            VODPASS_LIMITS_BUDGET="5000",
        )
        project = tmp_path_factory.mktemp("project")
        with serve(code_under_test, project, issuer, environment, variants) as house:
            yield house


@pytest.fixture
def store(limits_store: LimitsStore) -> Iterator[redis.Redis]:
    """The store, empty."""
    client = redis.Redis.from_url(limits_store.url, decode_responses=True)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def house(running_house: House, store: redis.Redis) -> House:
    """The deployment on a cloud without media, with an empty store."""
    running_house.cloud.reset()
    return running_house
