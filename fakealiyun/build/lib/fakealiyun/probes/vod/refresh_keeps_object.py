"""Whether RefreshUploadVideo gives the same object again."""

from __future__ import annotations

from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    upload = bench.video()
    again = bench.refresh(upload)
    old, new = (upload.bucket, upload.object_name), (again.bucket, again.object_name)
    return {"same": old == new}


PROBE = Probe(run, creates="a video without a file")
