"""The invented shift holds together: no gaps, the same for the same seed, and reported without ambiguity."""

import itertools

import pytest

from demo.live import crew_sightings
from demo.shift import CREW, HOUR, MINUTE, SHIFT, Worker, endless, sightings, whole

PERSON = pytest.mark.parametrize("worker", CREW, ids=lambda worker: worker.name)


@PERSON
def test_spells_of_a_shift_follow_each_other_without_a_gap(worker: Worker) -> None:
    """Each spell starts where the one before ended, and none is empty."""
    spells = whole(worker, seed=1)

    assert [spell.end for spell in spells[:-1]] == [spell.start for spell in spells[1:]]
    assert all(spell.start < spell.end for spell in spells)


@PERSON
def test_neighbouring_spells_differ_in_state_or_station(worker: Worker) -> None:
    """A state event stands at a real change, so a lost one would be noticed."""
    kinds = [(spell.state, spell.station) for spell in whole(worker, seed=1)]

    assert all(before != after for before, after in itertools.pairwise(kinds))


@PERSON
def test_everyone_ends_absent_and_is_seen_after_the_shift(worker: Worker) -> None:
    """The last sighting lies after the window, so no number depends on a watermark."""
    last = whole(worker, seed=1)[-1]
    seen = [sighting.at for sighting in sightings([last], seed=1)]

    assert last.state == "absent"
    assert last.start <= SHIFT < seen[-1] == last.end < SHIFT + MINUTE


@PERSON
def test_no_two_sightings_have_one_key_and_they_are_in_order(worker: Worker) -> None:
    """Every sighting sent is an event of its own, so the number stored can be foretold."""
    seen = list(sightings(whole(worker, seed=1), seed=1))
    keys = {(sighting.at, sighting.event_type, sighting.station) for sighting in seen}

    assert len(seen) == len(keys)
    assert sorted(seen, key=lambda sighting: sighting.at) == seen


@PERSON
def test_units_are_made_while_working_and_strictly_inside_the_spell(worker: Worker) -> None:
    """A count at the edge of a spell would belong to two."""
    for spell in whole(worker, seed=1):
        assert spell.state == "working" or not spell.units
        assert all(spell.start < at < spell.end and made >= 1 for at, made in spell.units)


def test_the_same_seed_is_the_same_shift_and_another_is_not() -> None:
    """Two runs show the same story."""
    once, again, other = (whole(CREW[0], seed=seed) for seed in (1, 1, 2))

    assert once == again
    assert once != other


def test_the_day_has_a_latecomer_a_cover_and_a_lunch_for_everyone() -> None:
    """What makes the shift believable is in it."""
    spells = [spell for worker in CREW for spell in whole(worker, seed=1)]
    at_welding = {spell.worker for spell in spells if spell.station == "Welding" and spell.state == "working"}
    lunches = {spell.worker for spell in spells if spell.state == "absent" and spell.start < 6 * HOUR}
    late = {worker.name for worker in CREW if worker.arrives > 0}

    assert {"Chiku", "Hruday"} == at_welding
    assert {worker.name for worker in CREW} == lunches
    assert {"Chiku"} == late


def test_work_goes_on_after_eight_hours() -> None:
    """The live demo has something to show every few seconds, all day long."""
    day = itertools.takewhile(lambda sighting: sighting.at < 24 * HOUR, crew_sightings(1))
    instants = [sighting.at for sighting in day]

    assert sorted(instants) == instants
    assert max(after - before for before, after in itertools.pairwise(instants) if before > HOUR) < 2 * MINUTE


def test_the_endless_shift_is_contiguous_for_days() -> None:
    """Lunch comes every eight hours and leaves no gap."""
    spells = list(itertools.takewhile(lambda spell: spell.start < 72 * HOUR, endless(CREW[2], seed=1)))

    assert 9 == sum(spell.state == "absent" for spell in spells)
    assert [spell.end for spell in spells[:-1]] == [spell.start for spell in spells[1:]]
