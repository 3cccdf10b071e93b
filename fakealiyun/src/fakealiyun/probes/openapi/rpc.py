"""A call in the RPC style."""

from __future__ import annotations

from fakealiyun.verify.bench import Bench, code
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.rpc("sts", "GetCallerIdentity"))


PROBE = Probe(run)
