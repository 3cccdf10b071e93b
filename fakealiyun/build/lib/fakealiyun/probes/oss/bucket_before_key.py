"""An absent bucket and an unknown AccessKey."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.oss("GET", bench.name(), "film.mp4", key=bench.stranger()))


PROBE = Probe(run)
