"""A person is erased on a server: for all collectors at once, from every file of the database, while numbers stay.

What is erased and what stays is told over SQLite, by `tests/collector/web/test_forgetting.py`; here it is the same.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from collector.metrics.erasing import undo
from collector.records import NewName, Outcome
from collector.service import door
from collector.storage.named_in_items import WITHHELD
from collector.storage.postgres import locks, scrubbing
from collector.storage.postgres.store import PostgresStorage
from shared.errors import BadRequest, Busy
from tests.collector.postgres.test_locks import SECONDS, hand, waits
from tests.collector.web.test_forgetting import DAY, ID, REFUSED, REFUSED_OF_ANOTHER, numbers
from tests.support.collector import (
    RULES,
    RunningCollector,
    at,
    decide,
    delivery,
    envelope,
    event,
    item,
    running_collector,
)
from tests.support.postgres import Server, audited
from tests.support.programs import command

LATEST = "Zita-of-line-seven"
TELL = partial(undo, rules=RULES)


@pytest.fixture
async def running(postgres: Server, tmp_path: Path) -> AsyncIterator[RunningCollector]:
    """Return a collector that has seen the person, has a name, a conflict and a refused item of the person."""
    async with running_collector(tmp_path, database=postgres.new_database()) as collector:
        await collector.post(envelope(DAY, watermark="2026-01-15T11:58:00Z"))
        await collector.post([DAY[0] | {"count": 3}, DAY[0] | {"count": "3"}])
        await collector.post_bytes(json.dumps([{"worker_id": ID, "x": "y" * 3_000}]).encode())
        yield collector


async def erase(running: RunningCollector, worker_id: str = ID) -> dict[str, object]:
    """Erase somebody as the command does: by itself, on the same database."""
    async with door(running.settings, clock=running.clock) as way:
        return await way.forget(worker_id, site=None)


def files_with(server: Server, url: str, worker_id: str) -> list[str]:
    """Return the names of the files of a database, all that is in memory written out, that hold an id."""
    name = url.split("/")[3].split("?", maxsplit=1)[0]
    server.ask("checkpoint")
    [[number]] = server.ask("select oid from pg_database where datname = current_database()", database=name)
    forms = (worker_id.encode(), json.dumps(worker_id)[1:-1].encode())
    return [
        file.name
        for file in sorted((server.data / "base" / number).iterdir())
        if any(form in file.read_bytes() for form in forms)
    ]


async def test_what_was_done_stays_and_who_did_it_goes(running: RunningCollector) -> None:
    """Numbers of whole hours are the same byte by byte; a replay by a collector that remembers the person brings nobody back."""
    before = await numbers(running)
    went = await erase(running)
    after = await numbers(running)
    again = (await running.post(envelope(DAY, batch="b2"))).json
    refused = (await running.post([*REFUSED, REFUSED_OF_ANOTHER])).json
    kept = (await running.get("/api/rejected/")).json
    factory = await running.metrics("factory", "?from=2026-01-15T09:00:00Z&to=2026-01-15T14:00:00Z")
    told = [(await running.get(f"/api/{path}/")).text for path in ("metrics/workers", "events", "rejected", "floor")]

    assert {"site": "default", "events": 4, "conflicts": 1, "hours": 3, "refused": 2} == went
    assert before == after == await numbers(running)
    assert (0, 2, 4) == (again["accepted"], again["duplicates"], again["rejected"])
    assert len(REFUSED) + 1 == refused["rejected"]
    assert [json.dumps(REFUSED_OF_ANOTHER)] == [each["item"] for each in kept if each["item"] != WITHHELD]
    assert (100.0, 1) == (factory["average_utilization_percent"], factory["active_workers"])
    assert [] == [text for text in told if ID in text or json.dumps(ID)[1:-1] in text]
    assert [] == (await audited(str(running.settings.database_url))).differences


async def test_no_file_of_the_database_holds_the_id(running: RunningCollector, postgres: Server) -> None:
    """Nor do the server's statistics, and whatever is sent again; also of who came last, whose bytes nothing else covers."""
    await running.post(item("10:00", LATEST, "working", workstation_id="S1"))
    url = str(running.settings.database_url)
    postgres.ask("analyze", database=url.split("/")[3].split("?", maxsplit=1)[0])
    seen_before = [files_with(postgres, url, each) for each in (ID, LATEST)]
    await erase(running, LATEST)
    await erase(running)
    await running.post(DAY)
    await running.post([*REFUSED, REFUSED_OF_ANOTHER])

    assert all(seen_before)
    assert [[], []] == [files_with(postgres, url, each) for each in (ID, LATEST)]


