"""DeleteObject of an object that does not exist."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.oss("DELETE", bench.bucket(), "none.txt"))


PROBE = Probe(run, creates="a bucket")
