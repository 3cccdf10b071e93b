"""A message without a body to a queue that does not exist."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.mns("POST", f"/queues/{bench.name()}/messages", "<Message></Message>"))


PROBE = Probe(run)
