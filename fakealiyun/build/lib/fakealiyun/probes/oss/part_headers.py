"""The headers of the answer to UploadPart."""

from __future__ import annotations

from fakealiyun.verify.answers import accepted
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    upload = bench.video()
    query = {"partNumber": "1", "uploadId": bench.multipart(upload)}
    answer = accepted("UploadPart", bench.to_object(upload, "PUT", query, content=b"part"))
    names = {"content-type", "content-md5", "etag", "x-oss-hash-crc64ecma"}
    return {"headers": sorted(names & {*answer.headers})}


PROBE = Probe(run, creates="a video with a multipart upload")
