"""ListServices of 2.0."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(
        bench.fc("ListServices", "/2021-04-06/services", headers={"x-acs-version": "2021-04-06"})
    )


PROBE = Probe(run)
