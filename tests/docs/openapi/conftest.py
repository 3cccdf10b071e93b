"""The whole stack, as `make run` starts it, for the tests of this process."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from local.checkout_keys import load_keys
from local.stack import Stack
from tests.support.code_under_test import CodeUnderTest

EVERYTHING = {"play": ["own"], "sts": ["vod-upload", "oss-upload"]}


class Api:
    """The running stack and a user of it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.url = stack.url

    def token(self, sub: str = "alice", **claims: Any) -> str:
        """A development token. The default is all scopes."""
        body = {"sub": sub, "vod": EVERYTHING, **claims}
        token = self.post("/_local/token", body)["token"]
        assert isinstance(token, str)
        return token

    def post(self, path: str, body: Any, token: str = "") -> dict[str, Any]:
        """The answer to a POST. Raises HTTPError unless it is a success."""
        request = urllib.request.Request(
            f"{self.url}{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            answered = json.load(answer)
        assert isinstance(answered, dict)
        return answered


@pytest.fixture(scope="session")
def api(code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with code_under_test.stack(keys=load_keys(tmp_path_factory.mktemp("stack"))) as stack:
        yield Api(stack)
