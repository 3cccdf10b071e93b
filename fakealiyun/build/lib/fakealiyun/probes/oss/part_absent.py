"""CompleteMultipartUpload with a part that was not uploaded."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    upload = bench.video()
    query = {"uploadId": bench.multipart(upload)}
    part = f"<Part><PartNumber>1</PartNumber><ETag>{'0' * 32}</ETag></Part>"
    content = f"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>".encode()
    return refusal(bench.to_object(upload, "POST", query, content=content))


PROBE = Probe(run, creates="a video with a multipart upload")
