"""A second video with the ReferenceId of an existing one."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    taken = bench.name()
    bench.video(ReferenceId=taken)
    return refusal(bench.create_video(ReferenceId=taken))


PROBE = Probe(run, creates="a video without a file")
