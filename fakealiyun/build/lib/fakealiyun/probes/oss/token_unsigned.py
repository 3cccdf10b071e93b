"""A token in the header `security-token`, which V1 does not sign."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe
from fakealiyun.verify.signing import Key


def run(bench: Bench) -> Observation:
    upload = bench.video()
    key = Key(upload.key.access_key_id, upload.key.secret)
    token = {"security-token": upload.key.token or ""}
    query = {"uploads": ""}
    return code(bench.oss("POST", upload.bucket, upload.object_name, query, key=key, headers=token))


PROBE = Probe(run, creates="a video, and at most a multipart upload")
