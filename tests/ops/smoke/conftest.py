"""A deployment on one machine, and the smoke test run against it as an operator runs it."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest

from fakealiyun.vod.settings import TRANSCODE
from local.checkout_keys import load_keys
from local.development_token import AUDIENCE, ISSUER
from local.stack import Stack
from ops.smoke.command import main
from tests.support.code_under_test import CodeUnderTest


@dataclass
class Outcome:
    """How a run ended and what it printed."""

    exit_code: int
    out: str
    err: str

    def steps(self) -> list[tuple[str, str]]:
        """Step and outcome of each line."""
        lines = [line.split() for line in self.out.splitlines() if line not in ("passed", "FAILED")]
        return [(words[0], words[1]) for words in lines]


@dataclass
class Bench:
    """A running deployment, and the smoke test's surroundings."""

    stack: Stack
    slept: list[float] = field(default_factory=list)
    capture: pytest.CaptureFixture[str] | None = field(default=None, repr=False)

    def token(self, **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "smoke",
            "scope": "vod:upload vod:refresh vod:play",
            "iat": now,
            "exp": now + 600,
            **changes,
        }
        keys = self.stack.keys
        return jwt.encode(claims, keys.secret, algorithm="HS256", headers={"kid": keys.kid})

    def environment(self) -> dict[str, str]:
        admin = self.stack.cloud.admin
        return {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": admin.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": admin.access_key_secret,
            "TOKEN": self.token(),
        }

    def sleep(self, seconds: float) -> None:
        """The cloud's clock moves, and nobody waits."""
        self.slept.append(seconds)
        self.stack.cloud.clock.advance(seconds)

    def run(
        self,
        *arguments: str,
        environment: dict[str, str] | None = None,
        url: str | None = None,
    ) -> Outcome:
        assert self.capture is not None
        self.capture.readouterr()
        given = environment if environment is not None else self.environment()
        at = self.stack.url if url is None else url
        endpoint = self.stack.cloud.endpoint
        code = main(
            [at, "--token-env", "TOKEN", "--endpoint", endpoint, *arguments], given, self.sleep
        )
        shown = self.capture.readouterr()
        for secret in ("eyJ", "CAIS", self.stack.cloud.admin.access_key_secret, "Signature="):
            assert secret not in shown.out + shown.err
        return Outcome(code, shown.out, shown.err)

    def left(self) -> list[object]:
        """Everything that a run has left in the cloud: media, and objects or parts of them."""
        cloud = self.stack.cloud
        root = cloud.storage.folder
        return [
            *cloud.vod.library.all(),
            *cloud.vod.other_media.all(),
            *(path for path in root.rglob("*") if path.is_file()),
        ]


@pytest.fixture(scope="session")
def running_bench(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    """The deployment; ask for `bench`, which has a new cloud."""
    with code_under_test.stack(keys=load_keys(tmp_path_factory.mktemp("bench"))) as stack:
        yield Bench(stack)


@pytest.fixture(scope="session")
def transcoding_bench(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    """A deployment whose videos are transcoded before they can be played."""
    environment = {"VODPASS_TEMPLATE_GROUP_ID": TRANSCODE}
    keys = load_keys(tmp_path_factory.mktemp("transcoding"))
    with code_under_test.stack(keys=keys, environment=environment) as stack:
        yield Bench(stack)


@pytest.fixture
def bench(running_bench: Bench, capsys: pytest.CaptureFixture[str]) -> Iterator[Bench]:
    """The deployment on a cloud that is empty."""
    running_bench.stack.cloud.reset()
    running_bench.slept.clear()
    running_bench.capture = capsys
    yield running_bench
    running_bench.capture = None


@pytest.fixture
def transcoding(transcoding_bench: Bench, capsys: pytest.CaptureFixture[str]) -> Iterator[Bench]:
    """As `bench`, with transcoding."""
    transcoding_bench.stack.cloud.reset()
    transcoding_bench.slept.clear()
    transcoding_bench.capture = capsys
    yield transcoding_bench
    transcoding_bench.capture = None


@pytest.fixture
def standard_input(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a text on standard input."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))
