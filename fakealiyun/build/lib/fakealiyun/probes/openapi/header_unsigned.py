"""A call with an `x-acs-` header that is not signed."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.openapi("sts", "GetCallerIdentity", unsigned={"x-acs-trace": "1"}))


PROBE = Probe(run)
