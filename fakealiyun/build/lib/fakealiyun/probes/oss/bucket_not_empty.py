"""DeleteBucket of a bucket with an object."""

from __future__ import annotations

from fakealiyun.verify.answers import accepted, refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    bucket = bench.bucket()
    accepted("PutObject", bench.oss("PUT", bucket, "a.txt", content=b"a"))
    return refusal(bench.oss("DELETE", bucket))


PROBE = Probe(run, creates="a bucket with an object of some bytes")
