"""GetPlayInfo of a video without a file."""

from __future__ import annotations

from fakealiyun.verify.answers import refusal
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    upload = bench.video()
    return refusal(bench.vod("GetPlayInfo", VideoId=upload.video_id))


PROBE = Probe(run, creates="a video without a file")
