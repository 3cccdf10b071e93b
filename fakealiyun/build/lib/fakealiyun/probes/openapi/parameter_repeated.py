"""A call with a parameter that occurs twice."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.rpc("sts", "GetCallerIdentity", unsigned="&Action=GetCallerIdentity"))


PROBE = Probe(run)
