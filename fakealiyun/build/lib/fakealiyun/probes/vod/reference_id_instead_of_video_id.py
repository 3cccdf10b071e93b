"""Operations with a ReferenceId and no VideoId."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    name = bench.name()
    bench.video(ReferenceId=name)
    actions = ("GetVideoInfo", "RefreshUploadVideo", "GetMezzanineInfo", "GetPlayInfo")
    return {action: code(bench.vod(action, ReferenceId=name)) for action in actions}


PROBE = Probe(run, creates="a video without a file")
