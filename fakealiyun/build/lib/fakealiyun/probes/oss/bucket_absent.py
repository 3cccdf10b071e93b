"""An object in a bucket that does not exist."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return refusal(bench.oss("GET", bench.name(), "film.mp4"))


PROBE = Probe(run)
