"""A wrong signature."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(
        bench.fc(
            "GetFunction", f"/2023-03-30/functions/{bench.name()}", key=bench.with_wrong_secret()
        )
    )


PROBE = Probe(run)
