"""A deployment whose roles come from the files of `ram/`. A test can remove grants."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support import event_schemas
from tests.support.code_under_test import CodeUnderTest
from tests.support.holder import hang_up
from tests.support.house import NEXT_OWNER_KEY, OWNER_KEY, House, serve, settings
from tests.support.tokens import Issuer


class _Accept(BaseHTTPRequestHandler):
    """Accepts every event."""

    def do_POST(self) -> None:
        event_schemas.check(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing."""


@pytest.fixture(scope="session")
def receiver() -> Iterator[str]:
    """The URL of an app that accepts every credential."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Accept) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/credentials"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def running_house(
    code_under_test: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory, receiver: str
) -> Iterator[House]:
    """The deployment of `s.yaml`, an `upload` with a second owner key, and a `watch` that has the
    optional features switched on. Tests use `house`."""
    issuer = Issuer()
    secret = base64.b64encode(b"3" * 32).decode()
    renewing = {
        "VODPASS_CREDENTIAL_WEBHOOK_URL": receiver,
        "VODPASS_CREDENTIAL_WEBHOOK_SECRETS": secret,
    }
    rotated = {"VODPASS_OWNER_KEYS": f"{NEXT_OWNER_KEY},{OWNER_KEY}"}
    variants = {
        "rotated": {"only": ["upload"], "environmentVariables": rotated},
        "renewing": {"only": ["watch"], "environmentVariables": renewing},
        "cleaning": {"only": ["watch"], "environmentVariables": {"VODPASS_CLEANUP": "delete"}},
    }
    project = tmp_path_factory.mktemp("project")
    with serve(code_under_test, project, issuer, settings(issuer), variants) as house:
        yield house
        hang_up(house.cloud.endpoint)


@pytest.fixture
def house(running_house: House) -> House:
    """The deployment on a cloud without media. Every role has what its file grants."""
    begin_anew(running_house)
    return running_house


def begin_anew(house: House) -> None:
    """Remove all media, reset every role to its file, and set the clock to the machine's time."""
    house.cloud.reset()
    house.cloud.storage.create_bucket("vodpass-local", house.cloud.region)
