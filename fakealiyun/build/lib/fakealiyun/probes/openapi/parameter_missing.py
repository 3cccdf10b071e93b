"""A call without a required parameter."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return refusal(bench.sts("AssumeRole", RoleSessionName="alice"))


PROBE = Probe(run)
