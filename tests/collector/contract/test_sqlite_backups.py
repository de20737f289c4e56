"""Copies of a SQLite store: whole or not there, of one moment, put back without a trace of what was there."""

import os
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from collector.grants import AddPerson, CloseSession, Kind, OpenSession, Role, digest_of
from collector.records import EventQuery
from collector.storage import opening
from collector.storage.backups import back_up, damage_of
from collector.storage.condition import condition_of
from collector.storage.restoring import compact, restore
from collector.storage.sqlite import SqliteStorage
from shared.errors import BadRequest, Busy, FileHeld, LinesideError, StorageFull, StorageUnusable
from tests.support.collector import RULES, decide, delivery, event
from tests.support.disks import small_disk
from tests.support.stores import audited

NAMES = {"collector.db", "collector.db.lock"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the database is."""
    folder = tmp_path / "store"
    folder.mkdir()
    return folder / "collector.db"


async def fill(file: Path, *clock_times: str) -> None:
    """Store an event for each clock time."""
    storage = SqliteStorage.open(file, rules=RULES)
    for clock_time in clock_times:
        await storage.store([delivery(event(clock_time, "W1", "working"), camera="C1")], decide=decide)
    await storage.close()


async def count(file: Path) -> int:
    """Return how many events a store has."""
    storage = SqliteStorage.open_read_only(file)
    try:
        return len(await storage.events(EventQuery()))
    finally:
        await storage.close()


def names_in(folder: Path) -> set[str]:
    """Return what lies in a folder, but for the empty log of a store that somebody has read."""
    logs = [log for log in folder.glob("*.db-wal") if log.stat().st_size == 0]
    empty = {name for log in logs for name in (log.name, log.name.replace("-wal", "-shm"))}
    return {path.name for path in folder.iterdir()} - empty


def bytes_of(file: Path) -> bytes:
    """Return what is in the file itself."""
    return file.read_bytes()


def damage(file: Path) -> None:
    """Let a disk lose the last pages of a file."""
    size = file.stat().st_size
    with file.open("r+b") as content:
        content.seek(size - 3 * 4096)
        content.write(b"\x07" * (3 * 4096))


async def test_a_backup_of_a_store_at_work_is_of_one_moment_and_for_its_owner_only(file: Path, tmp_path: Path) -> None:
    """What was stored before is in it, also what waits in the log; what comes later is not."""
    await fill(file, "10:00")
    storage = SqliteStorage.open(file, rules=RULES)
    await storage.store([delivery(event("10:01", "W1", "idle"))], decide=decide)
    size = back_up(file, tmp_path / "copy.db")
    await storage.store([delivery(event("10:02", "W1", "idle"))], decide=decide)
    await storage.close()

    assert (2, 3) == (await count(tmp_path / "copy.db"), await count(file))
    assert (2, 0) == (audited(tmp_path / "copy.db").events, audited(tmp_path / "copy.db").count)
    assert (size, 0o600) == ((tmp_path / "copy.db").stat().st_size, (tmp_path / "copy.db").stat().st_mode & 0o777)
    assert {"store", "copy.db"} == names_in(tmp_path)


async def test_a_backup_overwrites_nothing(file: Path, tmp_path: Path) -> None:
    """Neither a file of that name, nor what SQLite would take for a part of it."""
    await fill(file, "10:00")
    for name in ("copy.db", "copy.db-wal"):
        (tmp_path / name).write_text("mine")
        with pytest.raises(BadRequest, match=f"{name} is there already"):
            back_up(file, tmp_path / "copy.db")

        assert "mine" == (tmp_path / name).read_text()
        (tmp_path / name).unlink()


async def test_what_a_killed_backup_has_left_is_written_over(file: Path, tmp_path: Path) -> None:
    """It has another name, so nobody takes it for a backup."""
    await fill(file, "10:00")
    (tmp_path / ".copy.db.partial").write_bytes(b"half of it" * 10_000)
    back_up(file, tmp_path / "copy.db")

    assert ([], {"store", "copy.db"}) == (damage_of(tmp_path / "copy.db"), names_in(tmp_path))


async def test_a_copy_without_room_leaves_nothing(file: Path, tmp_path: Path) -> None:
    """The error says that the disk is full, and the store is as it was."""
    await fill(file, "10:00")
    with small_disk(tmp_path / "small", size_bytes=64 * 1024) as small:
        with pytest.raises(StorageFull):
            back_up(file, small / "copy.db")

        assert set() == names_in(small)
    assert 1 == await count(file)


async def test_a_damaged_store_gives_no_backup(file: Path, tmp_path: Path) -> None:
    """A copy of damage would be believed until it is needed."""
    await fill(file, "10:00", "10:05")
    damage(file)
    with pytest.raises(StorageUnusable, match=r"damaged|malformed"):
        back_up(file, tmp_path / "copy.db")

    assert {"store"} == names_in(tmp_path)


@pytest.mark.parametrize("content", [b"text, not a database", None])
def test_what_is_no_store_gives_no_backup(file: Path, tmp_path: Path, content: bytes | None) -> None:
    """Neither a file of another kind nor none."""
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(StorageUnusable):
        back_up(file, tmp_path / "copy.db")

    assert {"store"} == names_in(tmp_path)


async def test_a_restored_store_is_the_backup_and_what_was_there_is_kept(file: Path, tmp_path: Path) -> None:
    """With what was in its log; nothing of the old log reaches the new file."""
    await fill(file, "10:00")
    back_up(file, tmp_path / "copy.db")
    await fill(file, "10:01")
    with closing(sqlite3.connect(file, isolation_level=None)) as killed:
        killed.execute("pragma wal_autocheckpoint = 0")
        killed.execute("update worker set name = 'in the log'")
        left = [(path, bytes_of(path)) for path in (file, file.with_name("collector.db-wal"))]
    for path, content in left:  # as a kill leaves them
        path.write_bytes(content)
    kept = restore(tmp_path / "copy.db", file, suffix="replaced")

    assert file.with_name("collector.db.replaced") == kept
    assert sorted(NAMES | {"collector.db.replaced"}) == sorted(path.name for path in file.parent.iterdir())
    assert (1, 2, 1) == (await count(file), await count(kept), await count(tmp_path / "copy.db"))
    with closing(sqlite3.connect(kept)) as connection:
        assert [("in the log",)] == connection.execute("select name from worker").fetchall()


async def test_a_restored_backup_logs_nobody_in(file: Path, tmp_path: Path) -> None:
    """Who had logged out since, or was removed, would be in again; passwords and tokens are those of the backup."""
    token = digest_of("lss_a-session")
    storage = SqliteStorage.open(file, rules=RULES)
    await storage.access.apply(AddPerson("amit", Role.supervisor, None, "a hash", 0))
    await storage.access.apply(OpenSession("amit", "a hash", token, 0, 10**12))
    back_up(file, tmp_path / "copy.db")
    await storage.access.apply(CloseSession(token))
    await storage.close()
    restore(tmp_path / "copy.db", file, suffix="replaced")
    storage = SqliteStorage.open(file, rules=RULES)
    found = await storage.access.grant(token, kind=Kind.session), await storage.access.password_of("amit")
    await storage.close()

    assert (None, "a hash") == found
    assert NAMES | {"collector.db.replaced"} == names_in(file.parent)


async def test_a_backup_can_be_restored_where_nothing_is(file: Path, tmp_path: Path) -> None:
    """On a new machine, in a folder that is yet to be made."""
    await fill(file, "10:00")
    back_up(file, tmp_path / "copy.db")
    kept = restore(tmp_path / "copy.db", tmp_path / "new" / "collector.db", suffix="replaced")

    assert (None, 1) == (kept, await count(tmp_path / "new" / "collector.db"))


async def test_a_bad_backup_is_refused_before_anything_is_touched(file: Path, tmp_path: Path) -> None:
    """Damaged, of another program, of a newer version, the database itself, or not there."""
    await fill(file, "10:00", "10:05")
    before = bytes_of(file)
    bad = tmp_path / "bad.db"
    for words in ("damaged", "another program", "newer version", "itself", "there is no backup"):
        bad.unlink(missing_ok=True)
        match words:
            case "damaged":
                back_up(file, bad)
                damage(bad)
            case "another program":
                with closing(sqlite3.connect(bad)) as connection:
                    connection.execute("create table t (x)")
            case "newer version":
                back_up(file, bad)
                with closing(sqlite3.connect(bad, isolation_level=None)) as connection:
                    connection.execute(
                        "insert into _sqlite_migrations (migration_set, name, applied_at) values ('collector', 'n', 'x')"
                    )
            case "itself":
                os.link(file, bad)
            case _:
                pass
        with pytest.raises(LinesideError, match=words):
            restore(bad, file, suffix="replaced")

        assert before == bytes_of(file)
        assert NAMES == names_in(file.parent)


async def test_a_store_of_a_newer_version_can_be_replaced_and_another_programs_not(file: Path, tmp_path: Path) -> None:
    """The way back from an upgrade is the backup from before it."""
    await fill(file, "10:00")
    back_up(file, tmp_path / "copy.db")
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute(
            "insert into _sqlite_migrations (migration_set, name, applied_at) values ('collector', 'n', 'x')"
        )
    kept = restore(tmp_path / "copy.db", file, suffix="replaced")
    stranger = tmp_path / "stranger.db"
    with closing(sqlite3.connect(stranger)) as connection:
        connection.execute("create table t (x)")
    with pytest.raises(StorageUnusable, match="another program"):
        restore(tmp_path / "copy.db", stranger, suffix="replaced")

    assert (1, True) == (await count(file), kept is not None)
    assert {"store", "copy.db", "stranger.db"} == names_in(tmp_path)


async def test_neither_restoring_nor_compacting_is_for_a_store_at_work(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process is named; a reader is waited for, and then told of."""
    monkeypatch.setattr(opening, "BUSY_MILLISECONDS", 50)
    await fill(file, "10:00")
    back_up(file, tmp_path / "copy.db")
    storage = SqliteStorage.open(file, rules=RULES)
    for refused in (lambda: restore(tmp_path / "copy.db", file, suffix="replaced"), lambda: compact(file)):
        with pytest.raises(FileHeld):
            refused()
    await storage.store([delivery(event("11:00", "W1", "idle"))], decide=decide)
    with closing(sqlite3.connect(file, isolation_level=None)) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from event").fetchone()
        await storage.store([delivery(event("11:01", "W1", "idle"))], decide=decide)
        await storage.close()
        with pytest.raises(Busy):
            restore(tmp_path / "copy.db", file, suffix="replaced")

    assert 3 == await count(file)
    assert NAMES == names_in(file.parent)


async def test_compacting_gives_the_room_of_deleted_rows_back(file: Path) -> None:
    """And changes nothing else."""
    await fill(file, "10:00")
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("create table ballast (x)")
        connection.execute("insert into ballast values (zeroblob(2000000))")
        connection.execute("drop table ballast")
    free = condition_of(file, thorough=True).free_bytes
    done = compact(file)

    assert free > 1_900_000
    assert done.before_bytes - done.after_bytes > 1_900_000
    assert (0, 0, 1) == (condition_of(file, thorough=True).free_bytes, audited(file).count, await count(file))
    assert NAMES == names_in(file.parent)
