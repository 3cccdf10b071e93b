"""An unknown AccessKey."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    upload = bench.video()
    return refusal(bench.oss("GET", upload.bucket, upload.object_name, key=bench.stranger()))


PROBE = Probe(run, creates="a video without a file")
