"""AssumeRole of a role that does not exist."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    role = f"acs:ram::{bench.account_id}:role/{bench.name()}"
    return refusal(bench.sts("AssumeRole", RoleArn=role, RoleSessionName="alice"))


PROBE = Probe(run)