async def test_the_command_says_where_else_the_person_may_be(postgres: Server) -> None:
    """What went, as with a file; of the server's log and its backups a collector knows nothing."""
    url = await postgres.emptied_database()
    store = await PostgresStorage.open(url, rules=RULES)
    await store.store([delivery(event("10:00", "W1", "working"))], decide=decide)
    await store.close()
    done = await command("collector", "forget", "W1", "--database", url)

    assert done.out.startswith("1 event, 0 versions that lost and 0 refused items are erased"), done.err
    assert "pg_wal" in done.err


@asynccontextmanager
async def two(postgres: Server) -> AsyncIterator[tuple[PostgresStorage, PostgresStorage]]:
    """Give the stores of two collectors over one empty database."""
    url = await postgres.emptied_database()
    one, other = [await PostgresStorage.open(url, rules=RULES) for _ in range(2)]
    try:
        yield one, other
    finally:
        await one.close()
        await other.close()


async def test_collectors_that_remember_the_person_forget_too(postgres: Server) -> None:
    """Numbers that were the person's may be somebody else's by the next moment."""
    async with two(postgres) as (one, other):
        for store in (one, other):
            await store.store([delivery(event("10:00", "W1", "working"))], decide=decide)
        await one.forget("W1", site=None, tell=TELL, now=0)
        await one.store([delivery(event("10:30", "W2", "working"))], decide=decide)
        (stored,) = await other.store(
            [delivery(event("11:00", "W1", "idle"), event("11:00", "W2", "idle"))], decide=decide
        )
        there = (await other.snapshot()).sightings
        with pytest.raises(BadRequest, match="was erased"):
            await other.name([NewName("worker", "default", "W1", "Ann")])

    assert [Outcome.forgotten, Outcome.accepted] == list(stored.outcomes)
    assert {("default", "W2"): [at("10:30"), at("11:00")]} == {
        person: [sighting.at for sighting in sightings] for person, sightings in there.items()
    }


