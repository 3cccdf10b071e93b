"""GetVideoList behind the first 5000 matches."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.vod("GetVideoList", PageNo="51", PageSize="100"))


PROBE = Probe(run)
