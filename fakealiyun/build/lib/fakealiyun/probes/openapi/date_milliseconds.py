"""A call with a date that has milliseconds."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe
from fakealiyun.verify.signing import iso_now


def run(bench: Bench) -> Observation:
    date = iso_now().replace("Z", ".123Z")
    return code(bench.openapi("sts", "GetCallerIdentity", headers={"x-acs-date": date}))


PROBE = Probe(run)
