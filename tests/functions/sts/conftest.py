"""A deployment whose clients request STS tokens.

After every test, its answers and its log are searched for secrets.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.code_under_test import CodeUnderTest
from tests.support.holder import hang_up, sts_token
from tests.support.house import House, serve, settings
from tests.support.instance_secrets import secrets_in_environment
from tests.support.tokens import Issuer

ROLE = "acs:ram::1234567890123456:role"
OFF = {
    "VODPASS_STS_UPLOAD_ROLE": "",
    "VODPASS_STS_PLAY_ROLE": "",
    "VODPASS_STS_OSS_ROLE": "",
    "VODPASS_OSS_BUCKET": "",
    "VODPASS_OSS_PREFIX": "",
}
VARIANTS: dict[str, dict[str, Any]] = {
    # A deployment without any purpose.
    "off": {"only": ["sts"], "environmentVariables": OFF},
    # One purpose of the three, and another whose role is wrong.
    "some": {
        "only": ["sts"],
        "environmentVariables": {
            **OFF,
            "VODPASS_STS_UPLOAD_ROLE": f"{ROLE}/vodpass-client-upload",
            "VODPASS_STS_PLAY_ROLE": f"{ROLE}/no-such-role",
        },
    },
    # The runtime gives each invocation a current role credential.
    "older": {"only": ["sts"], "runtime": "python3.10"},
    # A short deadline. 1.2 seconds are left to answer, on a busy machine too.
    "hurried": {"only": ["sts"], "timeout": 6},
}


@pytest.fixture(scope="session")
def running_house(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """The deployment, with every purpose switched on. Tests use `house`."""
    issuer = Issuer()
    project = tmp_path_factory.mktemp("project")
    with serve(code_under_test, project, issuer, settings(issuer), VARIANTS) as house:
        yield house
        hang_up(house.cloud.endpoint)


@pytest.fixture
def house(
    running_house: House, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> Iterator[House]:
    """The deployment on a cloud without media or objects. Afterwards checks for leaked secrets."""
    cloud = running_house.cloud
    cloud.reset()
    for name in ("vodpass-local", "vodpass-local2"):
        cloud.storage.create_bucket(name, cloud.region)
    running_house.replies.clear()
    lines = len(running_house.log())
    yield running_house
    written = capfd.readouterr()
    told = [*running_house.log()[lines:], caplog.text, written.out, written.err]
    for reply in running_house.replies:
        told += [f"{name}: {value}" for name, value in reply.headers.items()]
        tail = reply.headers["X-Fc-Log-Result"]
        told.append(base64.b64decode(tail).decode() if tail else "")
        if reply.status != 200:
            told.append(reply.body.decode("utf-8", "replace"))
    everything = "\n".join(told)
    for secret in secrets_of(running_house):
        assert secret not in everything


@pytest.fixture
def alice(house: House) -> str:
    """A token of a user who may get an STS token for every purpose."""
    return sts_token(house, "alice")


def secrets_of(house: House) -> set[str]:
    """The values that must stay secret: tokens of callers, issued keys, and role credentials."""
    found = {part for token in house.issuer.signed for part in token.split(".")[1:]}
    for reply in house.replies:
        if reply.status == 200:
            with contextlib.suppress(KeyError):
                found |= {reply.json()[name] for name in ("AccessKeySecret", "SecurityToken")}
    for instance in house.gateway.invoker.instances():
        found |= secrets_in_environment(Path(f"/proc/{instance['pid']}/environ"))
    return {secret for secret in found if len(secret) >= 16}
