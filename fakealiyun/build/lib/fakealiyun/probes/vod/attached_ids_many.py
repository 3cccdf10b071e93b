"""GetAttachedMediaInfo with 21 ids."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    ids = ",".join(bench.absent_id() for _ in range(21))
    return code(bench.vod("GetAttachedMediaInfo", MediaIds=ids))


PROBE = Probe(run)
