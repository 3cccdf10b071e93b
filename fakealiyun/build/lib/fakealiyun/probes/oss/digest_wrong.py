"""PutObject with the Content-MD5 of another body."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    digest = {"content-md5": "1B2M2Y8AsgTpgAmY7PhCfg=="}
    return refusal(bench.to_object(bench.video(), "PUT", headers=digest, content=b"other"))


PROBE = Probe(run, creates="a video without a file")
