"""MessageCallback in UserData as JSON text, and an Extend of 513 bytes."""

from __future__ import annotations

import json

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    callback = json.dumps({"CallbackURL": "https://verify.invalid/", "CallbackType": "http"})
    text = json.dumps({"MessageCallback": callback})
    long = json.dumps({"Extend": "a" * 513})
    return {
        "as text": code(bench.create_video(UserData=text)),
        "too long": code(bench.create_video(UserData=long)),
    }


PROBE = Probe(run, creates="up to two videos without a file")
