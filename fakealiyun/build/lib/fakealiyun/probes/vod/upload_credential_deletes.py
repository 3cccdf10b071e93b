"""Deleting the object of an upload with its credential."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.to_object(bench.video(), "DELETE"))


PROBE = Probe(run, creates="a video without a file")
