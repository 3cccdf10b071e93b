"""ListFunctions with a limit of 0."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.fc("ListFunctions", "/2023-03-30/functions", {"limit": "0"}))


PROBE = Probe(run)
