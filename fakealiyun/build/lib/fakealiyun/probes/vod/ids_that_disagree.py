"""GetVideoInfo with a VideoId and the ReferenceId of another video."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    name = bench.name()
    first, _second = bench.video(), bench.video(ReferenceId=name)
    return code(bench.vod("GetVideoInfo", VideoId=first.video_id, ReferenceId=name))


PROBE = Probe(run, creates="two videos without a file")
