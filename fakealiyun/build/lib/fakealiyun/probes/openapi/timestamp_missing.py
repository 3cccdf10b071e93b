"""An RPC call with a long-term AccessKey and without `Timestamp`."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return refusal(bench.rpc("sts", "GetCallerIdentity", without="Timestamp"))


PROBE = Probe(run)
