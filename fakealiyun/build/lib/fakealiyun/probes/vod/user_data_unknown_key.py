"""A UserData with an unknown key."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.create_video(UserData='{"Unknown": 1}'))


PROBE = Probe(run, creates="at most a video without a file")
