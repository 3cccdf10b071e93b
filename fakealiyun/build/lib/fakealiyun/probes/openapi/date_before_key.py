"""A call with an expired date and an unknown AccessKey."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe
from fakealiyun.verify.signing import iso_now


def run(bench: Bench) -> Observation:
    date = {"x-acs-date": iso_now(-1200)}
    return code(bench.openapi("sts", "GetCallerIdentity", key=bench.stranger(), headers=date))


PROBE = Probe(run)
