"""GetVideoInfos if none of the ids exists."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.vod("GetVideoInfos", VideoIds=bench.absent_id()))


PROBE = Probe(run)
