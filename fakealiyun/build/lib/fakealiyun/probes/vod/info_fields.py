"""The fields of a video without a file."""

from __future__ import annotations

from fakealiyun.verify.answers import accepted, body
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    upload = bench.video()
    answer = accepted("GetVideoInfo", bench.vod("GetVideoInfo", VideoId=upload.video_id))
    return {"fields": sorted(body(answer)["Video"])}


PROBE = Probe(run, creates="a video without a file")
