"""Whether the range of GetVideoList includes both its ends."""

from __future__ import annotations

from datetime import datetime, timedelta

from fakealiyun.verify.answers import body
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe

_FORM = "%Y-%m-%dT%H:%M:%SZ"


def run(bench: Bench) -> Observation:
    name = bench.name()
    upload = bench.video(ReferenceId=name)
    video = body(bench.vod("GetVideoInfo", VideoId=upload.video_id))["Video"]
    at = datetime.strptime(video["CreationTime"], _FORM)
    second = timedelta(seconds=1)

    def listed(start: datetime, end: datetime) -> bool:
        answer = bench.vod(
            "GetVideoList",
            ReferenceIds=name,
            StartTime=start.strftime(_FORM),
            EndTime=end.strftime(_FORM),
        )
        videos = body(answer).get("VideoList", {}).get("Video", []) if answer.status == 200 else []
        return len(videos) == 1

    # EndTime must be later than StartTime. So each end has a range of its own.
    return {"from StartTime": listed(at, at + second), "to EndTime": listed(at - second, at)}


PROBE = Probe(run, creates="a video without a file")
