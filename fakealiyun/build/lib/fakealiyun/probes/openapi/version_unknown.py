"""A call with a version that does not exist."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return refusal(bench.openapi("vod", "GetVideoInfo", headers={"x-acs-version": "2000-01-01"}))


PROBE = Probe(run)
