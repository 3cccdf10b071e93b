"""The ETag of a copy of a multipart object."""

from __future__ import annotations

from fakealiyun.verify.answers import accepted, text_of
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    bucket = bench.bucket()
    upload_id = text_of(
        accepted("InitiateMultipartUpload", bench.oss("POST", bucket, "a", {"uploads": ""})),
        "UploadId",
    )
    query = {"partNumber": "1", "uploadId": upload_id}
    tag = accepted("UploadPart", bench.oss("PUT", bucket, "a", query, content=b"part")).headers[
        "etag"
    ]
    part = f"<Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part>"
    content = f"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>".encode()
    accepted(
        "CompleteMultipartUpload",
        bench.oss("POST", bucket, "a", {"uploadId": upload_id}, content=content),
    )
    source = {"x-oss-copy-source": f"/{bucket}/a"}
    copied = text_of(accepted("CopyObject", bench.oss("PUT", bucket, "b", headers=source)), "ETag")
    return {"of the content": copied == tag}


PROBE = Probe(run, creates="a bucket with an object of some bytes")
