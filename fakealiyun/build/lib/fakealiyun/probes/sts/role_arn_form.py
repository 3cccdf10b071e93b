"""AssumeRole with the ARN of a user."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    user = f"acs:ram::{bench.account_id}:user/alice"
    return refusal(bench.sts("AssumeRole", RoleArn=user, RoleSessionName="alice"))


PROBE = Probe(run)
