"""A host that says nothing any more, as one that lost its power or its line: the next one is taken, within an agent's patience."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import pytest

from collector.records import EventQuery
from collector.storage.postgres import committing, hosts
from collector.storage.postgres.store import PostgresStorage
from shared.errors import Busy
from tests.support.collector import RULES, decide, delivery, event
from tests.support.postgres import Server

AN_AGENTS = 10.0
"""How long an agent waits for an answer."""


@pytest.fixture
def silent() -> Iterator[str]:
    """Return the folder of a socket that takes connections and never answers."""
    with TemporaryDirectory(prefix="silent-") as folder, socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{folder}/.s.PGSQL.5432")
        listening.listen(50)
        yield folder


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> float:
    """Let everybody wait a fifth as long; return how many times as long it takes else."""
    for name in ("SECONDS_A_HOST", "SECONDS_FOR_ALL", "SECONDS_QUIET"):
        monkeypatch.setattr(hosts, name, getattr(hosts, name) / 5)
    return 5


class Line:
    """A way to a server that can be cut without a word: nothing comes through, nothing is closed."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder
        self.is_cut = False
        self.cut_at: bytes | None = None
        """What it is cut at, in the moment that somebody says it."""
        self.in_vain = 0
        """How many connections were made to it since it was cut."""
        self._to = f"{server.folder}/.s.PGSQL.5432"
        self._running: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Line"]:
        """Give the line, open."""
        listening = await asyncio.start_unix_server(self._carry, f"{self.folder}/.s.PGSQL.5432")
        async with listening:
            yield self
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.in_vain += self.is_cut
        back, forth = await asyncio.open_unix_connection(self._to)
        both = [asyncio.ensure_future(self._pump(*way)) for way in ((reader, forth), (back, writer))]
        self._running.update(both)
        await asyncio.wait(both)
        forth.close()
        writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            self.is_cut |= self.cut_at is not None and self.cut_at in data
            if not self.is_cut:
                writer.write(data)
        writer.close()


def address(server: Server, *folders: object) -> str:
    """Return the address of a new database by several ways."""
    name = server.new_database().split("/")[3].split("?")[0]
    return f"postgresql://postgres@/{name}?host={','.join(map(str, folders))}&target_session_attrs=read-write"


@pytest.mark.usefixtures("hasty")
async def test_a_silent_first_host_is_passed_over(postgres: Server) -> None:
    """Once, within its own time-out; from then on the one that answered comes first, whatever a connection is for."""
    with TemporaryDirectory(prefix="line-") as folder:
        async with Line(Path(folder), postgres).open() as line:
            line.is_cut = True
            store = await PostgresStorage.open(address(postgres, folder, postgres.folder), rules=RULES)
            await store.store([delivery(event("10:00", "W1", "working"))], decide=decide)
            await store.sites()
            await store.close()

    assert 1 == line.in_vain


async def test_where_all_hosts_are_silent_it_is_said_before_an_agent_gives_up(silent: str, hasty: float) -> None:
    """With the reason of each; the time of all together is bounded, however many there are."""
    begun = monotonic()
    with pytest.raises(Busy, match=f"{silent}: no answer within 0.6 s; "):
        await PostgresStorage.open(f"postgresql://postgres@/x?host={','.join([silent] * 5)}", rules=RULES)
    took = (monotonic() - begun) * hasty

    assert hosts.SECONDS_FOR_ALL * hasty <= took < AN_AGENTS


def test_a_silent_host_in_use_and_silent_others_are_within_an_agents_patience() -> None:
    """Noticing the one and trying the others, all in the request that met it."""
    assert hosts.SECONDS_QUIET + hosts.SECONDS_A_HOST + hosts.SECONDS_FOR_ALL < AN_AGENTS


