"""DeleteMessage with a handle that is none."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.mns("DELETE", f"{bench.queue()}?ReceiptHandle=none"))


PROBE = Probe(run, creates="a queue")
