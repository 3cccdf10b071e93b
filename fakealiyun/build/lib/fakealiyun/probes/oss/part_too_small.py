"""CompleteMultipartUpload with a first part of 4 bytes."""

from __future__ import annotations

from fakealiyun.verify.answers import accepted, refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    upload = bench.video()
    upload_id = bench.multipart(upload)
    parts = ""
    for number in ("1", "2"):
        query = {"partNumber": number, "uploadId": upload_id}
        sent = accepted("UploadPart", bench.to_object(upload, "PUT", query, content=b"part"))
        tag = sent.headers["etag"]
        parts += f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>"
    content = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
    return refusal(bench.to_object(upload, "POST", {"uploadId": upload_id}, content=content))


PROBE = Probe(run, creates="a video, at most with a file of 8 bytes")
