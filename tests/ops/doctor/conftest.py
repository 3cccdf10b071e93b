"""A sound deployment on one machine, and the doctor who looks at it."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import pytest

from local.checkout_keys import load_keys
from local.development_token import AUDIENCE, ISSUER
from local.stack import Stack
from ops.doctor.command import main
from tests.deployment.conftest import Run, s_preview
from tests.support.code_under_test import CodeUnderTest

__all__ = ["s_preview"]


@dataclass
class Examined:
    """What the doctor said: its exit code, its report as JSON, and every byte that it printed."""

    exit_code: int
    report: dict[str, Any]
    printed: str = field(repr=False)

    @property
    def codes(self) -> set[str]:
        return {one["code"] for one in self.report["findings"]}

    def found(self, code: str) -> dict[str, Any]:
        """The one finding of this code."""
        found = [one for one in self.report["findings"] if one["code"] == code]
        assert len(found) == 1, self.report["findings"]
        return dict(found[0])


@dataclass
class Hospital:
    """A running deployment, what `s preview` renders of it, and the means to examine it."""

    stack: Stack
    document: dict[str, Any] = field(repr=False)
    folder: Path
    capture: pytest.CaptureFixture[str] | None = field(default=None, repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """The operator's."""
        admin = self.stack.cloud.admin
        return {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": admin.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": admin.access_key_secret,
            "TOKEN": self.token(),
        }

    def token(self, **changes: Any) -> str:
        """A user's token, but for the changes."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "alice",
            "scope": "vod:upload vod:refresh vod:play",
            "iat": now,
            "exp": now + 600,
            **changes,
        }
        keys = self.stack.keys
        return jwt.encode(claims, keys.secret, algorithm="HS256", headers={"kid": keys.kid})

    def rendered(self, **changes: str | None) -> dict[str, Any]:
        """What `s preview` renders, with other variables in every function that has them."""
        document = copy.deepcopy(self.document)
        for resource in document["resources"].values():
            variables = resource["props"]["environmentVariables"]
            for name, value in changes.items():
                if value is None:
                    variables.pop(name, None)
                elif name in variables:
                    variables[name] = value
        return document

    def examine(
        self,
        *arguments: str,
        document: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        url: str | None = None,
    ) -> Examined:
        """Run the doctor on the deployment as an operator would who rehearses."""
        path = self.folder / "rendered.json"
        path.write_text(json.dumps(self.document if document is None else document))
        assert self.capture is not None
        self.capture.readouterr()
        given = ["--settings", str(path), "--json", "--endpoint", self.stack.cloud.endpoint]
        given += ["--url", self.stack.url if url is None else url, *arguments]
        code = main(given, self.environment if environment is None else environment)
        shown = self.capture.readouterr()
        printed = shown.out + shown.err
        self.holds_no_secret(printed)
        return Examined(code, json.loads(shown.out) if shown.out else {}, printed)

    def secrets(self) -> list[str]:
        """What must never be shown."""
        keys = self.stack.keys
        jwk = json.loads(keys.jwks)["keys"][0]["k"]
        return [
            jwk,
            keys.owner_keys.partition(":")[2],
            keys.callback_path,
            keys.callback_key,
            keys.webhook_secret,
            self.stack.cloud.admin.access_key_secret,
            "eyJ",  # how every JWT begins
            "CAIS",  # and every security token
        ]

    def holds_no_secret(self, printed: str) -> None:
        assert not [secret for secret in self.secrets() if secret in printed]


@pytest.fixture(scope="session")
def running_hospital(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory, s_preview: Run
) -> Iterator[Hospital]:
    """The deployment; ask for `hospital`, which has a new cloud."""
    folder = tmp_path_factory.mktemp("hospital")
    with code_under_test.stack(keys=load_keys(folder / "keys")) as stack:
        settings: dict[str, str] = {}
        for props in stack.gateway.deployment.props.values():
            settings.update(props["environmentVariables"])
        settings.pop("PYTHONPATH")
        done = s_preview(settings)
        assert done.returncode == 0, done.stderr
        yield Hospital(stack, json.loads(done.stdout), folder)


@pytest.fixture
def hospital(running_hospital: Hospital, capsys: pytest.CaptureFixture[str]) -> Iterator[Hospital]:
    """The deployment on a cloud as it was at its start, with VOD's callbacks set."""
    stack = running_hospital.stack
    stack.cloud.reset()
    stack.cloud.call_back(stack.callback_url, stack.keys.callback_key)
    running_hospital.capture = capsys
    yield running_hospital
    running_hospital.capture = None
