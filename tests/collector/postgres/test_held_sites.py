"""Somebody holds rows of one site and does not let go: events of the other sites are stored, and do not wait for it."""

from asyncio import create_task, gather
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, get_args

import asyncpg
import pytest

from collector.held_sites import HELD_SECONDS, Holder, SiteHeld
from collector.metrics.erasing import undo
from collector.records import Outcome, Retention
from collector.retaining import purge
from collector.storage.postgres import locks
from collector.storage.postgres.condition import condition_of
from collector.storage.postgres.connecting import APPLICATION
from collector.storage.postgres.holding import hold_site
from collector.storage.postgres.store import PostgresStorage
from collector.storage.postgres.waited_for import NAMES
from shared.errors import Busy
from shared.instants import HOUR
from tests.collector.postgres.test_locks import hand, opened, waits
from tests.support.collector import (
    NOON_AFTER,
    RULES,
    RunningCollector,
    decide,
    delivery,
    envelope,
    event,
    item,
    running_collector,
)
from tests.support.postgres import Server

SITES = {"CA": {"site": "A"}, "CB": {"site": "B"}, "CC": {"site": "C"}}


async def post(running: RunningCollector, minute: int) -> list[int]:
    """Let each camera deliver an event at once; return the statuses."""
    bodies = [
        envelope(
            [item(f"10:{minute:02}", f"W{camera}", "working")], camera=camera, seqs=[[minute, minute]], last_seq=minute
        )
        for camera in SITES
    ]
    return [answer.status for answer in await gather(*map(running.post, bodies))]


