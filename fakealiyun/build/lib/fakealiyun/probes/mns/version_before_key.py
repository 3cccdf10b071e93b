"""No version and an unknown AccessKey."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    target = f"/queues/{bench.name()}"
    return code(bench.mns("GET", target, key=bench.stranger(), headers={"x-mns-version": ""}))


PROBE = Probe(run)
