"""`x-oss-complete-all` together with a list of parts."""

from __future__ import annotations

from fakealiyun.verify.answers import accepted, code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    upload = bench.video()
    upload_id = bench.multipart(upload)
    query = {"partNumber": "1", "uploadId": upload_id}
    sent = accepted("UploadPart", bench.to_object(upload, "PUT", query, content=b"part"))
    part = f"<Part><PartNumber>1</PartNumber><ETag>{sent.headers['etag']}</ETag></Part>"
    content = f"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>".encode()
    every = {"x-oss-complete-all": "yes"}
    query = {"uploadId": upload_id}
    return code(bench.to_object(upload, "POST", query, headers=every, content=content))


PROBE = Probe(run, creates="a video, at most with a file of 4 bytes")
