"""Days of trouble in virtual time, by seed: nothing acknowledged is ever nowhere, and in the end all is stored, once.

A seed that fails is a story that can be told again: it gets a test of its own here, named after what it found.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.simulation.troubles import EVERY_TROUBLE, live
from tests.simulation.virtual_time import simulate
from tests.simulation.weary_disks import instants_in
from tests.simulation.wire import Fate
from tests.simulation.world import World
from tests.support.stores import audited, folder

_LONG = pytest.mark.timeout(3_600)


class Story(NamedTuple):
    """What happened in a simulation, each with how often."""

    troubles: Counter[str]
    fates: Counter[str]
    """Of requests to the collector."""
    refusals: Counter[str]
    """Of posts to the agent."""
    given_up: int
    """Events of which the agent says so."""
    stored: int


@pytest.mark.parametrize(("seed", "when_full"), [(6, "reject"), (1, "drop_oldest")])
def test_days_of_trouble_lose_nothing(seed: int, when_full: str) -> None:
    """Every simulated minute all is where it must be, and the numbers of the store are those of its events."""
    story = tell(seed, hours=11)

    assert set(EVERY_TROUBLE) == story.troubles.keys()
    assert set(Fate) == story.fates.keys()
    assert (when_full == "reject", when_full == "drop_oldest") == ("queue full" in story.refusals, story.given_up > 0)


@pytest.mark.gauntlet
@_LONG
@pytest.mark.parametrize("seed", range(1_000, 1_020))
def test_sixty_days_of_trouble_lose_nothing(seed: int, figure: Callable[[str], None]) -> None:
    """The same for longer, with seeds of its own."""
    story = tell(seed, hours=24 * 3)
    troubles = story.troubles.total()
    figure(f"simulated, seed {seed}: {story.stored:,} events stored, {story.given_up:,} given up, {troubles} troubles")


@pytest.mark.parametrize(
    ("seeds", "hours"), [((3_000,), 5), pytest.param(range(3_001, 3_011), 24, marks=[pytest.mark.gauntlet, _LONG])]
)
def test_a_collector_that_is_restored_in_the_midst_of_trouble_is_refilled(seeds: Sequence[int], hours: int) -> None:
    """From backups some hours old, again and again: in the end it has everything, and no number is missing."""
    for seed in seeds:
        story = tell(seed, hours=hours, has_restores=True)

        assert story.troubles["collector_restored"] > 0
        assert 0 == story.given_up


def test_a_seed_tells_the_same_story_twice() -> None:
    """Or a failure could not be looked into."""
    first, second = (tell(77, hours=2) for _ in range(2))

    assert first == second


def tell(seed: int, *, hours: int, has_restores: bool = False) -> Story:
    """Simulate a seed, hold the end to what is promised, and return what happened."""
    with folder() as place:
        world = World(place, seed, has_restores=has_restores)
        file: Path = simulate(live(world, hours=hours))
        found = audited(file)
        stored = instants_in(file)
    truth, given_up = world.truth, set(world.truth.dropped.values())

    assert 0 == found.count
    assert set(truth.acknowledged) == set(truth.made)
    assert set() == truth.unconfirmed
    assert set() == stored - truth.made.keys()
    assert set() == truth.made.keys() - stored - given_up
    assert set() == {number for number, at in truth.dropped.items() if at not in stored} - truth.reported
    assert (world.limits.when_full == "drop_oldest") or not given_up
    return Story(world.happened, world.wire.fates, world.refusals, len(given_up), found.events)
