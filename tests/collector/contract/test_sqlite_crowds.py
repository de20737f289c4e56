"""What a question costs where there are many workstations and many workers: each stored event is looked at once at most.

Steps of SQLite's machine and rows, not seconds, as in `test_sqlite_costs.py`. A cost that grows with workers times stations
would be sixteen times as much for four times as many of both.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial

import pytest

from collector.measures import Measure
from collector.metrics.occupancy import occupied_in
from collector.metrics.parts import split
from collector.metrics.windows import Window
from collector.storage import ledger_query
from shared.events import Event, EventType
from shared.instants import HOUR, MINUTE, SECOND
from tests.collector.contract.test_sqlite_costs import MOST_STEPS, START, Machine, steps_of
from tests.support.collector import RULES
from tests.support.stores import folder

_, idle, working, product = EventType
FIRST = START // HOUR * HOUR
FEW, MANY = 250, 1_000
CLOSED = [Window(FIRST, FIRST + HOUR), Window(FIRST + MINUTE, FIRST + HOUR - MINUTE)]
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


def ending(workers: int) -> list[Event]:
    """Return what sends everybody home as the hour ends."""
    return [Event(FIRST + HOUR, f"W{worker}", "S0", EventType.absent, 0, None) for worker in range(workers)]


HISTORIES = {"a station an event": chain, "counts elsewhere": lone_counts}


@contextmanager
def stored(events: Sequence[Event]) -> Iterator[Machine]:
    """Give a store that holds these events."""
    with folder() as place:
        made = Machine(place / "collector.db", 0, ())
        with closing(made.connection):
            made.put(events)
            yield made


def ask(window: Window, *, occupied: bool = False, most: int = 10**6) -> partial[Measure]:
    """Return what asks a store for what the numbers of a window are made of."""
    question = occupied_in(window, rules=RULES, most=most) if occupied else None
    return partial(
        ledger_query.measure, of=None, split=partial(split, window), by_hour=False, stays=True, occupied=question
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
        told, untold = (ask(Window())(made.connection, stays=stays) for stays in (True, False))

    assert told.stays
    assert not untold.stays


@pytest.mark.parametrize("window", CLOSED, ids=["whole hours", "ragged"])
def test_company_costs_what_each_worker_did_once(window: Window) -> None:
    """However many stations somebody shared in an hour: four times the workers and stations, four times the steps."""
    few, many = (steps_for(factory(workers, stations=workers // 2), ask(window, occupied=True)) for workers in (20, 80))

    assert many <= 1.2 * 4 * few + MOST_STEPS


@pytest.mark.parametrize("window", CLOSED, ids=["whole hours", "ragged"])
def test_a_station_an_event_costs_its_events(window: Window) -> None:
    """Occupied or not: nobody is with anybody, and an hour that is cut is read once."""
    few, many = (steps_for(chain(size), ask(window, occupied=True)) for size in (FEW, MANY))

    assert many <= 1.2 * MANY / FEW * few + MOST_STEPS


def test_who_left_at_work_long_ago_is_company_no_longer() -> None:
    """The state goes on for its tail; hours after that belong to whoever is there alone."""
    later = 24 * HOUR
    left = Event(FIRST, "W2", "S1", working, 0, None)
    alone = [Event(FIRST + later + minute * MINUTE, "W1", "S1", working, 0, None) for minute in range(61)]
    window = Window(FIRST + later, FIRST + later + HOUR)
    with stored([*alone, left]) as made:
        company = ask(window, occupied=True, most=0)(made.connection).company

    assert company is not None
    assert {("default", "S1"): HOUR} == company.counted
    assert {} == company.stretches


def test_sums_are_kept_and_not_stretches() -> None:
    """Only where somebody may still be at work, so that memory holds an hour and not the window."""
    with stored([*factory(40, stations=20), *ending(40)]) as made:
        company = ask(CLOSED[0], occupied=True)(made.connection).company

    assert company is not None
    assert 20 == len(company.counted)
    assert {} == company.stretches


def test_company_is_not_told_for_more_states_than_asked_for() -> None:
    """One state more and there is no answer."""
    with stored(factory(40, stations=20)) as made:
        whole = ask(CLOSED[0], occupied=True)(made.connection).company
        assert whole is not None
        states = 10**6 - whole.left
        enough, short = (
            ask(CLOSED[0], occupied=True, most=most)(made.connection).company for most in (states, states - 1)
        )

    assert 40 * 40 == states
    assert enough is not None
    assert short is None
