"""A Policy with fewer than 2048 characters, but more bytes."""

from __future__ import annotations

import json

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    resource = "acs:oss:*:*:" + "\u4e2d" * 700
    statement = {"Effect": "Allow", "Action": "oss:GetObject", "Resource": resource}
    policy = json.dumps({"Version": "1", "Statement": [statement]}, ensure_ascii=False)
    role = f"acs:ram::{bench.account_id}:role/{bench.name()}"
    return code(bench.sts("AssumeRole", RoleArn=role, RoleSessionName="alice", Policy=policy))


PROBE = Probe(run)
