"""The headers of GetObjectMeta."""

from __future__ import annotations

from fakealiyun.verify.answers import accepted
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    bucket = bench.bucket()
    accepted("PutObject", bench.oss("PUT", bucket, "a", content=b"a"))
    answer = bench.oss("HEAD", bucket, "a", {"objectMeta": ""})
    names = ("content-type", "etag", "last-modified", "x-oss-hash-crc64ecma", "x-oss-object-type")
    return {"headers": [name for name in names if name in answer.headers]}


PROBE = Probe(run, creates="a bucket with an object of some bytes")
