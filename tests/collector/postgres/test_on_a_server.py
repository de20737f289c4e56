"""Commands that look after a file, where the database is on a server: what they look at, and the lines that its own tools take."""

import asyncio
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from collector.storage.postgres import locks
from collector.storage.postgres.store import PostgresStorage
from tests.collector.contract.test_storing import state_of
from tests.collector.postgres.test_locks import hand
from tests.support.collector import RULES, contact, decide, delivery, event, running_collector
from tests.support.invoked import invoked_collector
from tests.support.postgres import Server, audited


@pytest.fixture
async def address(postgres: Server) -> str:
    """Return a database that holds events of a camera."""
    url = await postgres.emptied_database()
    store = await PostgresStorage.open(url, rules=RULES)
    events = (event("10:00", "W1", "working"), event("10:30", "W1", "idle"))
    await store.store([delivery(*events, camera="C1", contact=contact(((1, 2),)))], decide=decide)
    await store.close()
    return url


@pytest.mark.parametrize("arguments", [("status",), ("check",), ("db", "check")], ids=" ".join)
async def test_commands_tell_how_the_server_is(address: str, arguments: tuple[str, ...]) -> None:
    """Its version and size, schema, sums, tables, sessions and locks; this one does not sync, and that is told."""
    told = await invoked_collector(*arguments, "--database", address)
    lines = {line.split()[0]: line for line in told.out.splitlines() if line.strip()}

    assert 3 == told.code, told.out + told.err
    assert re.search(r"PostgreSQL \d+.*, [\d.]+ MB; fsync = off, full_page_writes = off: what is ack", lines["server"])
    assert "version 5, this program's" in lines["schema"]
    assert "complete, made with session_gap = 10h" in lines["sums"]
    assert re.search(r"event about \d+ rows?, \d", lines["tables"])
    assert re.search(r"collectors and commands|none of a collector", lines["sessions"])
    assert "nobody waits for anybody" in lines["locks"]


async def test_who_holds_the_database_is_told(address: str) -> None:
    """By the process, the program, and what it holds; and who waits."""
    async with hand(address) as one:
        await one.execute("set application_name = 'somebody'")
        await locks.take(one, locks.RULES)
        await one.execute("select from worker for update")
        waiting = asyncio.create_task(_held(address))
        told = ""
        async with asyncio.timeout(30):
            while " waits since" not in told:
                assert not waiting.done()
                told = (await invoked_collector("status", "--database", address)).out
    await waiting

    assert "(somebody on this machine) holds the lock since" in told
    assert "nobody may store" in told
    assert re.search(r"process \d+ \(.*\) waits since \d+ s: rows", told)


async def _held(address: str) -> None:
    """Hold the rows that somebody else holds."""
    async with hand(address) as connection:
        await connection.execute("select from worker for update")


async def test_the_lines_for_a_backup_do_what_they_say(postgres: Server, address: str, tmp_path: Path) -> None:
    """As they stand, with the server's own programs; what is put back is the same, and the numbers are those of its events."""
    file, empty = postgres.folder / "copy.dump", postgres.new_database()
    written = await invoked_collector("db", "backup", str(file), "--database", address)
    restored = await invoked_collector("db", "restore", str(file), "--database", empty)
    for told in (written, restored):
        line = re.search(r"pg_(dump|restore) .*?'.*?'( \S+)?(?=;| into)", told.err)
        assert line is not None, told.err
        program, *arguments = shlex.split(line[0])
        subprocess.run([postgres.binaries / program, *arguments], check=True, cwd=tmp_path)  # noqa: ASYNC221
    said = []
    for url in (address, empty):
        store = await PostgresStorage.open(url, rules=RULES)
        said.append(await state_of(store))
        await store.close()

    assert (7, 7) == (written.code, restored.code)
    assert said[0] == said[1]
    assert [] == (await audited(empty)).differences


async def test_what_gives_room_back_is_said(address: str) -> None:
    """It is nothing that a collector does."""
    told = await invoked_collector("db", "compact", "--database", address)

    assert (7, True) == (told.code, "vacuumdb --full" in told.err)


async def test_a_password_is_shown_nowhere(address: str, tmp_path: Path) -> None:
    """Not where a collector says how it is, and in no line that somebody is told to type."""
    address = address.replace("postgres@/", "postgres:secret@/") + "&password=secret"
    async with running_collector(tmp_path, database=address) as collector:
        ready, metrics = await collector.get("/readyz"), await collector.get("/metrics")
    told = [
        await invoked_collector(*arguments, "--database", address)
        for arguments in (("status",), ("check",), ("db", "compact"), ("db", "backup", str(tmp_path / "copy")))
    ]

    assert (200, 200) == (ready.status, metrics.status)
    assert "secret" not in ready.text + metrics.text + "".join(each.out + each.err for each in told)
    assert "\ncollector_database_size_bytes" not in metrics.text
