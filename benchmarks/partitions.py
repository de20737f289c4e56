"""Events in ranges of months beside the one table that they are in: what storing and reading cost, and what a drop would save.

Everything is done to one and then to the other, and each time the other begins; ratios are those of such pairs. What
comes once an hour (a step of a purge, a vacuum, a drop) follows a checkpoint, as it would there; what is stored does not, so that
its log is the least that there can be, and the share of a purge the greatest. A vacuum comes when a fiftieth of the table
is gone, as docs/scale.md says, and once when a fifth is.
"""

import asyncio
import random
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from benchmarks import year
from benchmarks.year import DAY, DAYS, EVENTS_AN_HOUR, WORKERS, Cost, Side
from collector.measures import Kept
from collector.metrics.parts import split
from collector.metrics.retention import settle
from collector.metrics.windows import Window
from collector.storage.postgres.erasing import erase_events
from shared.events import Event
from shared.instants import HOUR, MINUTE
from tests.support.postgres import Server, running_server

ROUNDS = 60
BEFORE = 3
"""Rounds that are not counted, until statements are planned."""
EVENTS_OF_A_WORKER = 5
"""In a batch: 1,000 events."""
MONTHS = (31, 28, 31)
"""Days of the months that a purge takes."""
DELETED = 30
"""Hours more whose events are deleted with nothing around it."""
STEPS_A_VACUUM = DAYS // 50
FIFTH = DAYS // 5
MOST_STATES = 200_000
IN_ORDER = "stored in order"

Work = Callable[[Side], Awaitable[object]]
Pair = tuple[Cost, Cost]
"""The one table first."""


class Found(NamedTuple):
    """What was measured."""

    rows: int
    size_bytes: int
    beside: Mapping[str, Sequence[Pair]]
    """What is stored and read, by what it is."""
    steps: Sequence[Pair]
    deletes: Sequence[Pair]
    vacuums: Sequence[Cost]
    """After a fiftieth each, of the one table."""
    vacuum_of_a_fifth: Cost
    drops: Sequence[Cost]
    """Of a month that a purge has emptied, hour by hour."""


def run() -> Found:
    """Measure on a server of its own."""
    with running_server(*year.SETTINGS, place=tempfile.gettempdir()) as server:
        return asyncio.run(_run(server))


async def _run(server: Server) -> Found:
    async with year.filled(server, in_ranges=False) as one, year.filled(server, in_ranges=True) as ranges:
        sides = (one, ranges)
        rows, size = await one.connection.fetchrow("select count(*), pg_total_relation_size('event') from event")
        beside = {
            IN_ORDER: await _in_turn(sides, _stored(_in_order())),
            "stored a week late, by the minute": await _in_turn(sides, _stored(_backlog())),
            "stored late, each in another hour of the year": await _in_turn(sides, _stored(_scattered())),
            "what a floor reads, a shift of the year": await _in_turn(sides, _floors()),
        }
        steps, vacuums, drops = await _purge(one, ranges)
        deletes = await _delete(sides)
        return Found(rows, size, beside, steps, deletes, vacuums, await _vacuum_of_a_fifth(one), drops)


async def _in_turn(sides: tuple[Side, Side], works: Callable[[int], Work]) -> list[Pair]:
    found = [await _pair(sides, works(number), number=number) for number in range(BEFORE + ROUNDS)]
    return found[BEFORE:]


async def _pair(sides: tuple[Side, Side], work: Work, *, number: int, is_hourly: bool = False) -> Pair:
    costs: dict[int, Cost] = {}
    for place in (0, 1) if number % 2 else (1, 0):
        side = sides[place]
        measured = side.cost_after_checkpoint if is_hourly else side.cost
        costs[place] = await measured(partial(work, side))
    return costs[0], costs[1]


def _stored(batches: Callable[[int], list[Event]]) -> Callable[[int], Work]:
    def works(number: int) -> Work:
        batch = batches(number)
        return lambda side: year.store(side.storage, batch)

    return works


def _in_order() -> Callable[[int], list[Event]]:
    newest = year.first_of_day(DAYS - 1) + HOUR
    return lambda number: _batch(lambda k: newest + (number * EVENTS_OF_A_WORKER + k) * MINUTE)


