"""A queue with a name of 121 characters."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.create_queue(bench.name().ljust(121, "a")))


PROBE = Probe(run, creates="at most a queue")
