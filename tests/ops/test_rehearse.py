"""`python -m ops.rehearse`: from an empty account to two deployments, and back to an empty one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from fakealiyun import FakeCloud
from fakealiyun.testing.fc import packed
from fakealiyun.testing.local_names import names_below_localhost
from ops import chinese, keyring
from ops.account import Account, Key
from ops.rehearse import inventory
from ops.rehearse.receiver import receiver
from shared.events.webhook import sign
from tests.ops.prose import english

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(1800)
def test_the_whole_way_is_sound_and_leaves_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ops.rehearse", "--language", "zh"],
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(tmp_path), "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    commands = re.findall(r"^\$ python -m (ops\.\w+)", said, re.M)
    deployment = ["ops.setup", "ops.account", "ops.account", "ops.deploy"]
    assert commands == [
        *(*deployment, "ops.smoke"),
        # another one beside it
        *(*deployment, "ops.doctor", "ops.smoke", "ops.doctor", "ops.smoke"),
        # the other one goes, which is refused once; the first still works, and goes
        *("ops.account", "ops.account", "ops.smoke", "ops.account", "ops.account"),
    ]
    for line in (
        "无需操作：[0-9]+ 项均符合要求",
        "诊断 +没有发现问题",
        "试用 +已上传、刷新、播放并删除一个视频",
        "回调 +视频点播的回调已指向该部署",
    ):
        assert len(re.findall(rf"^{line}$", said, re.M)) == 2, line
    for text in (
        "the doctor finds nothing in rehearsal",
        "the doctor finds nothing in beside",
        "smoke passes for rehearsal",
        "smoke passes for beside",
        "beside it, rehearsal is unchanged",
        "destroy names the functions that use the roles of beside, and refuses",
        "nothing of beside is left, and rehearsal is as it was",
        "destroy names the functions that use the roles of rehearsal, and refuses",
        "the account is empty",
    ):
        assert f"\n{chinese.of(f'right    {text}')}\n" in said, text
    for name in ("rehearsal", "beside"):
        assert re.search(rf"^正确 +视频点播的回调已作为 [a-z.]+ 到达，由 {name} 签名$", said, re.M)
    # All that stays: EventBridge's own roles, and VOD's setting.
    stays = re.findall(r"^保留 +(role|VOD callback of) (\S+)：", said, re.M)
    assert {kind for kind, _ in stays} == {"role", "VOD callback of"}
    assert all("AliyunServiceRole" in name for kind, name in stays if kind == "role")
    # A reader of Chinese needs no English on the way.
    assert english(said + done.stderr) == []
    assert list(tmp_path.glob("vodpass-*")) == []


def test_each_change_of_an_account_is_seen() -> None:
    """Else "unchanged" and "empty" would say nothing."""
    with FakeCloud(allow_deploy=True) as cloud, names_below_localhost():
        key, at = Key(cloud.admin.access_key_id, cloud.admin.access_key_secret), cloud.endpoint
        account = Account(key, cloud.region, endpoint=at, ram_endpoint=at, fc_endpoint=at)
        empty = inventory.read(account)
        trust = '{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
        trust += '"Principal":{"Service":["fc.aliyuncs.com"]}}]}'
        allowed = '{"Version":"1","Statement":[{"Effect":"Allow","Action":"vod:*","Resource":"*"}]}'
        function = {
            "functionName": "one",
            "runtime": "python3.10",
            "handler": "index.handler",
            "code": {"zipFile": packed({"index.py": "x = 1\n"})},
        }
        from alibabacloud_fc20230330 import models

        made = models.CreateFunctionInput().from_map(function)
        changed = models.UpdateFunctionInput().from_map({"environmentVariables": {"A": "1"}})
        a_role, a_policy = {"role_name": "one"}, {"policy_name": "one"}
        in_app = {"app_id": "app-1000000", "callback_type": "HTTP"}
        steps: list[tuple[str, object]] = [
            (
                "role one is new",
                lambda: account.ram("CreateRole", **a_role, assume_role_policy_document=trust),
            ),
            (
                "policy one is new",
                lambda: account.ram("CreatePolicy", **a_policy, policy_document=allowed),
            ),
            (
                "role one has changed",
                lambda: account.ram(
                    "AttachPolicyToRole", **a_role, **a_policy, policy_type="Custom"
                ),
            ),
            (
                "policy one has changed",
                lambda: account.ram("CreatePolicyVersion", **a_policy, policy_document=allowed),
            ),
            ("queue one is new", lambda: account.mns("CreateQueue", queue_name="one")),
            (
                "queue one has changed",
                lambda: account.mns(
                    "SetQueueAttributes", queue_name="one", message_retention_period=7200
                ),
            ),
            (
                "log project one is new",
                lambda: account.sls("CreateProject", project_name="one", description="a"),
            ),
            (
                "log store one/lines is new",
                lambda: account.sls(
                    "CreateLogStore", "one", logstore_name="lines", ttl=1, shard_count=1
                ),
            ),
            ("function one is new", lambda: account.fc("CreateFunction", body=made)),
            ("function one has changed", lambda: account.fc("UpdateFunction", "one", body=changed)),
            (
                "VOD callback of app-1000000 is new",
                lambda: account.vod(
                    "SetMessageCallback", **in_app, callback_url="https://a.example.com/x"
                ),
            ),
            (
                "VOD callback of app-1000000 has changed",
                lambda: account.vod(
                    "SetMessageCallback", **in_app, callback_url="https://a.example.com/y"
                ),
            ),
        ]
        before = empty
        for said, change in steps:
            assert callable(change)
            change()
            after = inventory.read(account)
            assert said in before.differs(after)
            assert (said in before.changed_in(after)) == said.endswith("changed")
            before = after
        assert "queue one" in empty.new_in(before)
        assert "queue one is gone" in before.differs(empty)
        assert inventory.read(account) == before


def test_a_webhook_counts_for_the_deployment_that_signed_it() -> None:
    ours, others = keyring.new_webhook_secrets(), keyring.new_webhook_secrets()
    body = b'{"type":"video.ready"}'
    now = str(int(time.time()))
    with receiver() as webhooks:
        for secret in (others, ours):
            assert webhooks.wait_for(ours, 0) == ""
            headers = {
                "webhook-id": "evt_1",
                "webhook-timestamp": now,
                "webhook-signature": sign(keyring.read_webhook_secrets(secret), "evt_1", now, body),
            }
            request = urllib.request.Request(webhooks.url, body, headers)
            urllib.request.urlopen(request).close()
        assert webhooks.wait_for(ours, 60) == "video.ready"
        webhooks.forget()
        assert webhooks.wait_for(ours, 0) == ""
