"""Whether the range of GetVideoList includes both its ends."""

from __future__ import annotations

from fakealiyun.verify.answers import body
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    name = bench.name()
    upload = bench.video(ReferenceId=name)
    video = body(bench.vod("GetVideoInfo", VideoId=upload.video_id))["Video"]
    at = video["CreationTime"]
    answer = bench.vod("GetVideoList", ReferenceIds=name, StartTime=at, EndTime=at)
    videos = body(answer).get("VideoList", {}).get("Video", []) if answer.status == 200 else []
    return {"listed": len(videos) == 1}


PROBE = Probe(run, creates="a video without a file")
