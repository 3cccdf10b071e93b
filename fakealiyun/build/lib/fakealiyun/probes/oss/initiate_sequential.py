"""InitiateMultipartUpload with `sequential`."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    query = {"sequential": "", "uploads": ""}
    return code(bench.to_object(bench.video(), "POST", query))


PROBE = Probe(run, creates="a video with a multipart upload")
