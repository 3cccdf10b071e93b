"""A date of 20 minutes ago."""

from __future__ import annotations

import time
from email.utils import formatdate

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return refusal(
        bench.mns(
            "GET",
            f"/queues/{bench.name()}",
            headers={"date": formatdate(time.time() - 1200, usegmt=True)},
        )
    )


PROBE = Probe(run)
