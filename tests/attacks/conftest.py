"""A deployment under attack. After every test, its logs and responses are searched for secrets."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.gateway.logs import KEPT_LINES
from tests.attacks.asymmetric_keys import public_keys
from tests.support.clients import decoded
from tests.support.code_under_test import CodeUnderTest
from tests.support.house import House, serve, settings
from tests.support.instance_secrets import secrets_in_environment
from tests.support.tokens import Issuer

VARIANTS: dict[str, dict[str, Any]] = {
    # Another login service with the same keys, whose users may have the same names.
    "other": {"environmentVariables": {"VODPASS_ISSUER_ALIAS": "other"}, "only": ["refresh"]},
    # An alias that, joined with a name, looks like the first alias with another name.
    "examplex": {"environmentVariables": {"VODPASS_ISSUER_ALIAS": "examplex"}, "only": ["refresh"]},
    # A function that was never called. Its interpreter logs what it imports.
    "cold": {"only": ["play"], "environmentVariables": {"PYTHONPROFILEIMPORTTIME": "1"}},
}


@pytest.fixture(scope="session")
def running_house(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """The deployment, which accepts three kinds of keys. Tests use `house`."""
    issuer = Issuer()
    environment = settings(issuer, VODPASS_JWT_KEYS=issuer.jwks(*public_keys()))
    project = tmp_path_factory.mktemp("project")
    with serve(code_under_test, project, issuer, environment, VARIANTS) as house:
        yield house


@pytest.fixture
def house(
    running_house: House, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> Iterator[House]:
    """The deployment, with a cloud without media. After the test, checks that no secret leaked."""
    running_house.cloud.reset()
    running_house.replies.clear()
    lines = len(running_house.log())
    yield running_house
    written = capfd.readouterr()
    log = running_house.log()
    assert len(log) < KEPT_LINES, "no line was dropped before the search"
    shown = [*log[lines:], caplog.text, written.out, written.err]
    for reply in running_house.replies:
        shown += [f"{name}: {value}" for name, value in reply.headers.items()]
        tail = reply.headers["X-Fc-Log-Result"]
        shown.append(base64.b64decode(tail).decode() if tail else "")
        if reply.status != 200:
            shown.append(reply.body.decode("utf-8", "replace"))
    everything = "\n".join(shown)
    for secret in secrets_of(running_house):
        assert secret not in everything


@pytest.fixture
def alice(house: House) -> str:
    """A token of the user Alice."""
    return house.issuer.token("alice")


@pytest.fixture
def mallory(house: House) -> str:
    """A token of the user Mallory, the attacker."""
    return house.issuer.token("mallory")


def secrets_of(house: House) -> set[str]:
    """The values that must not leak: tokens and their parts, credentials, keys."""
    found = {part for token in house.issuer.signed for part in token.split(".")[1:]}
    for reply in house.replies:
        if reply.status != 200 or not reply.body.startswith(b"{"):
            continue
        for name in ("UploadAuth", "PlayAuth"):
            credential = reply.json().get(name)
            if credential is not None and "." in credential:  # a JWTPlayAuth
                found |= {credential, credential.rpartition(".")[2]}
            elif credential is not None:
                inner = decoded(credential)
                found |= {credential, inner["AccessKeySecret"], inner["SecurityToken"]}
    for instance in house.gateway.invoker.instances():
        found |= secrets_in_environment(Path(f"/proc/{instance['pid']}/environ"))
    return {secret for secret in found if len(secret) >= 16}
