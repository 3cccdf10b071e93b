"""GetVideoPlayAuth with an unknown ApiVersion."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    upload = bench.video()
    return code(bench.vod("GetVideoPlayAuth", VideoId=upload.video_id, ApiVersion="9.9.9"))


PROBE = Probe(run, creates="a video without a file")
