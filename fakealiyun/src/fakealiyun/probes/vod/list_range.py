"""Whether the range of GetVideoList includes both its ends."""

from __future__ import annotations

from fakealiyun.clock import utc
from fakealiyun.verify.answers import body
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe
from fakealiyun.vod.parameters import parse_time


def run(bench: Bench) -> Observation:
    name = bench.name()
    upload = bench.video(ReferenceId=name)
    video = body(bench.vod("GetVideoInfo", VideoId=upload.video_id))["Video"]
    at = parse_time(video["CreationTime"])
    if at is None:
        return {"listed": "the CreationTime has another form"}

    def listed(start: int, end: int) -> bool:
        answer = bench.vod(
            "GetVideoList", ReferenceIds=name, StartTime=utc(start), EndTime=utc(end)
        )
        videos = body(answer).get("VideoList", {}).get("Video", []) if answer.status == 200 else []
        return len(videos) == 1

    # EndTime must be later than StartTime. So each end has a range of its own.
    return {"from StartTime": listed(at, at + 1), "to EndTime": listed(at - 1, at)}


PROBE = Probe(run, creates="a video without a file")
