"""FileMD5 of an uploaded file."""

from __future__ import annotations

import time

from fakealiyun.verify.answers import ProbeError, accepted, body
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe

FILE = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 20


def run(bench: Bench) -> Observation:
    upload = bench.video()
    accepted("PutObject", bench.to_object(upload, "PUT", content=FILE))
    for _second in range(30):
        answer = bench.vod("GetMezzanineInfo", VideoId=upload.video_id)
        found = body(answer).get("Mezzanine", {}).get("FileMD5") if answer.status == 200 else ""
        if found:
            return {"lower case": found == found.lower()}
        time.sleep(1)
    raise ProbeError("GetMezzanineInfo gave no FileMD5 within 30 seconds")


PROBE = Probe(run, creates="a video with a file of 44 bytes")
