"""A private ACL and a tag, with the credential of an upload."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    upload = bench.video()
    sent = {"x-oss-object-acl": "private", "x-oss-tagging": "a=1"}
    return code(bench.to_object(upload, "POST", {"uploads": ""}, headers=sent))


PROBE = Probe(run, creates="a video with a multipart upload")
