"""A process of the server that stands still where the others go on: nobody waits for it for long, and the next statement goes elsewhere."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import pytest

from collector.records import EventQuery
from collector.storage.postgres import patience
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.store import PostgresStorage
from shared.errors import Busy
from tests.support.collector import RULES, decide, delivery, event
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

    assert [Busy, Busy] == [type(each) for each in told]
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


async def process(connection: Connection) -> tuple[int, int]:
    """Return which process of the server works for a connection, and how many listen to what it is asked."""
    return await connection.fetchval("select pg_backend_pid()"), len(connection._query_loggers)  # noqa: SLF001 - its only list
