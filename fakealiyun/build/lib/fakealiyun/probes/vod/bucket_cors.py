"""What VOD's bucket allows pages of other origins."""

from __future__ import annotations

from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    upload = bench.video()
    host = bench.endpoints.oss(upload.bucket)
    asked = {
        "Origin": "https://app.example.com",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "x-oss-date",
    }
    answer = bench.endpoints.send(host, "OPTIONS", f"/{upload.object_name}", asked)
    allowed: Observation = {
        name: value
        for name, value in sorted(answer.headers.items())
        if name.startswith("access-control-")
    }
    return {"status": answer.status, **allowed}


PROBE = Probe(run, creates="a video without a file")
