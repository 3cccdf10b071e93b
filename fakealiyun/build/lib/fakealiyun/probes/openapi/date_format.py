"""A call with a date in another form."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return refusal(bench.openapi("sts", "GetCallerIdentity", headers={"x-acs-date": "yesterday"}))


PROBE = Probe(run)
