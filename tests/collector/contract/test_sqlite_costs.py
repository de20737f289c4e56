"""What arriving events and a question cost in steps of SQLite's machine: their own number, and not that of what is stored.

Steps and not seconds: they are the same on every machine. The history is that of a worker with a state every five events, or
of one who is only counted.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils.utils import sqlite3

from collector import hours
from collector.metrics.occupancy import occupied_in
from collector.metrics.parts import split
from collector.metrics.windows import Window
from collector.records import Delivery
from collector.storage import ledger_query
from collector.storage.migrating import migrate
from collector.storage.opening import open_writer, transaction
from collector.storage.registry import Registry
from collector.storage.sqlite_write import store
from shared.events import Event, EventType
from shared.instants import HOUR, MINUTE
from tests.support.collector import RULES, decide
from tests.support.stores import folder

_, idle, working, product = EventType
FEW, COUNTED, MANY = 2_000, 30_000, 100_000
START = 1_600_000_000_000_000
TODAY = START + MANY * MINUTE + HOUR
STEPS_COUNTED = 50
MOST_STEPS = 1_000
"""An event, with its look-ups, its rows in four tables and what it moves between hours."""
STEPS_A_LOOK_UP = 100
"""With a part of the rows that two ends of a range are."""


SHIFT_KINDS = (working, product, product, idle, product)
"""What happens minute after minute, again and again."""
ONLY_COUNTS = (product,)


def history(size: int, kinds: Sequence[EventType]) -> list[Event]:
    """Return events of the last so many minutes before today."""
    first = TODAY - HOUR - size * MINUTE
    return [
        Event(first + minute * MINUTE, "W1", f"S{minute % 3}", kinds[minute % len(kinds)], 1, None)
        for minute in range(size)
    ]


class Machine:
    """A store of so many events, and how many steps things take there."""

    def __init__(self, file: Path, size: int, kinds: Sequence[EventType]) -> None:
        self.connection = open_writer(file)
        migrate(self.connection, rules=RULES)
        self._registry = Registry(self.connection, hour_offset_of=lambda _: 0)
        events = history(size, kinds)
        for start in range(0, size, 10_000):
            self.put(events[start : start + 10_000])

    def put(self, events: Sequence[Event]) -> int:
        """Store events in one transaction and return the steps it took."""

        def write() -> None:
            with transaction(self.connection, "immediate"):
                deliveries = [Delivery("default", None, TODAY, events)]
                store(self.connection, self._registry, deliveries=deliveries, decide=decide)

        return steps_of(self.connection, write)


def steps_of(connection: sqlite3.Connection, act: Callable[[], object]) -> int:
    """Return how many steps SQLite's machine takes meanwhile, to the nearest fifty a statement."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += STEPS_COUNTED
        return 0

    connection.set_progress_handler(count, STEPS_COUNTED)
    act()
    connection.set_progress_handler(None, 0)
    return steps


@contextmanager
def machine(size: int, *, kinds: Sequence[EventType] = SHIFT_KINDS) -> Iterator[Machine]:
    """Give a store of so many events."""
    with folder() as place:
        made = Machine(place / "collector.db", size, kinds)
        with closing(made.connection):
            yield made


@pytest.fixture(scope="module")
def large() -> Iterator[Machine]:
    """Return the store of many events; the tests add a few each."""
    with machine(MANY) as made:
        yield made


@pytest.fixture(scope="module")
def counted() -> Iterator[Machine]:
    """Return the store of a worker who is only counted, many times, with one state before that."""
    with machine(COUNTED, kinds=ONLY_COUNTS) as made:
        made.put([BEFORE_ALL])
        yield made


BEFORE_ALL = Event(TODAY - HOUR - COUNTED * MINUTE - MINUTE, "W1", "S1", working, 0, None)


def poison(number: int, *, shift: int = 0) -> Event:
    """Return a state in 1970 and a count today, in turn."""
    if number % 2:
        return Event(1_000 * number + shift, "W1", "S1", working, 0, None)
    return Event(TODAY + 1_000 * number + shift, "W1", "S1", product, 1, None)


