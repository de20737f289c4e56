"""The SQLite file: who may open it, whose it is, and that what is not ours is not touched by one byte."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from collector.metrics.parts import split
from collector.metrics.windows import Window
from collector.records import EventQuery
from collector.storage import opening
from collector.storage.migrating import APPLICATION_ID, migrate
from collector.storage.migrations import migrations
from collector.storage.opening import open_writer, transaction, translated_errors
from collector.storage.registry import Registry
from collector.storage.sqlite import SqliteStorage
from collector.storage.sqlite_write import store
from shared.errors import Busy, LinesideError, StorageFull, StorageUnusable
from tests.support.collector import RULES, at, decide, delivery, event


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the database is."""
    return tmp_path / "collector.db"


async def fill(file: Path) -> None:
    """Make a database with one event."""
    storage = SqliteStorage.open(file, rules=RULES)
    await storage.store([delivery(event("10:00", "W1", "working"), camera="C1")], decide=decide)
    await storage.close()


def bytes_of(file: Path) -> bytes:
    """Return what is in the file itself."""
    return file.read_bytes()


def names_in(folder: Path) -> set[str]:
    """Return what lies in a folder."""
    return {path.name for path in folder.iterdir()}


def run(file: Path, *statements: str) -> None:
    """Let another program work on the file."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def foreign_files(file: Path) -> Iterator[tuple[str, str]]:
    """Make one file after the other that is not ours, and yield its name and what must be said of it."""
    for name, content in (
        ("text", b"this is not a database, " * 1_000),
        ("cut", b"SQLite format 3\x00" + bytes(10)),
        ("short", b"x"),
        ("zeros", bytes(100_000)),
    ):
        file.write_bytes(content)
        yield name, "not a SQLite database"
    for name, statements in (
        ("foreign", ["create table t (x)", "insert into t values (1)"]),
        ("marked", ["pragma application_id = 7", "create table event (x)"]),
        ("only marked", ["pragma application_id = 7"]),
        ("vacuumed", ["pragma auto_vacuum = full", "create table t (x)"]),
        ("wal", ["pragma journal_mode = wal", "create table t (x)"]),
        ("a view", ["create view v as select 1"]),
    ):
        file.unlink()
        run(file, *statements)
        yield name, "another program"


def test_what_is_not_ours_is_refused_and_left_as_it_is(file: Path) -> None:
    """Other programs' databases and files that are none: not one byte of them changes, and none is added beside them."""
    file.touch()
    for name, told in foreign_files(file):
        before = bytes_of(file)
        with pytest.raises(StorageUnusable, match=told) as refused:
            SqliteStorage.open(file, rules=RULES)
        with pytest.raises(StorageUnusable):
            SqliteStorage.open_read_only(file)

        assert before == bytes_of(file), name
        assert {file.name} == names_in(file.parent), name
        assert 7 == refused.value.exit_code


async def test_a_newer_version_is_refused_and_left_as_it_is(file: Path) -> None:
    """A step that this version does not know may mean anything."""
    await fill(file)
    run(
        file,
        "insert into _sqlite_migrations (migration_set, name, applied_at) values ('collector', 'next_step', 'later')",
        "create table next_step (x)",
    )
    before = bytes_of(file)
    with pytest.raises(StorageUnusable, match=r"newer version.*next_step"):
        SqliteStorage.open(file, rules=RULES)

    assert before == bytes_of(file)


async def test_an_empty_file_is_a_new_database(file: Path) -> None:
    """As `touch` or a failed first start leaves it; folders on the way are made."""
    run(file)
    deep = file.parent / "a" / "b" / "collector.db"
    for each in (file, deep):
        await fill(each)

        assert 1 == len(await _events(each))
    assert 0o700 == deep.parent.stat().st_mode & 0o777


async def test_a_first_start_that_was_cut_off_is_taken_up_again(file: Path) -> None:
    """With our mark and nothing else in it, or with the book of steps begun."""
    run(file, f"pragma application_id = {APPLICATION_ID}")
    await fill(file)

    assert [step.name for step in migrations.pending(_database(file))] == []
    assert 1 == len(await _events(file))


async def test_personal_data_are_for_the_owner_only(file: Path) -> None:
    """The file, its log and its lock."""
    storage = SqliteStorage.open(file, rules=RULES)
    await storage.store([delivery(event("10:00", "W1", "working"))], decide=decide)
    modes = {path.name: path.stat().st_mode & 0o077 for path in file.parent.iterdir()}
    await storage.close()

    assert "collector.db-wal" in modes
    assert {0} == set(modes.values())


async def test_a_reader_cannot_write(file: Path) -> None:
    """Neither through its verbs nor at all, and the file stays as it is."""
    await fill(file)
    before = bytes_of(file)
    storage = SqliteStorage.open_read_only(file)
    with pytest.raises(StorageUnusable, match="reading only"):
        await storage.store([delivery(event("11:00", "W1", "idle"))], decide=decide)
    with pytest.raises(StorageUnusable, match="reading only"):
        await storage.rename_site("default", "east")
    found = await storage.events(EventQuery())
    await storage.close()

    assert (1, before) == (len(found), bytes_of(file))


