"""A call with a wrong signature."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return refusal(bench.openapi("sts", "GetCallerIdentity", key=bench.with_wrong_secret()))


PROBE = Probe(run)
