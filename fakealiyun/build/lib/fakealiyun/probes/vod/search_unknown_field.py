"""SearchMedia for a field that does not exist."""

from __future__ import annotations

from fakealiyun.verify.answers import code
from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    return code(bench.vod("SearchMedia", Match="NoSuchField = 'x'"))


PROBE = Probe(run)
