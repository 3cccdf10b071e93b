"""The fields inside UploadAddress."""

from __future__ import annotations

from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return {"fields": sorted(bench.video().address)}


PROBE = Probe(run, creates="a video without a file")
