"""A FileName with an extension that VOD does not accept."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return refusal(bench.create_video(FileName="film.exe"))


PROBE = Probe(run, creates="at most a video without a file")
