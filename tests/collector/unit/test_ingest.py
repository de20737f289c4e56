"""The way of deliveries into the store: together under load, each with its own outcome, nobody forgotten."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path

import pytest

from collector.held_sites import HELD_SECONDS, SiteHeld
from collector.ingest import MOST_EVENTS_WAITING, MOST_SITES_TOGETHER, MOST_WAITING, SECONDS_A_GROUP, Ingest
from collector.records import Decide, Delivery, EventQuery, Outcome, Refusal, Stored
from collector.storage.postgres.locks import SECONDS_TO_HURRY, SECONDS_TO_WAIT
from collector.storage.sqlite import SqliteStorage
from shared.clock import Clock
from shared.errors import Busy, StorageFull, StoreTooSlow
from tests.support.collector import RULES, delivery, event
from tests.support.fake_clock import FakeClock


class GatedStorage(SqliteStorage):
    """A real store whose transactions wait for a gate, and that notes how many deliveries each had."""

    gate: asyncio.Event
    is_inside: asyncio.Event
    groups: list[int]
    full: bool
    most: int
    held: frozenset[str]
    on_held: Callable[[], None]

    async def store(self, deliveries: Sequence[Delivery], *, decide: Decide) -> list[Stored]:
        """Store once the gate is open; a disk that is full has no room, a slow one no time, and a site that is held is named."""
        self.groups.append(len(deliveries))
        self.is_inside.set()
        await self.gate.wait()
        if self.full:
            raise StorageFull
        if sum(len(each.events) for each in deliveries) > self.most:
            raise StoreTooSlow
        for site in sorted(self.held):
            if of := [place for place, each in enumerate(deliveries) if each.site == site]:
                self.on_held()
                raise SiteHeld(site, of=of)
        return await super().store(deliveries, decide=decide)


@asynccontextmanager
async def running(folder: Path, *, clock: Clock | None = None) -> AsyncIterator[tuple[Ingest, GatedStorage]]:
    """Give an ingest that runs, and the store behind it, its gate closed."""
    opened = GatedStorage.open(folder / "collector.db", rules=RULES)
    assert isinstance(opened, GatedStorage)
    opened.gate, opened.is_inside, opened.groups, opened.full = asyncio.Event(), asyncio.Event(), [], False
    opened.most, opened.held, opened.on_held = MOST_EVENTS_WAITING, frozenset(), lambda: None
    ingest = Ingest(opened, clock=clock)
    ingest.start()
    try:
        yield ingest, opened
    finally:
        opened.gate.set()
        await ingest.stop()
        await opened.close()


async def begun(ingest: Ingest, deliveries: Sequence[Delivery], storage: GatedStorage) -> list[asyncio.Task[Stored]]:
    """Return the requests, the first of which is already inside its transaction."""
    tasks = [asyncio.create_task(ingest.store(each)) for each in deliveries]
    await storage.is_inside.wait()
    return tasks


def minute(number: int) -> Delivery:
    """Return a delivery of one event of its own."""
    return delivery(event(f"{number // 60:02}:{number % 60:02}", "W1", "working"))


async def test_what_arrives_during_a_transaction_is_stored_in_the_next(tmp_path: Path) -> None:
    """Together, and each request learns of its own events only."""
    async with running(tmp_path) as (ingest, storage):
        tasks = await begun(ingest, [minute(0), minute(1), minute(0), delivery(), minute(2)], storage)
        await asyncio.sleep(0)
        storage.gate.set()
        outcomes = [(await task).outcomes for task in tasks]

        assert [[Outcome.accepted], [Outcome.accepted], [Outcome.duplicate], [], [Outcome.accepted]] == outcomes
        assert 5 == sum(storage.groups)
        assert len(storage.groups) <= 2


async def test_only_so_many_sites_share_a_transaction(tmp_path: Path) -> None:
    """Those of one site all the same, however many; the others come in the next, and nobody is left behind."""
    of_one = [minute(number) for number in range(1 + 2 * MOST_SITES_TOGETHER)]
    of_many = [replace(minute(0), site=f"north-{number}") for number in range(2 * MOST_SITES_TOGETHER)]
    async with running(tmp_path) as (ingest, storage):
        tasks = await begun(ingest, [*of_one, *of_many], storage)
        storage.gate.set()
        await asyncio.gather(*tasks)

        assert [len(of_one) + MOST_SITES_TOGETHER - 1, MOST_SITES_TOGETHER, 1] == storage.groups


async def test_too_many_waiting_requests_are_sent_away(tmp_path: Path) -> None:
    """The bound keeps memory and waiting short; nothing of what is refused is stored."""
    async with running(tmp_path) as (ingest, storage):
        tasks = await begun(ingest, [minute(0)], storage)
        tasks += [asyncio.create_task(ingest.store(minute(1 + number))) for number in range(MOST_WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await ingest.store(minute(1_300))
        storage.gate.set()
        await asyncio.gather(*tasks)
        stored = await storage.events(EventQuery(limit=10_000))

        assert MOST_WAITING + 1 == len(stored)


async def test_items_that_are_no_events_wait_as_events_do(tmp_path: Path) -> None:
    """They are kept, too, and take as much memory: beyond the bound a request is sent away."""
    none = replace(delivery(), refusals=[Refusal("bad_id", "an id is missing", "{}")] * MOST_EVENTS_WAITING)
    async with running(tmp_path) as (ingest, storage):
        first = asyncio.create_task(ingest.store(none))
        await storage.is_inside.wait()
        with pytest.raises(Busy):
            await ingest.store(minute(0))
        storage.full = True
        storage.gate.set()
        with pytest.raises(StorageFull):
            await first


async def test_a_full_disk_is_told_to_everybody_and_passes(tmp_path: Path) -> None:
    """Each request of the group is told; once there is room again, the next is stored."""
    async with running(tmp_path) as (ingest, storage):
        storage.full = True
        tasks = await begun(ingest, [minute(0), minute(1)], storage)
        storage.gate.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        storage.full = False
        again = await ingest.store(minute(0))

        assert [StorageFull, StorageFull] == [type(result) for result in results]
        assert [Outcome.accepted] == again.outcomes


async def test_a_delivery_that_cannot_be_stored_fails_alone(tmp_path: Path) -> None:
    """Its neighbours of the same transaction are stored, and so is what comes later."""
    async with running(tmp_path) as (ingest, storage):
        broken = delivery(event("10:30", "W\ud800", "working"))
        tasks = await begun(ingest, [minute(0)], storage)
        tasks += [asyncio.create_task(ingest.store(each)) for each in (minute(1), broken, minute(2))]
        await asyncio.sleep(0)
        storage.gate.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        later = await ingest.store(minute(3))

        assert [True, True, False, True] == [isinstance(result, Stored) for result in results]
        assert [Outcome.accepted] == later.outcomes
        assert 4 == len(await storage.events(EventQuery()))


async def test_who_is_small_beside_what_was_too_much_is_stored(tmp_path: Path) -> None:
    """The one that was is told so, and sends less; it is for nobody else to wait for that."""
    large = delivery(*(event(f"{10 + each // 60}:{each % 60:02}", "W1", "working") for each in range(100)))
    middle = delivery(*(event(f"15:{each:02}", "W1", "working") for each in range(11)))
    small = [replace(delivery(), site="north"), *map(minute, range(9))]
    async with running(tmp_path) as (ingest, storage):
        storage.most = 50
        tasks = await begun(ingest, [minute(10)], storage)
        tasks += [asyncio.create_task(ingest.store(each)) for each in (small[0], large, *small[1:], middle)]
        await asyncio.sleep(0)
        storage.gate.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)

        assert [Stored, Stored, StoreTooSlow, *[Stored] * 9, StoreTooSlow] == [type(result) for result in results]
        assert [1, 12, 10] == storage.groups
        assert ingest.failure is None


async def test_of_requests_that_are_alike_all_are_told_that_they_were_too_much(tmp_path: Path) -> None:
    """At once, so that all of them send less; where none of them can, the next groups are smaller."""
    async with running(tmp_path) as (ingest, storage):
        storage.most = 15
        tasks = await begun(ingest, [delivery()], storage)
        alike = [delivery(*(event(f"10:0{each}", "W1", "working") for each in range(5))) for _ in range(4)]
        tasks += [asyncio.create_task(ingest.store(each)) for each in alike]
        await asyncio.sleep(0)
        storage.gate.set()
        told = await asyncio.gather(*tasks[1:], return_exceptions=True)
        single = await asyncio.gather(*(ingest.store(minute(each)) for each in range(40)), return_exceptions=True)
        again = await asyncio.gather(*(ingest.store(minute(each)) for each in range(40)), return_exceptions=True)

        assert [StoreTooSlow] * 4 == [*map(type, told)]
        assert [StoreTooSlow] * 40 == [*map(type, single)]
        assert [StoreTooSlow] * 20 + [Stored] * 20 == [*map(type, again)]
        assert [1, 4, 40, 20, 10, 10] == storage.groups


async def test_what_was_stored_too_slowly_as_a_whole_makes_the_next_groups_smaller(tmp_path: Path) -> None:
    """Though each statement was in time: whoever sent an event each cannot send less, and has given up by then."""
    async with running(tmp_path, clock=(clock := FakeClock())) as (ingest, storage):
        tasks = await begun(ingest, [minute(number) for number in range(41)], storage)
        clock.advance(SECONDS_A_GROUP + 1)
        storage.gate.set()
        await asyncio.gather(*tasks)
        await asyncio.gather(*(ingest.store(minute(number)) for number in range(41)))
        assert [41, 20, 21] == storage.groups


async def test_of_a_group_only_who_is_at_a_held_site_is_told_so(tmp_path: Path) -> None:
    """The others are stored without them, each with its own outcome; the collector is well."""
    async with running(tmp_path) as (ingest, storage):
        storage.held = frozenset({"A", "C"})
        arriving = [delivery(event("10:00", "W1", "working"), site=site) for site in "BABCDA"]
        tasks = await begun(ingest, arriving[:1], storage)
        tasks += [asyncio.create_task(ingest.store(each)) for each in arriving[1:]]
        await asyncio.sleep(0)
        storage.gate.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        told = [result.outcomes[0] if isinstance(result, Stored) else type(result) for result in results]

        assert [Outcome.accepted, SiteHeld, Outcome.duplicate, SiteHeld, Outcome.accepted, SiteHeld] == told
        assert [1, 5, 3, 2] == storage.groups
        assert ingest.failure is None


async def test_a_site_that_was_held_is_tried_again_after_a_while(tmp_path: Path) -> None:
    """Until then it is told at once, and takes no time of the others."""
    clock = FakeClock()
    arriving = delivery(event("10:00", "W1", "working"), site="A")
    async with running(tmp_path, clock=clock) as (ingest, storage):
        storage.gate.set()
        storage.held = frozenset({"A"})
        with pytest.raises(SiteHeld):
            await ingest.store(arriving)
        storage.held = frozenset()
        with pytest.raises(SiteHeld):
            await ingest.store(arriving)
        tried = len(storage.groups)
        clock.advance(HELD_SECONDS)
        stored = await ingest.store(arriving)

        assert (1, [Outcome.accepted]) == (tried, stored.outcomes)


async def test_a_group_that_meets_too_many_held_sites_is_given_up(tmp_path: Path) -> None:
    """Whoever waits behind it must be answered, too; the rest of it is told to come again, and the collector stays ready."""
    clock = FakeClock()
    async with running(tmp_path, clock=clock) as (ingest, storage):
        storage.held = frozenset("ABC")
        arriving = [delivery(event("10:00", "W1", "working"), site=site) for site in "DABCD"]
        tasks = await begun(ingest, arriving[:1], storage)
        tasks += [asyncio.create_task(ingest.store(each)) for each in arriving[1:]]
        await asyncio.sleep(0)
        storage.on_held = lambda: clock.advance(SECONDS_A_GROUP * 0.6)
        storage.gate.set()
        results = await asyncio.gather(*tasks[1:], return_exceptions=True)

        assert [SiteHeld, SiteHeld, Busy, Busy] == [type(result) for result in results]
        assert ingest.failure is None


async def test_few_held_sites_are_not_too_many(tmp_path: Path) -> None:
    """Each takes as long as the store waits for it, and some more to begin again; then the others are stored."""
    clock = FakeClock()
    patience = chain([SECONDS_TO_WAIT], repeat(SECONDS_TO_HURRY))
    async with running(tmp_path, clock=clock) as (ingest, storage):
        storage.held = frozenset("ABCD")
        arriving = [delivery(event("10:00", "W1", "working"), site=site) for site in "EABCDE"]
        tasks = await begun(ingest, arriving[:1], storage)
        tasks += [asyncio.create_task(ingest.store(each)) for each in arriving[1:]]
        await asyncio.sleep(0)
        storage.on_held = lambda: clock.advance(next(patience) + 0.1)
        storage.gate.set()
        results = await asyncio.gather(*tasks[1:], return_exceptions=True)

        assert [*[SiteHeld] * 4, Stored] == [type(result) for result in results]


async def test_a_request_that_went_away_is_stored_all_the_same(tmp_path: Path) -> None:
    """A client that hangs up will send again; the transaction knows nothing of it."""
    async with running(tmp_path) as (ingest, storage):
        gone, stays = await begun(ingest, [minute(0), minute(1)], storage)
        gone.cancel()
        storage.gate.set()
        await stays

        assert 2 == len(await storage.events(EventQuery()))


async def test_what_waits_is_stored_before_the_end(tmp_path: Path) -> None:
    """Stopping answers everybody first."""
    async with running(tmp_path) as (ingest, storage):
        tasks = await begun(ingest, [minute(number) for number in range(10)], storage)
        await asyncio.sleep(0)
        storage.gate.set()
        await ingest.stop()

        assert [Outcome.accepted] * 10 == [task.result().outcomes[0] for task in tasks]
