"""A Title with 110 characters and more than 128 bytes."""

from __future__ import annotations

from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    title = bench.name() + "\u4e2d" * 76
    return {"accepted": bench.create_video(Title=title).status == 200}


PROBE = Probe(run, creates="at most a video without a file")
