"""A temporary AccessKey with a token that nobody issued."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe
from fakealiyun.verify.signing import Key


def run(bench: Bench) -> Observation:
    upload = bench.video()
    key = Key(upload.key.access_key_id, upload.key.secret, "garbage")
    return code(bench.fc("GetFunction", f"/2023-03-30/functions/{bench.name()}", key=key))


PROBE = Probe(run, creates="a video without a file")
