"""What a question costs where there are many workstations and many workers: each stored event is looked at once at most.

Steps of SQLite's machine and rows, not seconds, as in `test_sqlite_costs.py`. A cost that grows with workers times stations
would be four times as much for twice as many of both.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial

import pytest

from collector.measures import Measure
from collector.metrics.parts import split
from collector.metrics.windows import Window
from collector.storage import ledger_query
from shared.events import Event, EventType
from shared.instants import HOUR, MINUTE, SECOND
from tests.collector.contract.test_sqlite_costs import MOST_STEPS, START, Machine, steps_of
from tests.support.stores import folder

_, idle, working, product = EventType
FIRST = START // HOUR * HOUR
FEW, MANY = 250, 1_000
OPEN = [Window(None, None), Window(FIRST + MINUTE, None)]


def chain(size: int) -> list[Event]:
    """Return states of one worker, one a second, each at a station of its own."""
    return [Event(FIRST + number * SECOND, "W1", f"S{number}", working, 0, None) for number in range(size)]


def factory(workers: int, *, stations: int) -> list[Event]:
    """Return an hour in which each worker goes round six of so many stations, ten minutes at each."""
    return [
        Event(
            FIRST + minute * MINUTE + worker,
            f"W{worker}",
            f"S{(worker + minute // 10 * 13) % stations}",
            (working, product, idle)[minute % 3],
            1,
            None,
        )
        for minute in range(60)
        for worker in range(workers)
    ]


def lone_counts(size: int) -> list[Event]:
    """Return a state at one station that is outlasted by so many counts elsewhere, all in one hour."""
    counts = [Event(FIRST + SECOND + number, "W1", "S2", product, 1, None) for number in range(size)]
    return [Event(FIRST, "W1", "S1", working, 0, None), *counts, Event(FIRST + MINUTE, "W1", "S3", idle, 0, None)]


HISTORIES = {"a station an event": chain, "counts elsewhere": lone_counts}


@contextmanager
def stored(events: Sequence[Event]) -> Iterator[Machine]:
    """Give a store that holds these events."""
    with folder() as place:
        made = Machine(place / "collector.db", 0)
        with closing(made.connection):
            made.put(events)
            yield made


def ask(window: Window, *, stays: bool = True) -> partial[Measure]:
    """Return what asks a store for what the numbers of a window are made of."""
    return partial(
        ledger_query.measure, of=None, split=partial(split, window), by_hour=False, stays=stays, occupied=None
    )


def steps_for(events: Sequence[Event], question: partial[Measure]) -> int:
    """Return the steps that a question takes over these events."""
    with stored(events) as made:
        return steps_of(made.connection, partial(question, made.connection))


@pytest.mark.parametrize("window", OPEN, ids=["everything", "open"])
@pytest.mark.parametrize("name", HISTORIES)
def test_an_open_question_costs_no_more_than_its_stations(name: str, window: Window) -> None:
    """Four times as many of them, four times the steps."""
    few, many = (steps_for(HISTORIES[name](size), ask(window)) for size in (FEW, MANY))

    assert many <= 1.2 * MANY / FEW * few + MOST_STEPS


def test_an_open_question_reads_no_events_but_those_that_end_a_stay() -> None:
    """An hour of a factory costs the rows of its ledger; more parts made in it cost nothing."""
    events = factory(40, stations=100)
    counts = [event._replace(at=event.at + SECOND, event_type=product) for event in events]
    few, many = (steps_for(each, ask(Window())) for each in (events, [*events, *counts]))

    assert many <= 1.2 * few


def test_who_does_not_ask_for_workstations_does_not_pay_for_them() -> None:
    """Workers, the factory and hours need no end of a stay."""
    with stored(factory(40, stations=100)) as made:
        told, untold = (
            ledger_query.measure(
                made.connection, None, split=partial(split, Window()), by_hour=False, stays=stays, occupied=None
            )
            for stays in (True, False)
        )

    assert told.stays
    assert not untold.stays
