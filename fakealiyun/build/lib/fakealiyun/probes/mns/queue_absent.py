"""GetQueueAttributes of a queue that does not exist."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return refusal(bench.mns("GET", f"/queues/{bench.name()}"))


PROBE = Probe(run)
