"""A call in the RPC style."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.rpc("sts", "GetCallerIdentity"))


PROBE = Probe(run)
