"""The protocol holds under any order of faults; each simpler one loses or doubles."""

import pytest

from probe.model import NAIVE, Variant, World

SEEDS = 500
MANY = 10_000


def bad(variant: Variant, seeds: range) -> list[tuple[int, str]]:
    found = ((seed, World(seed, variant).run()) for seed in seeds)
    return [(seed, wrong) for seed, wrong in found if wrong]


def test_nothing_is_lost_or_doubled() -> None:
    assert bad(Variant.BATON, range(SEEDS)) == []


@pytest.mark.chaos
@pytest.mark.parametrize("start", range(0, MANY, 1000))
def test_nothing_is_lost_or_doubled_in_ten_thousand_runs(start: int) -> None:
    assert bad(Variant.BATON, range(start, start + 1000)) == []


@pytest.mark.parametrize("variant", NAIVE, ids=lambda variant: variant.name.lower())
def test_a_simpler_protocol_loses_or_doubles(variant: Variant) -> None:
    """Otherwise the faults of the model would be too kind to show anything."""
    assert bad(variant, range(100))


def test_the_same_seed_plays_the_same() -> None:
    first, second = World(7), World(7)
    first.run()
    second.run()
    assert (first.rows, first.broker, first.reader) == (second.rows, second.broker, second.reader)


def test_the_faults_happen() -> None:
    """A model in which workers never meet would prove nothing."""
    worlds = [World(seed) for seed in range(50)]
    for world in worlds:
        world.run()
    assert sum(len(world.rows.written) for world in worlds) > 500
    assert any(len({record.token for record in world.rows.written}) > 2 for world in worlds)
    assert any(len(world.broker) > len(world.rows.written) for world in worlds)
