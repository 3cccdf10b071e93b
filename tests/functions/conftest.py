"""The deployment, served once a process; the cloud is new for every test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fakealiyun.vod.settings import TRANSCODE
from tests.support.code_under_test import CodeUnderTest
from tests.support.house import NEXT_OWNER_KEY, OWNER_KEY, House, serve, settings
from tests.support.tokens import Issuer

VARIANTS: dict[str, dict[str, Any]] = {
    # Every choice that is the deployment's.
    "chosen": {
        "environmentVariables": {
            "VODPASS_TEMPLATE_GROUP_ID": TRANSCODE,
            "VODPASS_CATE_ID": "1000000001",
            "VODPASS_APP_ID": "app-1000000",
            "VODPASS_MAX_FILE_SIZE": "1000000",
            "VODPASS_UPLOAD_WINDOW": "3600",
            "VODPASS_PLAY_MAX_TIMEOUT": "200",
            "VODPASS_CORS_ORIGINS": "null",
            "VODPASS_DEFAULT_SCOPES": "vod:upload vod:refresh",
            "VODPASS_OWNER_KEYS": f"{NEXT_OWNER_KEY},{OWNER_KEY}",
        }
    },
    # A runtime that has the role's key in the environment only, fixed when an instance starts.
    "newer": {"runtime": "python3.12", "only": ["play"]},
    # One that gives each invocation the key of the hour.
    "older": {"runtime": "python3.10", "only": ["play"]},
    # A role that may not do what the function does.
    "powerless": {"role": "vodpass-play", "only": ["upload"]},
    # A setting that is wrong.
    "broken": {"environmentVariables": {"VODPASS_OWNER_KEYS": "k1:c2hvcnQ="}, "only": ["play"]},
    # Deadlines that pass soon. The functions keep 0.8 of this, and upload 2.5 s of that for
    # finding out what became of a video.
    "hurried": {"timeout": 2, "only": ["refresh", "play"]},
    "hasty": {"timeout": 3, "only": ["upload"]},
}


@pytest.fixture(scope="session")
def running_house(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """The deployment; ask for `house`, which has a new cloud."""
    issuer = Issuer()
    project = tmp_path_factory.mktemp("project")
    with serve(code_under_test, project, issuer, settings(issuer), VARIANTS) as house:
        yield house


@pytest.fixture
def house(running_house: House) -> House:
    """The deployment on a cloud without media."""
    running_house.cloud.reset()
    return running_house


@pytest.fixture
def alice(house: House) -> str:
    """A token of one user."""
    return house.issuer.token("alice")


@pytest.fixture
def bob(house: House) -> str:
    """A token of another."""
    return house.issuer.token("bob")
