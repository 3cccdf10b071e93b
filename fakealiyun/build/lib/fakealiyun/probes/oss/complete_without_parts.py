"""CompleteMultipartUpload without parts."""

from __future__ import annotations

from fakealiyun.verify.answers import accepted, code, text_of
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    bucket = bench.bucket()
    started = bench.oss("POST", bucket, "a", {"uploads": ""})
    upload_id = text_of(accepted("InitiateMultipartUpload", started), "UploadId")
    content = b"<CompleteMultipartUpload></CompleteMultipartUpload>"
    answer = bench.oss("POST", bucket, "a", {"uploadId": upload_id}, content=content)
    return {**code(answer), "suffix": answer.headers.get("etag", "").rpartition("-")[2]}


PROBE = Probe(run, creates="a bucket with an object of some bytes")
