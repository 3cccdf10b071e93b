"""Whether an appended object counts as the file of the video."""

from __future__ import annotations

import time

from fakealiyun.verify.answers import accepted, body
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe

FILE = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 20
WAIT = 1.0  # seconds


def run(bench: Bench) -> Observation:
    upload = bench.video()
    query = {"append": "", "position": "0"}
    accepted("AppendObject", bench.to_object(upload, "POST", query, content=FILE))
    status = "Uploading"
    for _second in range(5):
        video = body(bench.vod("GetVideoInfo", VideoId=upload.video_id))["Video"]
        status = video["Status"]
        if status != "Uploading":
            break
        time.sleep(WAIT)
    return {"counts": status != "Uploading"}


PROBE = Probe(run, creates="a video with a file of 44 bytes")
