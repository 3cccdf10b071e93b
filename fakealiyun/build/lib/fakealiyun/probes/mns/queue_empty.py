"""ReceiveMessage from an empty queue."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return refusal(bench.mns("GET", bench.queue()))


PROBE = Probe(run, creates="a queue")