def test_a_reader_makes_no_database(file: Path) -> None:
    """A misspelt name is told, and no file appears under it."""
    with pytest.raises(StorageUnusable, match="there is no database"):
        SqliteStorage.open_read_only(file)

    assert set() == names_in(file.parent)


@pytest.mark.parametrize("kind", ["folder", "below a file"])
def test_a_place_where_no_file_can_be_is_told(file: Path, kind: str) -> None:
    """As an error of storage, with the name in it."""
    place = file
    if kind == "folder":
        file.mkdir()
    else:
        file.touch()
        place = file / "collector.db"
    with pytest.raises(LinesideError, match=r"collector\.db") as refused:
        SqliteStorage.open(place, rules=RULES)

    assert 7 == refused.value.exit_code


async def test_readers_and_the_writer_do_not_wait_for_each_other(file: Path) -> None:
    """A snapshot that is being read stays as it was while events come in."""
    storage = SqliteStorage.open(file, rules=RULES)
    for minute in range(30):
        await storage.store([delivery(event(f"10:{minute:02}", "W1", "idle"))], decide=decide)
    stores = [
        asyncio.create_task(storage.store([delivery(event(f"11:{minute:02}", "W1", "idle"))], decide=decide))
        for minute in range(5)
    ]
    snapshots = await asyncio.gather(*(storage.snapshot() for _ in range(5)))
    await asyncio.gather(*stores)
    sizes = [len(snapshot.sightings["default", "W1"]) for snapshot in snapshots]
    await storage.close()

    assert all(30 <= size <= 35 for size in sizes)


async def test_stations_remember_their_first_and_last_event(file: Path) -> None:
    """Over transactions and restarts, whatever the order of arrival."""
    for clock_times in (["10:30", "10:20"], ["10:10"], ["10:25"], ["10:40", "10:15"]):
        storage = SqliteStorage.open(file, rules=RULES)
        for clock_time in clock_times:
            await storage.store([delivery(event(clock_time, "W1", "idle"))], decide=decide)
        await storage.close()
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("select station_id, first_at, last_at from workstation").fetchall()

    assert [("S1", at("10:10"), at("10:40"))] == rows


def test_a_full_disk_keeps_nothing_of_a_transaction(file: Path) -> None:
    """The error says so, and what was there before is there still."""
    connection = open_writer(file)
    migrate(connection, rules=RULES)
    registry = Registry(connection, hour_offset_of=lambda _: 0)
    with transaction(connection, "immediate"):
        store(connection, registry, deliveries=[delivery(event("10:00", "W1", "working"))], decide=decide)
    (pages,) = connection.execute("pragma page_count").fetchone()
    connection.execute(f"pragma max_page_count = {pages + 5}")
    many = delivery(*(event(f"11:{minute:02}", f"W{number}", "idle") for minute in range(60) for number in range(100)))
    with pytest.raises(StorageFull), translated_errors(file), transaction(connection, "immediate"):
        store(connection, registry, deliveries=[many], decide=decide)
    registry.forget()
    left = connection.execute("select (select count(*) from event), (select count(*) from worker)").fetchone()
    with transaction(connection, "immediate"):
        store(connection, registry, deliveries=[delivery(event("10:01", "W1", "idle"))], decide=decide)
    after = connection.execute("select count(*) from event").fetchone()
    connection.close()

    assert ((1, 1), (2,)) == (left, after)


async def test_a_database_that_is_locked_by_another_program_is_busy(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody works on it with another tool: nothing is kept, and afterwards it goes on."""
    monkeypatch.setattr(opening, "BUSY_MILLISECONDS", 50)
    await fill(file)
    storage = SqliteStorage.open(file, rules=RULES)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(Busy):
            await storage.store([delivery(event("11:00", "W1", "idle"))], decide=decide)
        other.execute("rollback")
    await storage.store([delivery(event("11:00", "W1", "idle"))], decide=decide)
    found = await storage.events(EventQuery())
    await storage.close()

    assert 2 == len(found)


async def _events(file: Path) -> list[object]:
    storage = SqliteStorage.open_read_only(file)
    try:
        return list(await storage.events(EventQuery()))
    finally:
        await storage.close()


def _database(file: Path) -> Database:
    return Database(file)


async def test_hours_watched_before_there_were_stretches_are_kept(file: Path) -> None:
    """As long as they were; of an hour watched in part nobody knows which part, so it is the first."""
    database = Database(file)
    migrations.apply(database, stop_before="watched_stretches")
    for statement in (
        f"pragma application_id = {APPLICATION_ID}",
        "insert into site (number, name) values (1, 'default')",
        "insert into camera (site, number, name) values (1, 1, 'C1')",
        "insert into camera_hour values (1, 1, :ten, 3600000000), (1, 1, :ten + 3600000000, 60000000)",
        "insert into camera_hour values (1, 1, :ten + 7200000000, 0)",
    ):
        database.conn.execute(statement, {"ten": at("10:00")})
    database.conn.commit()
    database.close()
    with pytest.raises(StorageUnusable, match="older version"):
        SqliteStorage.open_read_only(file)
    storage = SqliteStorage.open(file, rules=RULES)
    measure = await storage.measure(split=partial(split, Window()), by_hour=True)
    await storage.close()

    assert {"C1": [(at("10:00"), at("11:00")), (at("11:00"), at("11:01"))]} == measure.watched["default"]
