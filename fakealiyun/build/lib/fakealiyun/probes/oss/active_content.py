"""How HTML, SVG and XML are sent."""

from __future__ import annotations

from fakealiyun.verify.answers import accepted
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    bucket = bench.bucket()
    seen: Observation = {}
    for kind in ("text/html", "image/svg+xml", "application/xml", "text/css"):
        headers = {"content-type": kind}
        accepted("PutObject", bench.oss("PUT", bucket, "a", headers=headers, content=b"<a/>"))
        answer = bench.oss("GET", bucket, "a")
        seen[kind] = answer.headers.get("content-disposition", "")
    return seen


PROBE = Probe(run, creates="a bucket with an object of some bytes")
