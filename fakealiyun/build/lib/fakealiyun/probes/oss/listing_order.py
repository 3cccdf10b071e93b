"""The order of the elements of ListObjectsV2."""

from __future__ import annotations

from fakealiyun.verify.answers import accepted, elements
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    listed = accepted("ListObjectsV2", bench.oss("GET", bench.bucket(), query={"list-type": "2"}))
    return {"elements": [*elements(listed)]}


PROBE = Probe(run, creates="a bucket")
