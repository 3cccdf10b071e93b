"""A date of 20 minutes ago and an unknown AccessKey."""

from __future__ import annotations

import time
from email.utils import formatdate

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    target = f"/queues/{bench.name()}"
    return code(
        bench.mns(
            "GET",
            target,
            key=bench.stranger(),
            headers={"date": formatdate(time.time() - 1200, usegmt=True)},
        )
    )


PROBE = Probe(run)
