"""A plus in the path of an object."""

from __future__ import annotations

from fakealiyun.verify import signing
from fakealiyun.verify.answers import accepted
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    bucket = bench.bucket()
    accepted("PutObject", bench.oss("PUT", bucket, "a b", content=b"a"))
    signed = signing.oss_v1(bench.key, "GET", bucket, "a b", {})
    answer = bench.endpoints.send(bench.endpoints.oss(bucket), "GET", "/a+b", signed, b"")
    return {"is a space": answer.status == 200}


PROBE = Probe(run, creates="a bucket with an object of one byte")
