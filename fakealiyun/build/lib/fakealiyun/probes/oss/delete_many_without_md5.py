"""DeleteMultipleObjects without Content-MD5."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    content = b"<Delete><Object><Key>a</Key></Object></Delete>"
    return code(bench.oss("POST", bench.bucket(), query={"delete": ""}, content=content))


PROBE = Probe(run, creates="a bucket")
