"""The protocol holds under any order of faults; each simpler one loses or doubles."""

import pytest

from probe.back_in_time import SIMPLER, PastWorld, Rule
from probe.model import NAIVE, Simulation, Variant

SEEDS = 500
MANY = 10_000
STARTS = range(0, MANY, 1000)
"""All of them are behind `make chaos`; the first five hundred runs are in `make test`."""


def bad(variant: Variant, seeds: range) -> list[tuple[int, str]]:
    found = ((seed, Simulation(seed, variant).run()) for seed in seeds)
    return [(seed, wrong) for seed, wrong in found if wrong]


def test_nothing_is_lost_or_doubled() -> None:
    assert bad(Variant.BATON, range(SEEDS)) == []


@pytest.mark.chaos
@pytest.mark.fault("F26")
@pytest.mark.parametrize("start", STARTS)
def test_nothing_is_lost_or_doubled_in_ten_thousand_runs(start: int) -> None:
    assert bad(Variant.BATON, range(start, start + 1000)) == []


@pytest.mark.parametrize("variant", NAIVE, ids=lambda variant: variant.name.lower())
def test_a_simpler_protocol_loses_or_doubles(variant: Variant) -> None:
    """Otherwise the faults of the model would be too kind to show anything."""
    assert bad(variant, range(100))


def test_the_same_seed_plays_the_same() -> None:
    first, second = Simulation(7), Simulation(7)
    first.run()
    second.run()
    assert (first.rows, first.broker, first.reader) == (second.rows, second.broker, second.reader)


def test_the_faults_happen() -> None:
    """A model in which workers never meet would prove nothing."""
    worlds = [Simulation(seed) for seed in range(50)]
    for world in worlds:
        world.run()
    assert sum(len(world.rows.written) for world in worlds) > 500
    assert any(len({record.token for record in world.rows.written}) > 2 for world in worlds)
    assert any(len(world.broker) > len(world.rows.written) for world in worlds)


def bad_past(rule: Rule, seeds: range) -> list[tuple[int, str]]:
    found = ((seed, PastWorld(seed, rule).run()) for seed in seeds)
    return [(seed, wrong) for seed, wrong in found if wrong]


@pytest.mark.slow
def test_a_database_that_goes_back_loses_nothing_silently() -> None:
    assert bad_past(Rule.BATON, range(SEEDS // 2)) == []


@pytest.mark.chaos
@pytest.mark.fault("F26")
@pytest.mark.parametrize("start", STARTS)
def test_a_database_that_goes_back_loses_nothing_silently_in_ten_thousand_runs(start: int) -> None:
    assert bad_past(Rule.BATON, range(start, start + 1000)) == []


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.parametrize("rule", SIMPLER, ids=lambda rule: rule.name.lower())
def test_a_simpler_rule_loses_or_stands_still(rule: Rule) -> None:
    assert bad_past(rule, range(100))


@pytest.mark.slow
def test_databases_go_back_and_forks_are_adopted() -> None:
    worlds = [PastWorld(seed) for seed in range(100)]
    for world in worlds:
        world.run()
    assert sum(world.adoptions for world in worlds) > 20
    assert any(world.rows.generation > 2 for world in worlds)
    assert any(world.begin_of_log for world in worlds)
