"""Whether the first credential works after a refresh."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    upload = bench.video()
    bench.refresh(upload)
    return code(bench.to_object(upload, "POST", {"uploads": ""}))


PROBE = Probe(run, creates="a video with a multipart upload")
