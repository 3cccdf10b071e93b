"""A ReferenceId that differs from an existing one only in case."""

from __future__ import annotations

from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    taken = bench.name()
    bench.video(ReferenceId=taken)
    return {"accepted": bench.create_video(ReferenceId=taken.upper()).status == 200}


PROBE = Probe(run, creates="up to two videos without a file")
