"""A ReferenceId that is too short."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.create_video(ReferenceId="abc"))


PROBE = Probe(run, creates="at most a video without a file")
