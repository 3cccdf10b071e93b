"""A WorkflowId that does not exist."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return refusal(bench.create_video(WorkflowId=bench.absent_id()))


PROBE = Probe(run, creates="at most a video without a file")
