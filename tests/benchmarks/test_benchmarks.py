"""Every contender works, and a ratio is ours divided by theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks import chart, cold_start, playback, throughput, warm_call
from benchmarks.builds import build_contenders
from benchmarks.cloud import CloudProcess
from benchmarks.figures import (
    CONTENDERS,
    FLOOR,
    OURS,
    PLAIN,
    PLAIN_VALID,
    SIGNED_RATE_AT_LEAST,
    Spread,
    verdict,
)
from benchmarks.workload import ALGORITHMS, FUNCTIONS, Workload
from tests.support.code_under_test import CodeUnderTest


def test_every_contender_works_and_is_measured(
    packages: Path, bundle: CodeUnderTest, runtime: str, tmp_path: Path
) -> None:
    """One test, because the contenders take a while to build."""
    builds = build_contenders(
        runtime, tmp_path, packages=packages, bundle=bundle.folder, byte_code=False
    )
    with CloudProcess() as cloud:
        workload = Workload(cloud)
        for function in FUNCTIONS:
            for contender in (FLOOR, OURS, PLAIN_VALID):
                # Raises unless the function returns status 200.
                took, peak = cold_start.start(workload, builds, contender, function, "HS256")
                assert took > 0
                assert peak > 5
        cold = cold_start.measure(workload, builds, ["sts"], 1)
        warm = warm_call.measure(workload, builds, ["play"], 100)["play"]
        sustained = throughput.measure(workload, builds, 200)
        played = playback.measure(workload, builds, 1, 0.1)
    _check_cold(cold)
    assert set(warm) == set(ALGORITHMS)
    for found in warm.values():
        assert 0 < found["share_ms"] < found["whole_ms"]
        ratio = found["share_ms"] / found["bare_sdk_ms"]
        assert found["ratio"] == pytest.approx(ratio, rel=0.05)
    assert sustained["calls"] == 200
    assert sustained["resident_mb_early"] > 5
    # It raises if a kind of request makes another number of calls to VOD.
    assert set(played["kinds"]) == {kind.name for kind in playback.KINDS}
    assert played["rate_ratio"] >= SIGNED_RATE_AT_LEAST
    assert 0 < played["cold_start"]["seconds"] < 30
    assert "JWTPlayAuth by claim" in playback.table(played)


def _check_cold(result: dict[str, Any]) -> None:
    for part in (result, result["RS256"]):
        assert set(part["contenders"]) == set(CONTENDERS)
        measured = {contender: part["contenders"][contender]["sts"] for contender in CONTENDERS}
        for other in (FLOOR, PLAIN, PLAIN_VALID):
            for key, ratios in (("seconds", "ratios"), ("peak_memory_mb", "memory_ratios")):
                # With one round, the ratio is that of its two values.
                ratio = measured[OURS][key]["median"] / measured[other][key]["median"]
                assert part[ratios]["sts"][other] == pytest.approx(ratio, rel=0.01)
    assert result["zip_bytes"][OURS]["sts"] < result["zip_bytes"][PLAIN]["sts"]
    assert "  sts " in cold_start.table(result)
    drawn = chart.svg(result, "sts")
    assert drawn.startswith("<svg")
    assert drawn.count("<rect") == 1 + len(CONTENDERS)


def test_a_ratio_is_the_median_of_the_turns() -> None:
    """A round on a busy machine counts like any other."""
    assert Spread([1.0, 20.0, 1.0]).over(Spread([2.0, 40.0, 4.0])) == 0.5
    assert Spread([3.0, 1.0, 2.0]).rounded() == {"median": 2.0, "min": 1.0, "max": 3.0}


def test_a_missed_bound_is_reported() -> None:
    assert verdict(0.1, 0.15) == "0.10 (≤ 0.15)"
    assert verdict(0.2, 0.15) == "0.20 (≤ 0.15, MISSED)"
    assert verdict(0.8, 0.85, at_least=True) == "0.80 (≥ 0.85, MISSED)"
    assert verdict(0.9, 0.85, at_least=True) == "0.90 (≥ 0.85)"