async def test_whoever_still_reads_is_waited_for(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction that began before may see the person, so the bytes must stay; the next run takes them."""
    monkeypatch.setattr(scrubbing, "PATIENCE", 1)
    async with two(postgres) as (one, other):
        await one.store([delivery(event("10:00", "W1", "working"))], decide=decide)
        connection = await asyncpg.connect(postgres.url("emptied"))
        reading = connection.transaction(isolation="repeatable_read")
        await reading.start()
        seen = await connection.fetchval("select count(*) from worker where worker_id = 'W1'")
        await one.forget("W1", site=None, tell=TELL, now=0)
        with pytest.raises(Busy, match="somebody reads"):
            await one.scrub()
        still = await connection.fetchval("select count(*) from worker where worker_id = 'W1'")
        await reading.rollback()
        await connection.close()
        done = [await other.scrub(), await one.scrub()]

    assert (1, 1) == (seen, still)
    assert [True, False] == done


async def test_nobody_who_stores_waits_for_a_scrub_that_waits(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tries again and again to have the table for itself, each time for a moment, until whoever reads it is done."""
    monkeypatch.setattr(locks, "SECONDS_TO_WAIT", 1.0)
    url = postgres.url("emptied")
    async with two(postgres) as (one, other):
        await one.store([delivery(event("10:00", "W1", "working"), event("10:00", "W2", "working"))], decide=decide)
        await one.forget("W1", site=None, tell=TELL, now=0)
        async with hand(url) as before:
            await before.fetchval("select 1")
            scrubbed = asyncio.create_task(one.scrub())
            await asyncio.sleep(0.3)  # it has begun, and waits for that reader alone
            async with hand(url) as reading:
                await reading.fetchval("select count(*) from worker")
                await before.execute("rollback")
                has_waited = await waits(url, scrubbed)
                (stored,) = await other.store([delivery(event("11:00", "W2", "idle"))], decide=decide)
        done = await scrubbed

    assert (True, True) == (has_waited, done)
    assert [Outcome.accepted] == stored.outcomes


async def test_whoever_is_erased_while_files_are_cleaned_is_cleaned_out_by_the_next_run(postgres: Server) -> None:
    """A table may have been written anew already when they went."""
    async with two(postgres) as (one, other):
        await one.store([delivery(event("10:00", "W1", "working"), event("10:00", "W2", "working"))], decide=decide)
        await one.forget("W1", site=None, tell=TELL, now=0)
        connection = await asyncpg.connect(postgres.url("emptied"))
        reading = connection.transaction(isolation="repeatable_read")
        await reading.start()
        await connection.fetchval("select count(*) from worker")
        first = asyncio.create_task(one.scrub())
        await asyncio.sleep(0.3)  # it has begun, and waits for the reader
        await other.forget("W2", site=None, tell=TELL, now=0)
        await reading.rollback()
        await connection.close()
        done = [await first, await other.scrub(), await one.scrub()]

    assert [True, True, False] == done


async def test_whoever_stores_does_not_wait_for_who_cleans_files(postgres: Server) -> None:
    """As long as somebody reads, files are not cleaned, and deliveries go on at the collector that waits for it."""
    async with two(postgres) as (one, _):
        await one.store([delivery(event("10:00", "W1", "working"))], decide=decide)
        connection = await asyncpg.connect(postgres.url("emptied"))
        reading = connection.transaction(isolation="repeatable_read")
        await reading.start()
        await connection.fetchval("select count(*) from worker")
        await one.forget("W1", site=None, tell=TELL, now=0)
        cleaning = asyncio.create_task(one.scrub())
        async with asyncio.timeout(SECONDS):
            while not await locked(connection, locks.SCRUBBING):
                pass  # asking gives the others their turn
        await one.store([delivery(event("10:30", "W2", "working"))], decide=decide)
        is_waiting = not cleaning.done()
        await reading.rollback()
        is_done = await cleaning
        await connection.close()

    assert (True, True) == (is_waiting, is_done)


async def test_one_collector_at_a_time_cleans_files(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one waits for its turn, and finds nothing to do then."""
    async with two(postgres) as (one, other):
        await one.store([delivery(event("10:00", "W1", "working"))], decide=decide)
        await one.forget("W1", site=None, tell=TELL, now=0)
        connection = await asyncpg.connect(postgres.url("emptied"))
        await locks.try_to_keep(connection, locks.SCRUBBING)
        with monkeypatch.context() as impatient:
            impatient.setattr(scrubbing, "PATIENCE", 1)
            with pytest.raises(Busy, match="another collector or command"):
                await one.scrub()
        cleaning = [asyncio.create_task(store.scrub()) for store in (one, other)]
        await locks.let_go(connection, locks.SCRUBBING)
        done = [await each for each in cleaning]
        is_let_go = not await locked(connection, locks.SCRUBBING)
        await connection.close()

    assert [False, True] == sorted(done)
    assert is_let_go


async def locked(connection: asyncpg.Connection, lock: int) -> bool:
    """Say whether anybody has a lock of ours."""
    held = await connection.fetchval(
        """
        select exists (
            select 1
            from pg_locks
            where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
                and classid = $1 and objid::bigint = $2
        )
        """,
        locks.OURS,
        2**32 + lock,
    )
    return held is True


async def test_a_replay_during_the_erasing_waits_and_is_refused(postgres: Server) -> None:
    """However the two meet, nothing of the person is there afterwards."""
    async with two(postgres) as (one, other):
        await one.store([delivery(event("10:00", "W1", "working"), event("10:00", "W2", "working"))], decide=decide)
        again = [
            delivery(event(f"11:{minute}", "W1", "idle"), event(f"11:{minute}", "W2", "idle"))
            for minute in range(10, 60)
        ]
        storing = [asyncio.create_task(other.store([each], decide=decide)) for each in again]
        await one.forget("W1", site=None, tell=TELL, now=0)
        stored = [await each for each in storing]
        there = (await one.snapshot()).sightings

    assert [("default", "W2")] == [*there]
    assert {Outcome.accepted, Outcome.forgotten} >= {outcome for (each,) in stored for outcome in each.outcomes}
    assert [] == (await audited(postgres.url("emptied"))).differences
