"""GetCallerIdentity with the AccessKey of an UploadAuth."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.openapi("sts", "GetCallerIdentity", key=bench.video().key))


PROBE = Probe(run, creates="a video without a file")
