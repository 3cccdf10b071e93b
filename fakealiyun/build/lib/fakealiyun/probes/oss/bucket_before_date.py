"""An absent bucket and a date of 20 minutes ago."""

from __future__ import annotations

import time
from email.utils import formatdate

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    date = {"date": formatdate(time.time() - 1200, usegmt=True)}
    return code(bench.oss("GET", bench.name(), "film.mp4", headers=date))


PROBE = Probe(run)
