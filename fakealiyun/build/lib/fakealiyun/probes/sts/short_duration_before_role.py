"""A DurationSeconds below 900 and an absent role."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    role = f"acs:ram::{bench.account_id}:role/{bench.name()}"
    return code(
        bench.sts("AssumeRole", RoleArn=role, RoleSessionName="alice", DurationSeconds="899")
    )


PROBE = Probe(run)
