"""Whether GetVideoList shows a new video at once."""

from __future__ import annotations

from fakealiyun.verify.answers import body
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    name = bench.name()
    bench.video(ReferenceId=name)
    answer = bench.vod("GetVideoList", ReferenceIds=name)
    videos = body(answer).get("VideoList", {}).get("Video", []) if answer.status == 200 else []
    return {"listed": len(videos) == 1}


PROBE = Probe(run, creates="a video without a file")
