"""What a batch changes for one worker, by hand: in minutes, with a gap of 60 and a tail of 5, hours from 0 on.

That any batch leaves what the reference says is shown in properties/test_ledger_routes.py.
"""

from collections.abc import Sequence

import pytest

from collector.metrics.ledger import splice
from collector.records import Entry, LedgerRules, OpenState, Run, Splice, State
from shared.events import EventType
from shared.instants import HOUR, MINUTE

absent, idle, working, product = EventType
RULES = LedgerRules(60 * MINUTE, 5 * MINUTE)
Change = tuple[int, int, int, int, int]
"""Working, idle, absent and assumed minutes, and units."""


def seen(minute: float, kind: EventType, station: str = "S1", *, count: int = 0, camera: str | None = "C1") -> Entry:
    """Return an event."""
    return Entry(round(minute * MINUTE), kind, station, count, None, camera)


def force(minute: int, kind: EventType, station: str = "S1") -> State:
    """Return a state in force."""
    return State(minute * MINUTE, kind, station, "C1")


def spliced(runs: Sequence[Run], *arrivals: Entry) -> Splice:
    """Return what arrivals change."""
    return splice(runs, arrivals, rules=RULES, offset=0)


def changes(found: Splice) -> dict[tuple[int, str], Change]:
    """Return what (hour, workstation) gains and loses, in minutes and units."""
    told = {}
    for (hour, station), amounts in found.hours.items():
        first, second, third, fourth = (amount // MINUTE for amount in amounts[:4])
        told[hour // HOUR, station] = (first, second, third, fourth, amounts[4])
    return told


NOTHING_YET = [Run(None, None, (), is_last=True)]
AT_TEN = [Run(force(10, working), 10 * MINUTE, (), is_last=True)]


def test_the_first_event_closes_nothing() -> None:
    """Time after the last sighting is open; units are counted at once."""
    found = spliced(NOTHING_YET, seen(10, working))
    counted = spliced(NOTHING_YET, seen(70, product, count=3))

    assert ({}, OpenState(10 * MINUTE, force(10, working))) == (changes(found), found.open_state)
    assert ({(1, "S1"): (0, 0, 0, 0, 3)}, OpenState(70 * MINUTE, None)) == (changes(counted), counted.open_state)


def test_a_state_before_years_of_counts_is_told_in_few_words() -> None:
    """An hour between counts breaks no time: all hours but the first and the last change in the same way, at once."""
    counts = tuple(seen(number * 60, product) for number in range(1, 18_001))
    first = spliced([Run(None, None, counts, is_last=True)], seen(5, working))
    (found,) = first.hour_ranges

    assert {(0, "S1"): (55, 0, 0, 0, 0)} == changes(first)
    assert ("S1", HOUR, 18_000 * HOUR, [HOUR, 0, 0, 0, 0]) == tuple(found)


def test_an_event_in_order_closes_the_time_before_it() -> None:
    """Cut at the hours, at the station of the state, whatever the station of the event."""
    found = spliced(AT_TEN, seen(65, product, "S2", count=2))

    assert {(0, "S1"): (50, 0, 0, 0, 0), (1, "S1"): (5, 0, 0, 0, 0), (1, "S2"): (0, 0, 0, 0, 2)} == changes(found)
    assert OpenState(65 * MINUTE, force(10, working)) == found.open_state


@pytest.mark.parametrize(
    ("minute", "change"),
    [(70, (50, 0, 0, 0, 0)), (71, (5, 0, 0, 5, 0))],
)
def test_a_silence_of_a_gap_is_time_and_a_longer_one_is_not(minute: int, change: Change) -> None:
    """Of the longer one only the tail counts, and is assumed."""

    assert change == changes(spliced(AT_TEN, seen(minute, idle)))[0, "S1"]


def test_a_late_count_closes_a_silence() -> None:
    """Two silences within the gap instead of one beyond it: the assumed tail goes, the time comes."""
    stands = [Run(force(0, working), 0, [seen(100, idle)], is_last=True)]
    found = spliced(stands, seen(50, product))

    assert {(0, "S1"): (55, 0, 0, -5, 0), (1, "S1"): (40, 0, 0, 0, 0)} == changes(found)


def test_a_late_state_takes_the_time_up_to_the_next() -> None:
    """The pairs of the counts between are moved to it."""
    stands = [Run(force(0, working), 10 * MINUTE, [seen(20, product), seen(30, product), seen(40, idle)], is_last=True)]
    found = spliced(stands, seen(15, absent, "S2"))

    assert {(0, "S1"): (-25, 0, 0, 0, 0), (0, "S2"): (0, 0, 25, 0, 0)} == changes(found)
    assert OpenState(40 * MINUTE, force(40, idle)) == found.open_state


def test_of_two_states_at_one_instant_the_last_in_order_lasts() -> None:
    """By type, then by workstation; whichever came first."""
    stands = [Run(None, None, [seen(0, working, "S1"), seen(30, product)], is_last=True)]

    assert {} == changes(spliced(stands, seen(0, idle, "S9")))
    assert {(0, "S1"): (-30, 0, 0, 0, 0), (0, "S2"): (30, 0, 0, 0, 0)} == changes(
        spliced(stands, seen(0, working, "S2"))
    )


def test_a_conflict_that_changes_the_survivor_changes_the_units() -> None:
    """By the difference, up only."""
    stands = [Run(None, None, [seen(0, product, count=3)], is_last=True)]

    assert {(0, "S1"): (0, 0, 0, 0, 2)} == changes(spliced(stands, seen(0, product, count=5)))
    assert {} == changes(spliced(stands, seen(0, product, count=2)))


def test_a_lesser_camera_of_the_state_in_force_changes_the_open_state() -> None:
    """Its watermark tells how long the state goes on; closed time is as it was."""
    stands = [Run(None, None, [seen(0, working, camera="C2")], is_last=True)]
    found = spliced(stands, seen(0, working, camera="C1"))

    assert ({}, OpenState(0, force(0, working))) == (changes(found), found.open_state)


def test_a_lesser_camera_of_the_state_in_force_is_heard_of_behind_all_counts() -> None:
    """They are not read; also if somebody is seen again at the end, or late among the counts."""
    own = Run(None, None, [seen(0, working, camera="C2")], is_last=False)
    end = Run(State(0, working, "S1", "C2"), 40 * MINUTE, (), is_last=True)
    late = Run(State(0, working, "S1", "C2"), 30 * MINUTE, [seen(40, product)], is_last=True)
    arriving = seen(0, working, camera="C1")

    for runs, also, last in (
        ([own, end], [], 40),
        ([own, end], [seen(50, product)], 50),
        ([own, late], [seen(35, product)], 40),
    ):
        assert OpenState(last * MINUTE, force(0, working)) == spliced(runs, arriving, *also).open_state


def test_counts_in_an_unbroken_time_may_be_left_out() -> None:
    """A late state takes the same hours with them and without them."""
    counts = [seen(minute, product, count=1) for minute in (20, 30, 50, 79, 139, 200)]
    kept = [each for each in counts if each.at // MINUTE in (20, 79, 139, 200)]
    by_all, by_few = (
        spliced([Run(force(0, working), 10 * MINUTE, [*stored, seen(210, idle)], is_last=True)], seen(15, absent, "S2"))
        for stored in (counts, kept)
    )

    assert by_all.hours == by_few.hours
    assert {
        (0, "S1"): (-45, 0, 0, 0, 0),
        (1, "S1"): (-60, 0, 0, 0, 0),
        (2, "S1"): (-19, 0, 0, 0, 0),
        (3, "S1"): (-10, 0, 0, 0, 0),
        (0, "S2"): (0, 0, 45, 0, 0),
        (1, "S2"): (0, 0, 60, 0, 0),
        (2, "S2"): (0, 0, 19, 0, 0),
        (3, "S2"): (0, 0, 10, 0, 0),
    } == changes(by_few)


def test_the_same_again_changes_nothing() -> None:
    """No hour and no open state is written."""
    stands = [Run(None, None, [seen(0, working)], is_last=True)]
    found = spliced(stands, seen(0, working), seen(0, working))

    assert ([], {}, None) == (found.survivors, found.hours, found.open_state)


class Watched(Entry):
    """An event that notes how often somebody asks when it was."""

    asked = 0

    @property
    def at(self) -> int:
        """Return the instant."""
        Watched.asked += 1
        return self[0]


def test_each_late_event_is_looked_at_a_few_times() -> None:
    """However many runs they fall into: a list of late events must not cost its square."""
    many = 2_000
    runs = [
        Run(force(10 * number, working), 10 * number * MINUTE, [seen(10 * number + 9, idle)], is_last=False)
        for number in range(many)
    ]
    arrivals = [Watched(*seen(10 * number + 5, product, count=1)) for number in range(many)]
    found = spliced(runs, *arrivals)

    assert many == sum(amounts[4] for amounts in found.hours.values())
    assert Watched.asked <= 20 * many
