"""A wrong signature and a token that nobody issued."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe
from fakealiyun.verify.signing import Key


def run(bench: Bench) -> Observation:
    upload = bench.video()
    return code(
        bench.openapi(
            "sts", "GetCallerIdentity", key=Key(upload.key.access_key_id, "wrong", "garbage")
        )
    )


PROBE = Probe(run, creates="a video without a file")
