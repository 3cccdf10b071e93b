"""PutObject with the same tag twice."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    headers = {"x-oss-tagging": "a=1&a=2"}
    return refusal(bench.oss("PUT", bench.bucket(), "a.txt", headers=headers, content=b"a"))


PROBE = Probe(run, creates="a bucket with an object of some bytes")
