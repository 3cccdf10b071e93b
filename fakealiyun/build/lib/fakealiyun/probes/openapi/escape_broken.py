"""A call with a percent sign that begins no escape."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.rpc("sts", "GetCallerIdentity", unsigned="&Extra=%zz"))


PROBE = Probe(run)
