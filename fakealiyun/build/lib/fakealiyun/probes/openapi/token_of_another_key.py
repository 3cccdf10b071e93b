"""A temporary AccessKey with the token of another one."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe
from fakealiyun.verify.signing import Key


def run(bench: Bench) -> Observation:
    first, second = bench.video(), bench.video()
    key = Key(first.key.access_key_id, first.key.secret, second.key.token)
    return refusal(bench.openapi("sts", "GetCallerIdentity", key=key))


PROBE = Probe(run, creates="two videos without a file")
