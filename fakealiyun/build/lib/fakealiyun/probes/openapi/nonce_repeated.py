"""Two calls with the same nonce."""

from __future__ import annotations

import uuid

from fakealiyun.verify.answers import accepted, refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    nonce = {"x-acs-signature-nonce": uuid.uuid4().hex}
    accepted("GetCallerIdentity", bench.openapi("sts", "GetCallerIdentity", headers=nonce))
    return refusal(bench.openapi("sts", "GetCallerIdentity", headers=nonce))


PROBE = Probe(run)
