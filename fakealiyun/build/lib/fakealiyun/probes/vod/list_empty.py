"""GetVideoList without any match."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.vod("GetVideoList", ReferenceIds=bench.name()))


PROBE = Probe(run)
