"""The commands of `ram/README.md` make what `apply` makes, except for the marks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from local.stack import PROJECT
from ops.account import readme
from ops.account.identities import EVENT_BRIDGE
from tests.ops.account.conftest import Account

ALIYUN = """\
#!{python}
import json, os, sys
sys.path.insert(0, {project!r})
from alibabacloud_tea_openapi.client import Client
from alibabacloud_tea_openapi.utils_models import Config, OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions

product, action, *rest = sys.argv[1:]
version = {{"ram": "2015-05-01", "sts": "2015-04-01", "vod": "2017-03-21"}}[product]
client = Client(Config(access_key_id=os.environ["KEY"], access_key_secret=os.environ["SECRET"],
                       endpoint=os.environ["ENDPOINT"], protocol="http"))
given = {{name.removeprefix("--"): value for name, value in zip(rest[::2], rest[1::2])}}
params = Params(action=action, version=version, protocol="http", pathname="/", method="POST",
                auth_type="AK", style="RPC", req_body_type="formData", body_type="json")
answer = client.call_api(params, OpenApiRequest(query=given), RuntimeOptions())
print(json.dumps(answer["body"], indent=4))
"""


def test_the_page_is_current() -> None:
    text = readme.PAGE.read_text("utf-8")
    assert readme.rewritten(text) == text, "run python -m ops.account.readme"


def test_the_commands_make_what_apply_makes(account: Account, tmp_path: Path) -> None:
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
    tool = tmp_path / "bin" / "aliyun"
    tool.parent.mkdir()
    tool.write_text(ALIYUN.format(python=sys.executable, project=str(PROJECT)))
    tool.chmod(0o755)
    admin = account.cloud.admin
    roles_block, renewal, clean_up, _application, version = readme.blocks()
    commands = "".join([roles_block, renewal, clean_up, version])
    done = subprocess.run(
        ["sh", "-eu", "-c", commands.replace("NAME=vodpass", "NAME=shop", 1)],
        cwd=PROJECT / "ram",
        env={
            "PATH": f"{tool.parent}:{os.environ['PATH']}",
            "KEY": admin.access_key_id,
            "SECRET": admin.access_key_secret,
            "ENDPOINT": account.cloud.endpoint,
        },
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
