"""Owner in a list of version 1."""

from __future__ import annotations

from fakealiyun.verify.answers import accepted, entries
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    bucket = bench.bucket()
    accepted("PutObject", bench.oss("PUT", bucket, "a", content=b"a"))
    (entry,) = entries(accepted("ListObjects", bench.oss("GET", bucket)), "Contents")
    return {"elements": [*entry]}


PROBE = Probe(run, creates="a bucket with an object of some bytes")
