"""A date of 20 minutes ago."""

from __future__ import annotations

import time
from email.utils import formatdate

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    date = {"date": formatdate(time.time() - 1200, usegmt=True)}
    return refusal(bench.to_object(bench.video(), "HEAD", headers=date))


PROBE = Probe(run, creates="a video without a file")
