"""A nonce that a wrongly signed call had before."""

from __future__ import annotations

import uuid

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    nonce = {"x-acs-signature-nonce": uuid.uuid4().hex}
    bench.openapi("sts", "GetCallerIdentity", key=bench.with_wrong_secret(), headers=nonce)
    return code(bench.openapi("sts", "GetCallerIdentity", headers=nonce))


PROBE = Probe(run)
