"""The fields of GetCallerIdentity."""

from __future__ import annotations

from fakealiyun.verify.answers import accepted, body
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    fields = body(accepted("GetCallerIdentity", bench.sts("GetCallerIdentity")))
    return {"fields": sorted({*fields} - {"RoleId", "UserId"})}


PROBE = Probe(run)
