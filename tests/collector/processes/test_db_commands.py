"""`collector db` as an operator runs it: beside a service, without one, killed in the middle."""

import asyncio
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlite_utils.utils import sqlite3

from collector.cli import main
from collector.storage.sqlite import SqliteStorage
from tests.support.collector import RULES, decide, delivery, event
from tests.support.flaky_collector import until
from tests.support.programs import Finished, collector, command, running

pytestmark = pytest.mark.processes

EVENTS = 120_000
"""Six transactions of a rebuild: enough to be killed between them."""


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """Return a database with three events of two workers."""
    place = tmp_path / "collector.db"
    storage = SqliteStorage.open(place, rules=RULES)
    events = [
        event("10:00", "W1", "working"),
        event("10:30", "W1", "product_count", count=2),
        event("10:00", "W2", "idle"),
    ]
    await storage.store([delivery(*events)], decide=decide)
    await storage.close()
    return place


async def db(file: Path, *arguments: str) -> Finished:
    """Run a `collector db` command, in a thread of its own, which spares the second that Python takes to start."""
    return await asked(file, "db", *arguments)


async def asked(file: Path, *arguments: str) -> Finished:
    """Run a command of the collector on a database."""

    def invoke() -> Finished:
        result = CliRunner().invoke(main, [*arguments, "--database", str(file)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return Finished(result.exit_code, result.stdout, result.stderr)

    return await asyncio.to_thread(invoke)


def run(file: Path, *statements: str) -> None:
    """Let somebody work on the file with another tool."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def progress_of(file: Path) -> int:
    """Return how many workers a rebuild has done; -1 where none is under way."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        row = connection.execute("select worker from rebuilding where tail is not null").fetchone()
    return -1 if row is None else int(row[0])


async def test_verify_works_beside_the_service_and_rebuild_does_not(file: Path) -> None:
    """What agrees ends with 0; a rebuild names the process to stop and ends with 6."""
    async with collector(file) as (_, program):
        verified, refused = await db(file, "verify"), await db(file, "rebuild")
    rebuilt, again = await db(file, "rebuild"), await db(file, "verify")

    assert (0, "3 events of 2 workers: everything stored is what they say\n") == (verified.code, verified.out)
    assert 6 == refused.code
    assert f"in use by process {program.process.pid} " in refused.err
    assert (0, "3 events gone through: the stored numbers are made anew with session_gap = 10h and tail = 5m\n") == (
        rebuilt.code,
        rebuilt.out,
    )
    assert (0, verified.out) == (again.code, again.out)


async def test_each_difference_is_a_row_of_a_table(file: Path) -> None:
    """On stdout, with a heading; what to do is on stderr; exit code 1 until it is done."""
    run(
        file,
        "update ledger set units = 7 where units = 2",
        "delete from total where units = 0",
        "delete from open_state",
    )
    found = await db(file, "verify")
    rows = [line.split("  ") for line in found.out.splitlines()]
    columns = [cell.strip() for cell in rows[0] if cell]

    assert 1 == found.code
    assert ["table", "site", "at", "worker", "workstation", "column", "stored", "should be"] == columns
    assert ["ledger", "default", "2026-01-15T10:00:00Z", "W1", "S1", "units", "7", "2"] == [
        cell.strip() for cell in rows[1] if cell
    ]
    assert "3 differences; stop the service and run `collector db rebuild`\n" == found.err
    assert [0, 0] == [(await db(file, "rebuild")).code, (await db(file, "verify")).code]


async def test_each_of_many_differences_is_named(file: Path) -> None:
    """The heading comes again after a hundred rows; their number comes last."""
    run(
        file,
        """
        with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 250)
        insert into ledger select 1, 3600000000 * n, 1, 1, 1, 0, 0, 0, 0 from numbers
        """,
    )
    found = await db(file, "verify")
    lines = found.out.splitlines()

    assert 3 == sum(line.startswith("table ") for line in lines)
    assert 250 == len({line for line in lines if line.startswith("ledger ")})
    assert "250 differences; stop the service and run `collector db rebuild`\n" == found.err


async def test_damage_that_a_rebuild_cannot_mend_is_told_apart(file: Path) -> None:
    """Registries and conflicts were not worked out from events alone."""
    run(file, "delete from worker where worker_id = 'W2'")
    found = await db(file, "verify")

    assert 1 == found.code
    assert "the rest is damage" in found.err


def _has_done(file: Path, workers: int) -> bool:
    return progress_of(file) >= workers


@pytest.mark.timeout(120)
async def test_a_rebuild_that_is_killed_goes_on(file: Path) -> None:
    """Between two transactions or within one: nobody sees half-made numbers, and the end is what the events say."""
    run(
        file,
        f"""
        with recursive numbers(n) as (select 0 union all select n + 1 from numbers where n < {EVENTS - 4})
        insert into event (site, worker, at, type, workstation, count)
        select 1, 1 + n % 200, 1760000000000000 + n * 7000000, n % 4, 1, n % 4 / 3 from numbers
        """,  # noqa: S608 - a number of ours
        """
        insert into worker (site, number, worker_id)
        with recursive numbers(n) as (select 3 union all select n + 1 from numbers where n < 200)
        select 1, n, 'W' || n from numbers
        """,
        "insert into rebuilding (one, site, worker) values (1, 0, 0)",
    )
    for done in (0, 60):
        async with running("collector", "db", "rebuild", "--database", str(file), log=file.with_name("log")) as program:
            await until(partial(_has_done, file, done), seconds=40)
            await program.kill()
        served = await command("collector", "serve", "--database", str(file), "--listen", "127.0.0.1:0")
        told = await asked(file, "metrics", "workers")

        assert 0 <= progress_of(file) < 200
        assert [7, 7] == [served.code, told.code]
        assert "run `collector db rebuild` again" in served.err
        assert "run `collector db rebuild` again" in told.err
    rebuilt, verified = await db(file, "rebuild"), await db(file, "verify")

    assert (0, 0) == (rebuilt.code, verified.code)
    assert int(rebuilt.out.partition(" ")[0].replace(",", "")) < EVENTS
    assert f"{EVENTS:,} events of 200 workers: everything stored is what they say\n" == verified.out
