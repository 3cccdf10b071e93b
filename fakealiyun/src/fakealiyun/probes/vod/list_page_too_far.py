"""GetVideoList behind the first 5000 matches."""

from __future__ import annotations

from fakealiyun.verify.bench import Bench, code
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.vod("GetVideoList", PageNo="51", PageSize="100"))


PROBE = Probe(run)