@pytest.mark.usefixtures("hasty")
async def test_a_line_that_falls_silent_in_use_is_given_up(postgres: Server) -> None:
    """Writing and reading go on by the other way, and nothing is lost."""
    with TemporaryDirectory(prefix="line-") as folder:
        async with Line(Path(folder), postgres).open() as line:
            store = await PostgresStorage.open(address(postgres, folder, postgres.folder), rules=RULES)
            await store.store([delivery(event("10:00", "W1", "working"))], decide=decide)
            await store.events(EventQuery())
            line.is_cut = True
            begun = monotonic()
            await asyncio.gather(
                store.store([delivery(event("10:01", "W1", "idle"))], decide=decide), store.events(EventQuery())
            )
            took = monotonic() - begun
            kept = await store.events(EventQuery())
            await store.close()

    assert 2 == len(kept)
    assert took < AN_AGENTS


@pytest.mark.usefixtures("hasty")
async def test_what_one_connection_learns_of_a_host_all_know(postgres: Server) -> None:
    """Whose a token is, and what is to be stored, are asked one after the other: both silences would outlast an agent."""
    with TemporaryDirectory(prefix="line-") as folder:
        async with Line(Path(folder), postgres).open() as line:
            store = await PostgresStorage.open(address(postgres, folder, postgres.folder), rules=RULES)
            for _ in range(2):
                await store.sites()
                await store.store([delivery(event("10:00", "W1", "working"))], decide=decide)
                await store.events(EventQuery())
                line.is_cut = True
            await store.close()

    assert 1 == line.in_vain


@pytest.mark.usefixtures("hasty")
async def test_that_there_is_no_host_is_told_to_all(postgres: Server) -> None:
    """Also to those who wanted another connection."""
    with TemporaryDirectory(prefix="line-") as folder:
        async with Line(Path(folder), postgres).open() as line:
            store = await PostgresStorage.open(address(postgres, folder), rules=RULES)
            await store.sites()
            line.is_cut = True
            with pytest.raises(Busy):
                await store.sites()
            found_out = line.in_vain
            with pytest.raises(Busy, match="no answer within"):
                await store.store([delivery(event("10:00", "W1", "working"))], decide=decide)
            await store.close()

    assert found_out == line.in_vain


@pytest.mark.usefixtures("hasty")
async def test_all_who_wait_for_a_silent_host_are_told_at_once(postgres: Server) -> None:
    """One after the other they would wait for the one connection, each for a time-out of its own; and back it is used again."""
    with TemporaryDirectory(prefix="line-") as folder:
        async with Line(Path(folder), postgres).open() as line:
            store = await PostgresStorage.open(address(postgres, folder), rules=RULES)
            await store.sites()
            line.is_cut = True
            begun = monotonic()
            told = await asyncio.gather(*(store.sites() for _ in range(50)), return_exceptions=True)
            took = monotonic() - begun
            line.is_cut = False
            back: list[object] = [Busy]
            async with asyncio.timeout(AN_AGENTS):
                while [[]] != back:
                    back = list(await asyncio.gather(store.sites(), return_exceptions=True))
            await store.close()

    assert [Busy] * 50 == [type(each) for each in told]
    assert took < AN_AGENTS


@pytest.mark.usefixtures("hasty")
async def test_a_line_that_falls_silent_during_a_commit_is_given_up(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no commit that merely takes long: what was being stored is stored by the other way, once."""
    monkeypatch.setattr(committing, "COMMIT_SECONDS", committing.COMMIT_SECONDS / 5)
    arriving = [delivery(event("10:00", "W1", "working"))]
    with TemporaryDirectory(prefix="line-") as folder:
        async with Line(Path(folder), postgres).open() as line:
            store = await PostgresStorage.open(address(postgres, folder, postgres.folder), rules=RULES)
            line.cut_at = b"COMMIT"
            await store.store(arriving, decide=decide)
            was_cut = line.is_cut
            kept = await store.events(EventQuery())
            await store.close()

    assert was_cut
    assert 1 == len(kept)


@pytest.mark.usefixtures("hasty")
async def test_a_statement_that_takes_long_is_waited_for(postgres: Server) -> None:
    """As long as its host answers to others."""
    store = await PostgresStorage.open(postgres.new_database(), rules=RULES)
    begun = monotonic()
    await store._writing().write(lambda connection: connection.execute("select pg_sleep(1.5)"))  # noqa: SLF001 - slow on purpose
    took = monotonic() - begun
    await store.close()

    assert took > hosts.SECONDS_QUIET + hosts.SECONDS_A_HOST
