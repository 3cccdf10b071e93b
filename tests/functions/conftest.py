"""One deployment for each test process. Each test gets a new cloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fakealiyun.vod.settings import NO_TRANSCODE, TRANSCODE, WORKFLOW
from tests.support.code_under_test import CodeUnderTest
from tests.support.house import NEXT_OWNER_KEY, OWNER_KEY, House, serve, settings
from tests.support.tokens import Issuer

VARIANTS: dict[str, dict[str, Any]] = {
    # All optional settings of a deployment.
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
    # The runtime gives the role credential only in the environment, fixed at the start.
    "newer": {"runtime": "python3.12", "only": ["play"]},
    # The runtime gives each invocation a current role credential.
    "older": {"runtime": "python3.10", "only": ["play"]},
    # The role lacks the permissions that the function needs.
    "powerless": {"role": "vodpass-play", "only": ["upload"]},
    # One setting is wrong.
    "broken": {"environmentVariables": {"VODPASS_OWNER_KEYS": "k1:c2hvcnQ="}, "only": ["play"]},
    # A deployment that signs no playback credential.
    "keyless": {"environmentVariables": {"VODPASS_PLAY_KEY": ""}, "only": ["play"]},
    # One whose PlayKey VOD accepts, and a holder of a credential could guess.
    "guessable": {
        "environmentVariables": {"VODPASS_PLAY_KEY": "abcdefgh12345678"},
        "only": ["play"],
    },
    # One that fixes what a player gets.
    "fixed": {
        "environmentVariables": {
            "VODPASS_PLAY_FORMATS": "mp4,m3u8",
            "VODPASS_PLAY_DEFINITION": "LD,SD",
            "VODPASS_PLAY_STREAM_TYPE": "video",
            "VODPASS_PLAY_AUTH_TIMEOUT": "1800",
        },
        "only": ["play"],
    },
    # One of a second application, which has the same PlayKey here.
    "another": {"environmentVariables": {"VODPASS_APP_ID": "app-2000000"}, "only": ["play"]},
    # One whose issuer chooses among categories and template groups.
    "choosing": {
        "environmentVariables": {
            "VODPASS_CATE_IDS": "1000000001,1000000002",
            "VODPASS_TEMPLATE_GROUP_IDS": f"{TRANSCODE},{'0' * 32}",
            "VODPASS_TEMPLATE_GROUP_ID": NO_TRANSCODE,
            "VODPASS_WORKFLOW_ID": WORKFLOW,
        },
        "only": ["upload"],
    },
    # One whose uploads name their callback address and use transfer acceleration.
    "addressed": {
        "environmentVariables": {"VODPASS_UPLOAD_CALLBACK": "1", "VODPASS_ACCELERATE": "1"},
        "only": ["upload"],
    },
    # One with a domain for playback, as a hint alone, and also signed.
    "hinted": {
        "environmentVariables": {"VODPASS_PLAY_DOMAIN": "play.example.com"},
        "only": ["play"],
    },
    "domained": {
        "environmentVariables": {
            "VODPASS_PLAY_DOMAIN": "play.example.com",
            "VODPASS_PLAY_DOMAIN_SIGNED": "1",
        },
        "only": ["play"],
    },
    # Short deadlines. The functions use 0.8 of this, and have the rest to answer. Of the 0.8,
    # upload keeps a share to look up the outcome of a create.
    "hurried": {"timeout": 6, "only": ["refresh", "play"]},
    "hasty": {"timeout": 6, "only": ["upload"]},
}


@pytest.fixture(scope="session")
def running_house(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """The running deployment. Tests use `house`, which has a new cloud."""
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
    """A token of another user."""
    return house.issuer.token("bob")
