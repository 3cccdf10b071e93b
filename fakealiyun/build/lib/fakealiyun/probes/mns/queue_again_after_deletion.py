"""CreateQueue at once after DeleteQueue."""

from __future__ import annotations

from fakealiyun.verify.answers import accepted, code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    name = bench.name()
    accepted("CreateQueue", bench.create_queue(name))
    accepted("DeleteQueue", bench.mns("DELETE", f"/queues/{name}"))
    return code(bench.create_queue(name))


PROBE = Probe(run, creates="a queue")
