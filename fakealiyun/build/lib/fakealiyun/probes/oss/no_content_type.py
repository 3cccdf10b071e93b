"""Whether empty answers have a Content-Type."""

from __future__ import annotations

from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    bucket = bench.bucket()
    put = bench.oss("PUT", bucket, "a", content=b"a")
    deleted = bench.oss("DELETE", bucket, "a")
    return {"put": "content-type" in put.headers, "deleted": "content-type" in deleted.headers}


PROBE = Probe(run, creates="a bucket with an object of some bytes")
