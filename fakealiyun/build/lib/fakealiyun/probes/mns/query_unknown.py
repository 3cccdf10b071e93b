"""An unknown query parameter."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.mns("GET", f"/queues/{bench.name()}?unknown=1"))


PROBE = Probe(run)