def late(number: int, *, of: int, kind: EventType, shift: int) -> Event:
    """Return an event that falls between two stored ones, each far from the next."""
    return Event(START + HOUR + number * (MANY // of) * MINUTE + shift, "W1", "S1", kind, 1, None)


LISTS: dict[str, list[Event]] = {
    "a state in 1970 and a count today": [poison(number) for number in range(1_000)],
    "the same again": [poison(number) for number in range(1_000)],
    "other versions of the same": [poison(number)._replace(count=7) for number in range(1_000)],
    "today first, then back": [poison(number, shift=1) for number in reversed(range(1_000))],
    "states of 1970, ever later": [Event(5_000_000 + number, "W1", "S2", idle, 0, None) for number in range(1_000)],
    "states of 1970, ever earlier": [Event(4_000_000 - number, "W1", "S2", idle, 0, None) for number in range(1_000)],
    "late counts all over": [late(number, of=1_000, kind=product, shift=1) for number in range(999)],
    "late states all over": [late(number, of=1_000, kind=idle, shift=2) for number in range(999)],
    "a late and a fresh one in turn": [
        each
        for number in range(499)
        for each in (
            late(number, of=500, kind=working, shift=3),
            Event(TODAY + HOUR + number, "W1", "S1", idle, 0, None),
        )
    ],
    "everything in order": [
        Event(TODAY + 2 * HOUR + number * MINUTE, "W1", "S1", working, 0, None) for number in range(999)
    ],
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_no_more_than_its_events(large: Machine, name: str) -> None:
    """Whatever the mixture, over a hundred thousand stored events of the same worker."""
    events = LISTS[name]

    assert large.put(events) <= MOST_STEPS * len(events)


def one_of_the_counts(number: int, **changes: Any) -> Event:
    """Return a stored count of the worker who is only counted, half an hour after the one before."""
    minute = number * 30
    return Event(TODAY - HOUR - (COUNTED - minute) * MINUTE, "W1", f"S{minute % 3}", product, 1, None)._replace(
        **changes
    )


REPEATED: dict[str, list[Event]] = {
    "its state": [BEFORE_ALL] * 1_000,
    "another version of its state": [BEFORE_ALL._replace(confidence=0.5)] * 1_000,
    "counts all over": [one_of_the_counts(number) for number in range(1_000)],
    "other versions of counts all over": [one_of_the_counts(number, count=7) for number in range(1_000)],
    "its state and counts in turn": [each for number in range(500) for each in (BEFORE_ALL, one_of_the_counts(number))],
}


@pytest.mark.parametrize("name", REPEATED)
def test_what_stands_already_costs_no_more_than_itself(counted: Machine, name: str) -> None:
    """Also where the time up to the next state is the whole history."""
    events = REPEATED[name]

    assert counted.put(events) <= MOST_STEPS * len(events)
    assert counted.put(events[:1]) <= MOST_STEPS


def test_a_state_costs_the_hours_that_it_moves_and_not_the_counts_in_them() -> None:
    """The time of the same hours, with a count every minute and with one every six seconds."""
    steps = []
    for size, apart in ((FEW, MINUTE), (10 * FEW, MINUTE // 10)):
        with machine(0) as made:
            made.put([Event(START + number * apart, "W1", "S1", product, 1, None) for number in range(size)])
            steps.append([made.put([Event(START - each, "W1", "S2", working, 0, None)]) for each in (2, 1)])

    assert max(steps[1]) <= 1.2 * max(steps[0]) + MOST_STEPS
    assert max(steps[0]) <= MOST_STEPS * FEW * MINUTE // HOUR


@pytest.mark.parametrize("apart", [(9,), (9, 9, 11)], ids=["without a silence", "with silences"])
def test_a_state_costs_look_ups_and_not_the_hours_since_1970(apart: Sequence[int]) -> None:
    """Five thousand counts make five years; one state after the other takes them all, once there is time at all."""
    counts, rows, steps = 5_000, [], []
    ats = [
        START + number // len(apart) * sum(apart) * HOUR + sum(apart[: number % len(apart)]) * HOUR
        for number in range(counts)
    ]
    with machine(0) as made:
        made.put([Event(at, "W1", "S1", product, 1, None) for at in ats])
        for number in range(5):
            before = made.connection.total_changes
            steps.append(made.put([Event(START - 5 + number, "W1", f"S{number % 3}", working, 0, None)]))
            rows.append(made.connection.total_changes - before)
        again = made.put([Event(START - 1, "W1", "S1", working, 0, None)])
        ask = partial(ledger_query.measure, of=None, by_hour=False, stays=True, occupied=None)
        asked = [
            steps_of(made.connection, partial(ask, made.connection, split=partial(split, window)))
            for window in (Window(ats[-2], ats[-1]), Window(ats[-2], None), Window(None, None))
        ]

    assert rows[0] <= (2 * hours.BLOCK if len(apart) == 1 else 10 * counts)
    assert max(rows[1:]) <= 2 * 2 * hours.BLOCK
    assert max(steps[1:]) <= STEPS_A_LOOK_UP * counts
    assert again <= MOST_STEPS
    assert max(asked) <= 2 * MOST_STEPS


def test_one_by_one_they_cost_no_more(large: Machine) -> None:
    """A state in 1970 and a count today, each in a transaction of its own."""
    steps = [large.put([poison(number, shift=7)]) for number in range(100)]

    assert max(steps) <= MOST_STEPS


def test_an_event_costs_the_same_over_few_and_over_many() -> None:
    """Each list, over two thousand stored events and over fifty thousand."""
    with machine(FEW) as small, machine(MANY // 2) as large:
        for name in ("a state in 1970 and a count today", "states of 1970, ever later", "everything in order"):
            few, many = small.put(LISTS[name]), large.put(LISTS[name])

            assert many <= 1.2 * few + MOST_STEPS, name


@pytest.mark.parametrize(
    "window",
    [
        Window(TODAY - 9 * HOUR, TODAY - HOUR),
        Window(TODAY - 9 * HOUR - 7 * MINUTE, TODAY - HOUR - 13 * MINUTE),
        Window(TODAY - 3 * MINUTE, TODAY - 2 * MINUTE),
        Window(TODAY - 9 * HOUR - 7 * MINUTE, None),
        Window(None, None),
    ],
    ids=["whole hours", "ragged", "a minute", "open", "everything"],
)
@pytest.mark.parametrize("occupied", [False, True])
def test_a_question_costs_what_its_window_holds(window: Window, *, occupied: bool) -> None:
    """And not what is stored beside it."""
    question = occupied_in(window, rules=RULES, most=10**6) if occupied and window.length is not None else None
    ask = partial(
        ledger_query.measure, of=None, split=partial(split, window), by_hour=False, stays=True, occupied=question
    )
    steps = []
    for size in (FEW, 10 * FEW):
        with machine(size) as made:
            steps.append(steps_of(made.connection, partial(ask, made.connection)))

    assert steps[1] <= 1.2 * steps[0] + MOST_STEPS
