"""The load benchmarks run, are bounded, and count what they say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.load import __main__ as load
from benchmarks.load import callers, fairness, simulation
from benchmarks.load.deployment import DeploymentProcess, RatedFaults, Spec
from local.limits_store import LimitsStore


@pytest.mark.long
def test_a_hostile_user_costs_vod_no_more_than_the_limit(limits_store: LimitsStore) -> None:
    assert limits_store.port
    result = fairness.measure(rounds=1, seconds=2.0)
    [made] = result["rounds"]
    assert made["alone"] == {"200": 2}
    assert made["hostile"]["200"] <= fairness.LIMIT
    assert result["vod_beyond_limit"] <= 0
    assert result["ratio"] > 0
    assert "calls to VOD beyond the limits: 0" in fairness.table(result)


@pytest.mark.long
def test_callers_meet_vods_rate_and_function_computes_limit() -> None:
    spec = Spec(instances={"play": 2}, rates={"GetVideoPlayAuth": 5}, vod_seconds=0.05)
    with DeploymentProcess(spec) as deployment:
        caller = callers.Caller(deployment.token("user"), 40.0, repeats=False)
        [seen] = callers.run(deployment.port, deployment.video, [caller], 2.0)
        assert len(seen.outcomes) + seen.not_sent == 80
        counts = seen.counts()
        assert set(counts) <= {"200", "429 vodpass", "429 FC"}
        assert counts["200"] <= 5 * 3, "VOD's rate holds in each second"
        assert counts.get("429 vodpass", 0) + counts.get("429 FC", 0) > 0
        told = deployment.decisions("play")
        assert sum(line["code"] == "OK" for line in told) == counts["200"]
    spread = load._spread([seen], 2.0)
    assert spread["statuses"] == counts
    assert spread["p50_ms"] >= 50


def test_a_rate_counts_each_second_and_only_vod() -> None:
    faults = RatedFaults()
    faults.rates, faults.seconds = {"GetVideoInfo": 0}, 0.25
    throttled, slow = faults.take("vod", "GetVideoInfo"), faults.take("vod", "DeleteVideo")
    assert throttled is not None
    assert throttled.kind == "throttle"
    assert slow is not None
    assert (slow.kind, slow.number("seconds", 0.0)) == ("slow", 0.25)
    assert faults.take("sts", "AssumeRole") is None


@pytest.mark.parametrize(
    ("rate", "seconds"), [(callers.MOST_RATE + 1, 1.0), (1.0, callers.MOST_SECONDS + 1)]
)
def test_a_run_is_bounded(rate: float, seconds: float) -> None:
    with pytest.raises(AssertionError):
        callers.run(1, "0" * 32, [callers.Caller("token", rate)], seconds)


class TestSimulation:
    def test_the_first_wall_is_vods_rate_for_playing(self) -> None:
        [first, *_] = walls = simulation.walls(simulation.Assumptions())
        assert first["wall"] == "VOD's rate of GetVideoPlayAuth"
        assert first["users"] == pytest.approx(1_080_000, rel=0.01)
        assert [one["use"] for one in walls] == sorted((one["use"] for one in walls), reverse=True)

    def test_signing_moves_the_wall_and_ownership_makes_another(self) -> None:
        signed = simulation.Assumptions(signed=1.0)
        assert simulation.walls(signed)[0]["wall"] == "VOD's rate of GetVideoInfo"
        owned = simulation.Assumptions(by_claim=0.0)
        assert simulation.walls(owned)[0]["wall"] == "VOD's rate of GetVideoInfo"
        assert simulation.walls(owned)[0]["use"] > 3

    def test_few_instances_are_a_wall_of_function_compute(self) -> None:
        few = simulation.Assumptions(instances={"play": 10, "upload": 12, "refresh": 6})
        assert simulation.walls(few)[0]["wall"] == "instances of play"
        outcomes = simulation.simulate(few, 30)
        assert outcomes["refused by FC"] > outcomes["served"]

    def test_all_are_served_far_below_the_walls(self) -> None:
        small = simulation.Assumptions(users=50_000)
        outcomes = simulation.simulate(small, 30)
        assert outcomes["served"] == pytest.approx(
            30 * sum(simulation.arrivals(small).values()), rel=0.2
        )
        assert sum(outcomes.values()) == outcomes["served"]

    def test_twice_the_wall_serves_about_the_wall(self) -> None:
        twice = replace(simulation.Assumptions(), users=2_160_000)
        outcomes = simulation.simulate(twice, 60)
        assert outcomes["served"] / 60 == pytest.approx(360 + 9, rel=0.05)
        assert outcomes["gave up"] > 0

    def test_the_table_names_the_walls(self) -> None:
        text = simulation.table(simulation.measure(simulation.Assumptions(), 5))
        assert "VOD's rate of GetVideoPlayAuth" in text
