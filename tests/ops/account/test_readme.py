"""The commands of `ram/README.md` make what `apply` makes, except for the marks."""

from __future__ import annotations

import json
import os
import re
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_tea_openapi.client import Client
from alibabacloud_tea_openapi.utils_models import Config, OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions

from local.stack import PROJECT
from ops.account import readme
from ops.account.identities import EVENT_BRIDGE
from tests.ops.account.conftest import Account

ALIYUN = """\
#!{python} -IS
import json, socket, sys

with socket.create_connection(("127.0.0.1", {port})) as asked:
    asked.sendall(json.dumps(sys.argv[1:]).encode() + b"\\n")
    with asked.makefile() as answer:
        code = int(answer.readline())
        sys.stdout.write(answer.read())
sys.exit(code)
"""
"""The command `aliyun`. It passes its arguments on to `Aliyun`: to load the SDK for each call would
take half a second."""
VERSIONS = {"ram": "2015-05-01", "sts": "2015-04-01", "vod": "2017-03-21"}


class Aliyun(socketserver.ThreadingTCPServer):
    """Makes the calls of `aliyun` with the official client."""

    daemon_threads = True

    def __init__(self, cloud: Any) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        config = Config(
            access_key_id=cloud.admin.access_key_id,
            access_key_secret=cloud.admin.access_key_secret,
            endpoint=cloud.endpoint.removeprefix("http://"),
            protocol="http",
        )
        self.client = Client(config)


class _Call(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        product, action, *rest = json.loads(self.rfile.readline())
        given = {
            name.removeprefix("--"): value
            for name, value in zip(rest[::2], rest[1::2], strict=True)
        }
        params = Params(
            action=action,
            version=VERSIONS[product],
            protocol="http",
            pathname="/",
            method="POST",
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )
        assert isinstance(self.server, Aliyun)
        try:
            answer = self.server.client.call_api(
                params, OpenApiRequest(query=given), RuntimeOptions()
            )
        except Exception as refused:  # noqa: BLE001 - `aliyun` says why, and fails
            self.wfile.write(f"1\n{refused}".encode())
            return
        self.wfile.write(b"0\n" + json.dumps(answer["body"], indent=4).encode())


@pytest.fixture
def aliyun(account: Account, tmp_path: Path) -> Iterator[Path]:
    """A folder with the command `aliyun`."""
    tool = tmp_path / "bin" / "aliyun"
    tool.parent.mkdir()
    with Aliyun(account.cloud) as server:
        tool.write_text(ALIYUN.format(python=sys.executable, port=server.server_address[1]))
        tool.chmod(0o755)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield tool.parent
        server.shutdown()
        thread.join()


def test_the_page_is_current() -> None:
    text = readme.PAGE.read_text("utf-8")
    assert readme.rewritten(text) == text, "run python -m ops.account.readme"


def test_the_commands_make_what_apply_makes(account: Account, aliyun: Path) -> None:
    roles = {
        f"VODPASS_STS_{end.upper()}_ROLE": (
            f"acs:ram::{account.cloud.account_id}:role/shop-client-{end}"
        )
        for end in ("upload", "play", "oss")
    }
    settings = {"VODPASS_OSS_BUCKET": "my-bucket", "VODPASS_OSS_PREFIX": "uploads/"}
    document = account.document(
        **roles,
        **settings,
        VODPASS_CLEANUP="delete",
        VODPASS_CREDENTIAL_WEBHOOK_URL="https://app.example.com/credentials",
        VODPASS_WATCH_QUEUE="vodpass-watch",
    )
    account.run("apply", "--yes", document=document)
    wanted = unmarked(account)
    account.cloud.reset()
    roles_block, renewal, clean_up, _application, version = readme.blocks()
    commands = "".join([roles_block, renewal, clean_up, version])
    done = subprocess.run(
        ["sh", "-eu", "-c", commands.replace("NAME=vodpass", "NAME=shop", 1)],
        cwd=PROJECT / "ram",
        env={"PATH": f"{aliyun}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert unmarked(account) == wanted
    planned = account.run("plan", document=document)
    assert set(planned.states.values()) <= {"not ours", "nothing", "create"}
    assert not re.search("another|missing", planned.out)


def unmarked(account: Account) -> dict[str, Any]:
    """The roles and the custom policies, without marks."""
    state = account.state()
    roles = {name: one[:2] for name, one in state["roles"].items() if name not in EVENT_BRIDGE}
    policies = {
        name: json.dumps(one[0], sort_keys=True)
        for (kind, name), one in state["policies"].items()
        if kind == "Custom"
    }
    return {"roles": roles, "policies": policies}
