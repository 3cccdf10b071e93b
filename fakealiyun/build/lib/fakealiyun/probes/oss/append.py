"""AppendObject at a position behind the end."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    query = {"append": "", "position": "7"}
    return refusal(bench.to_object(bench.video(), "POST", query, content=b"more"))


PROBE = Probe(run, creates="a video without a file")
