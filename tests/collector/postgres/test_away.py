"""A server that goes away and comes back under a running collector: who asks is told to come again, and nothing is lost."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from aiohttp import ClientSession

from collector.records import EventQuery
from collector.storage.postgres import writer
from collector.storage.postgres.store import PostgresStorage
from shared.errors import Busy
from tests.support.collector import RULES, RunningCollector, decide, delivery, event, item, running_collector
from tests.support.postgres import Server, running_server
from tests.support.programs import collector

SECONDS = 30


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a server of the test's own, which it may stop."""
    with running_server() as server:
        yield server


async def answered(running: RunningCollector, *, status: int) -> dict[str, str]:
    """Post until the answer has a status; return its headers."""
    async with asyncio.timeout(SECONDS):
        while True:
            answer = await running.post(item("10:00", "W1", "working"))
            if answer.status == status:
                return dict(answer.headers)


async def test_while_the_server_is_away_everybody_is_told_to_come_again(server: Server, tmp_path: Path) -> None:
    """503 with Retry-After for writing and reading; once it is back the same collector goes on."""
    async with running_collector(tmp_path, database=server.new_database()) as running:
        first = await running.post(item("09:00", "W1", "idle"))
        server.stop("immediate")
        refused = await answered(running, status=503)
        read = await running.get("/api/metrics/workers/")
        health = await running.get("/healthz")
        server.start()
        await answered(running, status=200)
        stored = await running.stored()
        healthy = await running.get("/healthz")

    assert (200, 503, 503, 200) == (first.status, read.status, health.status, healthy.status)
    assert "5" == refused["Retry-After"]
    assert ["2026-01-15T09:00:00Z", "2026-01-15T10:00:00Z"] == [each["timestamp"] for each in stored]


async def test_connections_that_died_unnoticed_are_replaced(server: Server) -> None:
    """Nobody is told to come again for them."""
    store = await PostgresStorage.open(server.new_database(), rules=RULES)
    await store.store([delivery(event("10:00", "W1", "working"))], decide=decide)
    await store.events(EventQuery())
    await store.sites()
    server.ask("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lineside-collector'")
    await store.store([delivery(event("10:01", "W1", "idle"))], decide=decide)
    kept = await store.events(EventQuery())
    sites = await store.sites()
    await store.close()

    assert (2, ["default"]) == (len(kept), sites)


async def test_a_lock_that_nobody_gives_up_makes_nobody_wait_for_ever(server: Server) -> None:
    """The statement's time-out says busy; nothing is kept, and the next one is stored."""
    url = server.new_database()
    # Making the tables takes longer where the machine is busy.
    await (await PostgresStorage.open(url, rules=RULES)).close()
    store = await PostgresStorage.open(url, rules=RULES, statement_seconds=0.5)
    await store.store([delivery(event("10:00", "W1", "working"))], decide=decide)
    other = await asyncpg.connect(url)
    holding = other.transaction()
    await holding.start()
    await other.fetch("select * from worker for update")
    with pytest.raises(Busy):
        await store.store([delivery(event("10:01", "W1", "idle"))], decide=decide)
    await holding.rollback()
    await other.close()
    await store.store([delivery(event("10:02", "W1", "idle"))], decide=decide)
    kept = await store.events(EventQuery())
    await store.close()

    assert ["10:00", "10:02"] == [f"10:0{(each.key.at - kept[0].key.at) // 60_000_000}" for each in kept]


async def test_a_transaction_that_met_another_begins_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told by the error's class; whoever waits for it does not notice, and what was given in it is void."""
    store = await PostgresStorage.open(server.new_database(), rules=RULES)
    tried = 0

    async def fail_once(connection: object, lock: int) -> None:
        nonlocal tried
        tried += 1
        if tried == 1:
            raise asyncpg.DeadlockDetectedError("made up")

    await store._writing().write(lambda connection: _nothing(), holding=fail_once)  # noqa: SLF001 - the errors of a race
    monkeypatch.setattr(writer, "MOST_TRIES", 1)
    tried = 0
    with pytest.raises(Busy):
        await store._writing().write(lambda connection: _nothing(), holding=fail_once)  # noqa: SLF001 - likewise
    await store.close()


async def _nothing() -> None:
    return None


async def test_a_commit_waits_for_the_disk_whatever_the_server_is_set_to() -> None:
    """From the first transaction of a connection to its last."""
    with running_server("synchronous_commit=off") as careless:
        store = await PostgresStorage.open(careless.new_database(), rules=RULES)
        told = [
            await store._writing().write(  # noqa: SLF001 - what only its connection can say
                lambda connection: connection.fetchval("show synchronous_commit")
            )
            for _ in range(3)
        ]
        await store.close()

    assert ["on"] * 3 == told


async def test_a_primary_that_was_fenced_is_left(server: Server, postgres: Server) -> None:
    """Connections to it live on; who reads, and who writes, goes to the host that can be written to, and is not told to come again."""
    name = postgres.new_database().split("/")[3].split("?")[0]
    server.ask(f"create database {name} template template0")
    promoted = await PostgresStorage.open(postgres.url(name), rules=RULES)
    await promoted.store([delivery(event("10:00", "W2", "working"))], decide=decide)
    store = await PostgresStorage.open(f"{server.url(name)},{postgres.folder}", rules=RULES)
    before = await store.events(EventQuery())
    await store.store([], decide=decide)
    server.ask("alter system set default_transaction_read_only = on")
    server.ask("select pg_reload_conf()")
    async with asyncio.timeout(SECONDS):
        while not await store.events(EventQuery()):
            pass
        while 2 != len(await promoted.events(EventQuery())):
            await store.store([delivery(event("10:01", "W1", "idle"))], decide=decide)
    after = await store.events(EventQuery())
    await store.close()
    await promoted.close()

    assert ([], ["W1", "W2"]) == (before, [each.key.worker_id for each in after])


async def test_of_several_hosts_the_one_that_can_be_written_to_is_taken(server: Server, tmp_path: Path) -> None:
    """A host that is not there is passed over, whichever comes first."""
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    name = server.new_database().split("/")[3].split("?")[0]
    url = f"postgresql://postgres@/{name}?host={nowhere},{server.folder}&target_session_attrs=read-write"
    async with (
        collector(url, log=tmp_path / "log") as (address, _),
        ClientSession() as session,
        session.post(f"{address}/api/app/", json=item("10:00", "W1", "working")) as answer,
    ):
        told = await answer.json()

    assert "accepted" == told["result"]
