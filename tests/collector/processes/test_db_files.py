"""`collector db backup`, `restore`, `check` and `compact` as an operator runs them."""

import asyncio
import json
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner
from sqlite_utils.utils import sqlite3

from collector.cli import main
from collector.storage.sqlite import SqliteStorage
from tests.support.collector import JSON, RULES, decide, delivery, event, item
from tests.support.programs import Finished, collector

pytestmark = pytest.mark.processes


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """Return a database with two events."""
    place = tmp_path / "collector.db"
    storage = SqliteStorage.open(place, rules=RULES)
    await storage.store([delivery(event("10:00", "W1", "working"), event("10:30", "W1", "idle"))], decide=decide)
    await storage.close()
    return place


async def db(file: Path, *arguments: str) -> Finished:
    """Run a `collector db` command, in a thread of its own, which spares the second that Python takes to start."""

    def invoke() -> Finished:
        result = CliRunner().invoke(main, ["db", *arguments, "--database", str(file)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return Finished(result.exit_code, result.stdout, result.stderr)

    return await asyncio.to_thread(invoke)


def listed(folder: Path) -> list[Path]:
    """Return what lies in a folder."""
    return list(folder.iterdir())


def run(file: Path, *statements: str) -> None:
    """Let somebody work on the file with another tool."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


async def test_a_backup_is_made_beside_the_service_and_restored_without_it(file: Path, tmp_path: Path) -> None:
    """From one end to the other, with what is said on the way."""
    copy = tmp_path / "copy.db"
    async with collector(file) as (url, program), aiohttp.ClientSession() as session:
        async with session.post(f"{url}/api/app/", json=item("11:00", "W2", "working"), headers=JSON) as answer:
            assert 200 == answer.status
        made, again = await db(file, "backup", str(copy)), await db(file, "backup", str(copy))
        async with session.post(f"{url}/api/app/", json=item("12:00", "W2", "idle"), headers=JSON) as answer:
            assert 200 == answer.status
        refused = [await db(file, "restore", str(copy)), await db(file, "compact")]
        looked = await db(file, "check")
    restored, verified = await db(file, "restore", str(copy)), await db(file, "verify")
    (kept,) = [path for path in listed(tmp_path) if ".replaced-" in path.name and path.suffix[-1] == "Z"]
    async with collector(file) as (url, _), aiohttp.request("GET", f"{url}/api/events/") as answer:
        events = (await answer.json())["events"]

    assert (0, "3 events of 2 workers, every number verified") == (made.code, made.out.strip().partition(" MB, ")[2])
    assert (2, True) == (again.code, "is there already" in again.err)
    assert [6, 6] == [each.code for each in refused]
    assert all(f"in use by process {program.process.pid} " in each.err for each in refused)
    assert (0, 4) == (looked.code, len(looked.out.splitlines()))
    assert (0, f"{file} is now a copy of {copy}; what was there is kept as {kept}") == (
        restored.code,
        restored.out.splitlines()[0],
    )
    assert (0, 3, 3) == (verified.code, int(verified.out.split()[0]), len(events))
    assert "4 events" in (await db(kept, "verify")).out


async def test_a_backup_whose_numbers_are_not_those_of_its_events_is_kept_and_told(file: Path, tmp_path: Path) -> None:
    """It may be all there is; `--quick` does not look."""
    run(file, "update ledger set working = working - 1")
    found = await db(file, "backup", str(tmp_path / "copy.db"))
    quick = await db(file, "backup", "--quick", str(tmp_path / "quick.db"))

    assert (3, True) == (found.code, "stored numbers are not those of its events" in found.err)
    assert (0, True) == (quick.code, quick.out.strip().endswith("whole; its numbers were not verified"))
    assert all((tmp_path / name).exists() for name in ("copy.db", "quick.db"))


async def test_a_backup_of_half_made_sums_says_so(file: Path, tmp_path: Path) -> None:
    """There is nothing to verify yet, and the events are in it all the same."""
    run(file, "insert into rebuilding (one, site, worker) values (1, 0, 0)")
    found = await db(file, "backup", str(tmp_path / "copy.db"))

    assert (3, True) == (found.code, "whole; not verified" in found.out)


async def test_check_names_damage_and_what_is_not_complete(file: Path) -> None:
    """A line for each side of the file, as JSON too; 7 where it cannot be used."""
    well = await db(file, "check", "--json")
    run(file, "insert into rebuilding (one, site, worker) values (1, 0, 0)")
    unfinished = await db(file, "check")
    run(file, "delete from rebuilding", "insert into worker values (99, 1, 'W9', null)")
    damaged = await db(file, "check")

    assert ["file", "schema", "pages", "sums"] == [line["what"] for line in json.loads(well.out)]
    assert (0, 7, 7) == (well.code, unfinished.code, damaged.code)
    assert "sums      FAIL" in unfinished.out
    assert "pages     FAIL  DAMAGED: a row of worker points at no site: restore a backup" in damaged.out


async def test_check_says_when_much_room_is_held_for_nothing(file: Path) -> None:
    """And compacting gives it back."""
    run(file, "create table b (x)", "insert into b values (zeroblob(70000000))", "drop table b")
    before = await db(file, "check")
    done = await db(file, "compact")
    after = await db(file, "check")

    assert (3, True) == (before.code, "hold nothing: collector db compact gives them back" in before.out)
    assert (0, True) == (done.code, "MB before, " in done.out)
    assert (0, True) == (after.code, "0.0 MB are free in it" in after.out)


@pytest.mark.parametrize("command", ["backup", "check", "compact"])
async def test_a_misspelt_name_makes_no_database(tmp_path: Path, command: str) -> None:
    """Exit code 7 and the name."""
    arguments = [str(tmp_path / "copy.db")] if command == "backup" else []
    found = await db(tmp_path / "misspelt.db", command, *arguments)

    assert (7, True, []) == (found.code, "misspelt.db" in found.err, listed(tmp_path))


@pytest.mark.parametrize(
    ("kind", "what", "to_do"),
    [
        ("none", "there is no backup ", "name a file that collector db backup has written"),
        ("folder", "is a folder, and no backup", "name a file that collector db backup has written"),
        ("text", "is not a SQLite database", "nothing was changed; name a file that collector db backup has written"),
        ("empty", "is empty, and no backup", "nothing was changed; name a file that collector db backup has written"),
        (
            "others",
            "belongs to another program",
            "nothing was changed; name a file that collector db backup has written",
        ),
        ("cut", "is damaged", "nothing was changed; "),
    ],
)
async def test_what_is_no_backup_takes_the_place_of_nothing(
    file: Path, tmp_path: Path, kind: str, what: str, to_do: str
) -> None:
    """Least of all a file without a byte in it, which SQLite takes for a database: what, which file, what to do."""
    backup = tmp_path / "backup"
    match kind:
        case "folder":
            backup.mkdir()
        case "text":
            _write(backup, b"hello\n")
        case "empty":
            _write(backup, b"")
        case "others":
            run(backup, "create table letters (text)")
        case "cut":
            assert 0 == (await db(file, "backup", str(backup))).code
            _write(backup, _read(backup)[:20_000])
        case _:
            pass
    before = _read(file)
    found = await db(file, "restore", str(backup))

    assert (7, before) == (found.code, _read(file))
    assert all(part in found.err for part in (str(backup), what, to_do)), found.err


def _read(file: Path) -> bytes:
    return file.read_bytes()


def _write(file: Path, content: bytes) -> None:
    file.write_bytes(content)
