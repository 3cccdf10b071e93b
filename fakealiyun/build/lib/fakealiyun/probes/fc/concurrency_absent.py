"""GetConcurrencyConfig of a function that does not exist."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(
        bench.fc("GetConcurrencyConfig", f"/2023-03-30/functions/{bench.name()}" + "/concurrency")
    )


PROBE = Probe(run)
