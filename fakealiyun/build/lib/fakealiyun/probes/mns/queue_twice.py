"""CreateQueue of an existing queue with other attributes."""

from __future__ import annotations

from fakealiyun.verify.answers import accepted, refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    name = bench.name()
    accepted("CreateQueue", bench.create_queue(name))
    return refusal(bench.create_queue(name, DelaySeconds=30))


PROBE = Probe(run, creates="a queue")
