"""The ReferenceId of a deleted video."""

from __future__ import annotations

from fakealiyun.verify.answers import accepted
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    taken = bench.name()
    first = bench.video(ReferenceId=taken)
    accepted("DeleteVideo", bench.vod("DeleteVideo", VideoIds=first.video_id))
    return {"accepted": bench.create_video(ReferenceId=taken).status == 200}


PROBE = Probe(run, creates="up to two videos without a file")
