"""A date of 20 minutes ago and an unknown AccessKey."""

from __future__ import annotations

import time
from email.utils import formatdate

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    upload = bench.video()
    date = {"date": formatdate(time.time() - 1200, usegmt=True)}
    stranger = bench.stranger()
    return code(bench.oss("GET", upload.bucket, upload.object_name, key=stranger, headers=date))


PROBE = Probe(run, creates="a video without a file")
