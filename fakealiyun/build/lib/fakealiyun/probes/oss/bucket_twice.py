"""PutBucket of an existing bucket of the account."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.oss("PUT", bench.bucket()))


PROBE = Probe(run, creates="a bucket")
