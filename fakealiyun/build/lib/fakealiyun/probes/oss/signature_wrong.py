"""A wrong signature."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe
from fakealiyun.verify.signing import Key


def run(bench: Bench) -> Observation:
    upload = bench.video()
    key = Key(upload.key.access_key_id, "wrong", upload.key.token)
    return refusal(bench.oss("GET", upload.bucket, upload.object_name, key=key))


PROBE = Probe(run, creates="a video without a file")
