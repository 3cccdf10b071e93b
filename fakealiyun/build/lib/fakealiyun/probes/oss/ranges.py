"""A range inside of an object, and one behind its end."""

from __future__ import annotations

from fakealiyun.verify.answers import accepted
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    bucket = bench.bucket()
    accepted("PutObject", bench.oss("PUT", bucket, "a", content=b"0123456789"))
    inside = bench.oss("GET", bucket, "a", headers={"range": "bytes=2-3"})
    behind = bench.oss("GET", bucket, "a", headers={"range": "bytes=20-30"})
    return {
        "inside": inside.body.decode(),
        "behind": {"status": behind.status, "bytes": len(behind.body)},
    }


PROBE = Probe(run, creates="a bucket with an object of some bytes")
