"""What the command prints in Chinese has no English prose."""

from __future__ import annotations

import pytest

from tests.ops.account.conftest import Account, Run
from tests.ops.account.test_destroy import deploy
from tests.ops.account.test_not_ours import by_hand
from tests.ops.prose import english


def in_chinese(account: Account, command: str, *more: str) -> Run:
    run = account.run(command, *more, "--language", "zh")
    assert english(run.out + run.err) == []
    return run


def test_a_whole_life(account: Account) -> None:
    by_hand(account, "shop-upload")
    account.cloud.queues.queue("shop-events")
    account.cloud.logs.create_project("shop-logs", "of the team")
    assert "将创建" in in_chinese(account, "plan").out
    run = in_chinese(account, "apply", "--yes")
    assert run.code == 0
    assert "除非指定 --adopt policy/shop-upload，否则保持不变" in run.out
    assert "无需操作" not in run.out
    account.cloud.queues.queue("shop-watch").send("left over")
    client = deploy(account, "shop-play", "shop-play")
    run = in_chinese(account, "destroy", "--yes")
    assert run.code == 1
    assert "cn-shanghai：函数 shop-play 使用了角色 shop-play" in run.out
    assert in_chinese(account, "destroy", "--yes", "--although-used").code == 0
    assert "无需操作" in in_chinese(account, "destroy", "--yes").out
    client.delete_function("shop-play")


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("apply", ("--adopt", "role/other"), "无法运行：--adopt role/other：不在计划中"),
        ("destroy", ("--name", "shop"), "无法运行：--name 还需要 --region"),
    ],
)
def test_refusals(account: Account, command: str, arguments: tuple[str, ...], said: str) -> None:
    run = in_chinese(account, command, *arguments)
    assert run.code == 2
    assert said in run.err


def test_a_key_that_may_read_nothing(account: Account) -> None:
    deny = {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}
    key = account.cloud.ram.add_user("blind", {"Version": "1", "Statement": [deny]})
    environment = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
        "LANG": "zh_CN.UTF-8",
    }
    run = account.run("plan", environment=environment)
    assert run.code != 0
    assert english(run.out + run.err) == []
    assert "该 AccessKey 无权读取" in run.out
