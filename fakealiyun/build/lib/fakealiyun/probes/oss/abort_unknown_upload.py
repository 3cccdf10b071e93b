"""AbortMultipartUpload with an unknown UploadId."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    query = {"uploadId": bench.absent_id().upper()}
    return refusal(bench.to_object(bench.video(), "DELETE", query))


PROBE = Probe(run, creates="a video without a file")
