"""A text of 4 KB, for a client that accepts gzip."""

from __future__ import annotations

from fakealiyun.verify.answers import accepted
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    bucket = bench.bucket()
    kind = {"content-type": "text/plain"}
    accepted("PutObject", bench.oss("PUT", bucket, "a.txt", headers=kind, content=b"a" * 4096))
    answer = bench.oss("GET", bucket, "a.txt", headers={"accept-encoding": "gzip"})
    return {"status": answer.status, "encoding": answer.headers.get("content-encoding", "")}


PROBE = Probe(run, creates="a bucket with an object of some bytes")
