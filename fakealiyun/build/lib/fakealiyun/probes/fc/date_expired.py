"""A date of 20 minutes ago."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe
from fakealiyun.verify.signing import iso_now


def run(bench: Bench) -> Observation:
    return code(
        bench.fc(
            "GetFunction",
            f"/2023-03-30/functions/{bench.name()}",
            headers={"x-acs-date": iso_now(-1200)},
        )
    )


PROBE = Probe(run)
