"""A wrongly signed call with a nonce that was used."""

from __future__ import annotations

import uuid

from fakealiyun.verify.answers import accepted, code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    nonce = {"x-acs-signature-nonce": uuid.uuid4().hex}
    accepted("GetCallerIdentity", bench.openapi("sts", "GetCallerIdentity", headers=nonce))
    return code(
        bench.openapi("sts", "GetCallerIdentity", key=bench.with_wrong_secret(), headers=nonce)
    )


PROBE = Probe(run)
