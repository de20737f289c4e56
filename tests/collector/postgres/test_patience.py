"""A process of the server that stands still where the others go on: nobody waits for it for long, and the next statement goes elsewhere."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from time import monotonic

import asyncpg
import pytest

from collector.records import EventQuery
from collector.storage.postgres import patience
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.store import PostgresStorage
from edge_agent.delivery.batch_size import BatchSize
from edge_agent.delivery.outcome import Answered, judge
from shared.errors import Busy, StoreTooSlow
from tests.support.collector import NOON_AFTER, RULES, decide, delivery, envelope, event, item, running_collector
from tests.support.postgres import Server

SECONDS = 0.3


@contextmanager
def standing_still(server: Server, url: str) -> Iterator[None]:
    """Let the processes that work for a database's collectors stand still, as in a read of a disk that is dying."""
    name = url.split("/")[3].partition("?")[0]
    ours = f"datname = '{name}' and application_name = 'lineside-collector'"
    found = [int(pid) for (pid,) in server.ask(f"select pid from pg_stat_activity where {ours}")]  # noqa: S608 - ours
    assert found
    for pid in found:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in found:
            os.kill(pid, signal.SIGCONT)


async def test_a_server_process_that_stands_still_is_not_waited_for(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who stores and who asks a short question is told to come again within an agent's patience; the next one has a new process."""
    url = postgres.new_database()
    monkeypatch.setattr(patience, "SECONDS", SECONDS)
    store = await PostgresStorage.open(url, rules=RULES)
    await store.store([delivery(event("10:00", "W1", "working"))], decide=decide)
    await store.sites()
    begun = monotonic()
    with standing_still(postgres, url):
        told = await asyncio.gather(
            store.store([delivery(event("10:01", "W1", "idle"))], decide=decide), store.sites(), return_exceptions=True
        )
        took = monotonic() - begun
        await store.store([delivery(event("10:02", "W1", "idle"))], decide=decide)
        kept = await store.events(EventQuery())
    await store.close()

    assert [StoreTooSlow, Busy] == [type(each) for each in told]
    assert took < 20
    assert 2 == len(kept)


async def test_a_statement_that_takes_too_long_is_given_up_and_its_connection_kept(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server hears that nobody waits; what may take long is waited for, and so are many short ones together."""
    monkeypatch.setattr(patience, "SECONDS", SECONDS)
    store = await PostgresStorage.open(await postgres.emptied_database(), rules=RULES)
    write = store._writing().write  # noqa: SLF001 - what it does with statements that no verb has

    async def many(connection: Connection) -> None:
        for _ in range(6):
            await connection.execute("select pg_sleep(0.1)")

    first = await write(process)
    with pytest.raises(Busy, match=r"a statement was not answered within 0\.3 s"):
        await write(lambda connection: connection.execute("select pg_sleep(20)"))
    await write(lambda connection: connection.execute("select pg_sleep(0.6)"), may_take_long=True)
    await write(many)
    last = await write(process)
    await store.close()

    assert first == last


async def test_an_agent_sends_a_slow_database_less_until_it_passes(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told that it was too slow, and when to come again; the batch that passes is the first of many."""
    monkeypatch.setattr(patience, "SECONDS", 3 * SECONDS)
    url = await postgres.emptied_database()
    size, sent, told = BatchSize.of(500), list[int](), list[tuple[int, str | None]]()
    async with running_collector(tmp_path, database=url) as running, slow(url, beyond=200):
        while len(sent) < 10 and len(await running.stored()) < 100:
            events = [item(f"{10 + each // 60}:{each % 60:02}", "W1", "working") for each in range(size.most)]
            body = envelope(events, seqs=[[1, size.most]], last_seq=size.most, batch="b1")
            answer = await running.post(body)
            sent.append(size.most)
            told.append((answer.status, answer.headers.get("Retry-After")))
            attempt = Answered(
                answer.status, answer.headers["Content-Type"].partition(";")[0], told[-1][1], answer.content
            )
            size = size.after(judge(attempt, batch="b1", events=sent[-1], now=NOON_AFTER), events=sent[-1])

    assert [500, 250, 125] == sent
    assert [(503, "1"), (503, "1"), (200, None)] == told


async def test_a_database_that_answers_is_not_said_to_be_away(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is busy, and what was asked of it was too much; nothing of it is kept."""
    monkeypatch.setattr(patience, "SECONDS", SECONDS)
    url = await postgres.emptied_database()
    store = await PostgresStorage.open(url, rules=RULES)
    async with slow(url):
        with pytest.raises(StoreTooSlow, match=r"is busy: a statement was not answered within 0\.3 s; nothing of"):
            await store.store([delivery(event("10:00", "W1", "working"))], decide=decide)
    kept = await store.events(EventQuery())
    await store.close()

    assert [] == kept


@asynccontextmanager
async def slow(url: str, *, beyond: int = 0) -> AsyncIterator[None]:
    """Let more than so many events at once take long, as on a slow disk."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        f"""
        create function slow() returns trigger language plpgsql as
            $$ begin perform pg_sleep(20) from arrived having count(*) > {beyond}; return null; end $$;
        create trigger slow after insert on event referencing new table as arrived for each statement execute function slow();
        """
    )
    try:
        yield
    finally:
        await connection.execute("drop function slow cascade")
        await connection.close()


async def process(connection: Connection) -> tuple[int, int]:
    """Return which process of the server works for a connection, and how many listen to what it is asked."""
    return await connection.fetchval("select pg_backend_pid()"), len(connection._query_loggers)  # noqa: SLF001 - its only list