def _backlog() -> Callable[[int], list[Event]]:
    # Between the events of an hour that are there, as from a second camera of the same workers; then those of the day before.
    first, batches = year.first_of_day(DAYS - 8) + MINUTE // 2, EVENTS_AN_HOUR // EVENTS_OF_A_WORKER - 1
    return lambda number: _batch(
        lambda k: first - number // batches * DAY + (number % batches * EVENTS_OF_A_WORKER + k) * MINUTE
    )


def _scattered() -> Callable[[int], list[Event]]:
    chance = random.Random(17)

    def somewhere(_: int) -> int:
        return year.first_of_day(chance.randrange(DAYS - 1)) + chance.randrange(HOUR)

    return lambda _: _batch(somewhere)


def _batch(at: Callable[[int], int]) -> list[Event]:
    return [
        year.event_of(k, worker=worker, at=at(k) + worker * 1009)
        for k in range(EVENTS_OF_A_WORKER)
        for worker in range(1, WORKERS + 1)
    ]


def _floors() -> Callable[[int], Work]:
    def works(number: int) -> Work:
        start = year.first_of_day(DAYS - 2 - number * 5) - 2 * HOUR
        window = Window(start, start + 8 * HOUR)

        async def read(side: Side) -> None:
            await side.storage.outlines([year.SITE], stretch=(start, start + 8 * HOUR), most=MOST_STATES)
            await side.storage.measure([year.SITE], split=partial(split, window), by_hour=True)

        return read

    return works


async def _purge(one: Side, ranges: Side) -> tuple[list[Pair], list[Cost], list[Cost]]:
    """Let go of whole months, hour by hour, and drop each where it is a range."""
    steps: list[Pair] = []
    vacuums, drops = [], []
    for month in range(len(MONTHS)):
        while len(steps) < sum(MONTHS[: month + 1]):
            work = partial(_purge_day, day=len(steps))
            steps.append(await _pair((one, ranges), work, number=len(steps), is_hourly=True))
            if len(steps) % STEPS_A_VACUUM == 0:
                vacuums.append(await one.cost_after_checkpoint(partial(one.connection.execute, "vacuum event")))
        _check(await ranges.connection.fetchval(f"select count(*) from {year.month_of(month)}"))  # noqa: S608
        drops.append(await ranges.cost_after_checkpoint(partial(year.drop_month, ranges.connection, month)))
    return steps, vacuums, drops


def _check(left: int) -> None:
    if not 0 < left <= 2 * WORKERS:
        raise RuntimeError(f"a purge of a month left {left} events of it")


async def _purge_day(side: Side, *, day: int) -> None:
    """Let go of the events of a day, and of the hour after, into which their time reaches."""
    until, horizon, gone = year.first_of_day(day) + 2 * HOUR, None, 0
    while horizon is None or horizon < until:
        done = await side.storage.purge(
            year.SITE, to=Kept(events=until), settle=partial(settle, rules=side.storage.rules)
        )
        horizon, gone = done.kept.events, gone + done.events
    if gone < WORKERS * (EVENTS_AN_HOUR - 2):
        raise RuntimeError(f"a purge took {gone} events of a day")


async def _delete(sides: tuple[Side, Side]) -> list[Pair]:
    """Delete the events of further hours, with nothing of a purge around it."""
    await sides[0].connection.execute("vacuum event")
    first = sum(MONTHS)
    return [
        await _pair(sides, partial(_erase, until=year.first_of_day(first + hour) + HOUR), number=hour, is_hourly=True)
        for hour in range(DELETED)
    ]


async def _erase(side: Side, *, until: int) -> None:
    site = await side.connection.fetchval("select site_id from site")
    workers = [row[0] for row in await side.connection.fetch("select number from worker order by number")]
    async with side.connection.transaction():
        await erase_events(side.connection, site, workers=workers, until=until)


async def _vacuum_of_a_fifth(one: Side) -> Cost:
    await _erase(one, until=year.first_of_day(sum(MONTHS) + FIFTH))
    return await one.cost_after_checkpoint(partial(one.connection.execute, "vacuum event"))
