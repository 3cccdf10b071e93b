"""PutObject with `x-oss-object-acl: private`."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    headers = {"x-oss-object-acl": "private"}
    return code(bench.oss("PUT", bench.bucket(), "a.txt", headers=headers, content=b"a"))


PROBE = Probe(run, creates="a bucket with an object of some bytes")
