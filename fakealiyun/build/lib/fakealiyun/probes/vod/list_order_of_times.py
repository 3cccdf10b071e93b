"""GetVideoList with an EndTime that is not later than StartTime."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe

_AT = "2020-01-01T00:00:00Z"


def run(bench: Bench) -> Observation:
    before = bench.vod("GetVideoList", StartTime=_AT, EndTime="2019-12-31T00:00:00Z")
    return {
        "equal": code(bench.vod("GetVideoList", StartTime=_AT, EndTime=_AT)),
        "earlier": code(before),
    }


PROBE = Probe(run)