@pytest.mark.parametrize("table", ["worker", "camera", "workstation"], ids="a {}'s row".format)
async def test_only_the_site_that_is_held_is_told_to_come_again(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    """Once after a wait, then at once, and the collector stays ready; when the row is free all is stored."""
    monkeypatch.setattr(locks, "SECONDS_TO_WAIT", 0.5)
    url = await postgres.emptied_database()
    async with running_collector(tmp_path, database=url, cameras=SITES) as running:
        first = await post(running, 1)
        async with hand(url) as holding:
            of_site = "site_id = (select site_id from site where name = 'A')"
            await holding.execute(f"select from {table} where {of_site} for update")
            begun = monotonic()
            held = [await post(running, minute) for minute in (2, 3)]
            took = monotonic() - begun
            ready = await running.get("/readyz")
        running.clock.advance(HELD_SECONDS)
        freed = await post(running, 4)
        stored = await running.stored("?site=*")

    assert [200, 200, 200] == first == freed
    assert [[503, 200, 200]] * 2 == held
    assert took < 10
    assert 200 == ready.status
    assert 10 == len(stored)


async def test_a_purge_goes_on_with_the_sites_that_nobody_holds(postgres: Server, tmp_path: Path) -> None:
    """Then it names the one that is held; once that is free, it is done there too."""
    url = await postgres.emptied_database()
    async with running_collector(tmp_path, database=url, cameras=SITES) as running:
        await post(running, 1)
    storage = await PostgresStorage.open(url, rules=RULES)

    async def purge_into(sites: list[str]) -> None:
        async for site, _ in purge(storage, Retention(events=24 * HOUR), now=NOON_AFTER + 24 * HOUR):
            sites.append(site)

    async with hand(url) as holding:
        await holding.execute(
            "select from worker where site_id = (select site_id from site where name = 'A') for update"
        )
        gone: list[str] = []
        with pytest.raises(SiteHeld, match="rows of site A "):
            await purge_into(gone)
    after: list[str] = []
    await purge_into(after)
    await storage.close()

    assert {"B", "C"} == set(gone)
    assert {"A"} == set(after)


@pytest.mark.parametrize(
    ("holding", "change"),
    [
        ("workstation", lambda store: store.forget("WA", site="A", tell=partial(undo, rules=RULES), now=0)),
        ("site", lambda store: store.rename_site("A", "D")),
    ],
    ids=["an erasing", "another name"],
)
async def test_what_lets_everybody_wait_gives_up_at_once_where_a_row_is_held(
    postgres: Server, holding: str, change: Callable[[PostgresStorage], Awaitable[Any]]
) -> None:
    """It names the site; who delivers to another one meanwhile is not refused."""
    url = await postgres.emptied_database()
    async with opened(url) as one, opened(url) as other:
        await one.store([delivery(event("10:00", f"W{site}", "working"), site=site) for site in "AB"], decide=decide)
        async with hand(url) as connection:
            key = "name = 'A'" if holding == "site" else "site_id = (select site_id from site where name = 'A')"
            await connection.execute(f"select from {holding} where {key} for update")
            changing = create_task(_awaited(change(one)))
            has_waited = await waits(url, changing)
            (stored,) = await other.store([delivery(event("11:00", "WB", "idle"), site="B")], decide=decide)
            with pytest.raises(SiteHeld, match="rows of site A "):
                await changing

    assert has_waited
    assert [Outcome.accepted] == stored.outcomes


@pytest.mark.parametrize(
    ("table", "mode"),
    [("event", "share"), ("worker", "access exclusive"), ("arithmetic", "access exclusive")],
    ids=["an index is made", "it is written anew", "it is read first of all"],
)
async def test_a_table_that_is_held_is_told_from_a_site(
    postgres: Server, monkeypatch: pytest.MonkeyPatch, table: str, mode: str
) -> None:
    """It is a matter of all sites: none of them is named, and all are tried again at once."""
    monkeypatch.setattr(locks, "SECONDS_TO_WAIT", 0.3)
    arriving = [delivery(event("10:00", f"W{site}", "working"), site=site) for site in "AB"]
    url = await postgres.emptied_database()
    async with opened(url) as store:
        async with hand(url) as connection:
            await connection.execute(f"lock table {table} in {mode} mode")
            with pytest.raises(Busy, match=f"the table {table} ") as told:
                await store.store(arriving, decide=decide)
        stored = await store.store(arriving, decide=decide)

    assert Busy is told.type
    assert [[Outcome.accepted]] * 2 == [each.outcomes for each in stored]


@pytest.mark.parametrize("holder", get_args(Holder))
async def test_it_is_told_apart_who_holds_a_site(
    postgres: Server, monkeypatch: pytest.MonkeyPatch, holder: Holder
) -> None:
    """A purge says so by a lock of ours; where only collectors hold rows, one of them is storing, and goes on by itself."""
    monkeypatch.setattr(locks, "SECONDS_TO_WAIT", 0.3)
    arriving = [delivery(event("10:00", "W1", "working"), site="A")]
    url = await postgres.emptied_database()
    async with opened(url) as store:
        await store.store(arriving, decide=decide)
        async with hand(url if holder == "stranger" else f"{url}&application_name={APPLICATION}") as connection:
            if holder == "purge":
                await hold_site(connection, "A")
            else:
                await connection.execute("select from worker for update")
            with pytest.raises(SiteHeld) as told:
                await store.store(arriving, decide=decide)

    assert holder == told.value.holder
    assert {0} == told.value.of


async def test_a_table_of_another_program_is_no_matter_of_ours(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who holds it is not what a site waits for, and no site but that one has to wait."""
    monkeypatch.setattr(locks, "SECONDS_TO_WAIT", 0.3)
    arriving = [delivery(event("10:00", "W1", "working"), site="A")]
    url = postgres.new_database()
    async with opened(url) as store:
        await store.store(arriving, decide=decide)
        postgres.ask("create table of_another (number integer)", database=url.split("/")[3].partition("?")[0])
        async with hand(url) as connection:
            await connection.execute("lock table of_another in access exclusive mode")
            await connection.execute("select from worker for update")
            with pytest.raises(SiteHeld) as told:
                await store.store(arriving, decide=decide)

    assert "stranger" == told.value.holder


async def test_the_names_of_our_tables_are_all_that_there_are(postgres: Server) -> None:
    """One that is missing there would be waited for without a word."""
    url = await postgres.emptied_database()
    async with hand(url) as connection:
        found = await connection.fetch("select tablename from pg_tables where schemaname = current_schema()")

    assert {name for (name,) in found} == set(NAMES)


async def test_tables_may_lie_in_another_schema(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that new tables of the user go to: what is held is told from a site, and a check finds them."""
    monkeypatch.setattr(locks, "SECONDS_TO_WAIT", 0.3)
    url = postgres.new_database()
    connection = await asyncpg.connect(url)
    await connection.execute('drop schema public; create schema "Our own"')
    await connection.close()
    url += "&search_path=%22Our%20own%22"
    async with opened(url) as store, hand(url) as holding:
        await holding.execute("lock table event in share mode")
        with pytest.raises(Busy, match="the table event "):
            await store.store([delivery(event("10:00", "W1", "working"))], decide=decide)
    condition = await condition_of(url)

    assert set(NAMES) == {table.name for table in condition.tables}


async def test_only_whoever_is_new_waits_for_others_who_register(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A camera or a site that was never seen is told to come again, the others are stored, and the collector stays ready."""
    monkeypatch.setattr(locks, "SECONDS_TO_WAIT", 0.5)
    url = await postgres.emptied_database()
    new = item("10:05", "W1", "idle")
    async with running_collector(tmp_path, database=url, cameras=SITES) as running:
        await post(running, 1)
        async with hand(url) as holding:
            await locks.take(holding, locks.NAMES)
            held = [
                answer.status
                for answer in await gather(
                    running.post(envelope([new], camera="CN")),
                    running.post([new]),
                    running.post(envelope([new], camera="CA", seqs=[[2, 2]], last_seq=2)),
                )
            ]
            ready = await running.get("/readyz")
        freed = await running.post(envelope([new], camera="CN"))

    assert [503, 503, 200] == held
    assert (200, 200) == (ready.status, freed.status)


async def test_a_row_that_counts_writes_is_not_waited_for_twice(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collector counts in another one, and what came is stored."""
    monkeypatch.setattr(locks, "SECONDS_TO_WAIT", 0.3)
    url = await postgres.emptied_database()
    async with opened(url) as store:
        await store.store([delivery(event("10:00", "W1", "working"))], decide=decide)
        before = await store.version()
        async with hand(url) as connection:
            await connection.execute("select from revision for update")
            (stored,) = await store.store([delivery(event("11:00", "W1", "idle"))], decide=decide)
        after = await store.version()

    assert [Outcome.accepted] == stored.outcomes
    assert int(before) + 1 == int(after)


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work
