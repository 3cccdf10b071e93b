"""PutObject with a callback to an address that nobody has."""

from __future__ import annotations

import base64
import json

from fakealiyun.verify.answers import elements
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    value = json.dumps({"callbackUrl": "http://verify.invalid/", "callbackBody": "a"})
    headers = {"x-oss-callback": base64.b64encode(value.encode()).decode()}
    answer = bench.oss("PUT", bench.bucket(), "a.txt", headers=headers, content=b"a")
    return {"status": answer.status, "code": elements(answer).get("Code", "")}


PROBE = Probe(run, creates="a bucket with an object of some bytes")
