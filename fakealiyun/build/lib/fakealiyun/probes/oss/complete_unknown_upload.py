"""CompleteMultipartUpload with an unknown UploadId."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    query = {"uploadId": bench.absent_id().upper()}
    part = f"<Part><PartNumber>1</PartNumber><ETag>{'0' * 32}</ETag></Part>"
    content = f"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>".encode()
    return refusal(bench.to_object(bench.video(), "POST", query, content=content))


PROBE = Probe(run, creates="a video without a file")
