"""One writer of a SQLite file, whatever name it goes by and whatever becomes of the lock file."""

import os
from functools import partial
from pathlib import Path

import pytest

from collector.records import EventQuery
from collector.storage.sqlite import SqliteStorage
from shared.errors import FileHeld, StorageUnusable
from tests.support.collector import RULES, decide, delivery, event
from tests.support.stores import audited


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the database is."""
    return tmp_path / "collector.db"


async def test_a_second_writer_is_refused_and_told_whose_it_is(file: Path) -> None:
    """A reader is welcome meanwhile, and after the first has closed so is a writer."""
    first = SqliteStorage.open(file, rules=RULES)
    await first.store([delivery(event("10:00", "W1", "working"))], decide=decide)
    with pytest.raises(FileHeld, match=f"process {os.getpid()} "):
        SqliteStorage.open(file, rules=RULES)

    assert 1 == len(await _events(file))
    await first.close()
    await fill(file)


async def test_a_link_is_no_second_database(file: Path) -> None:
    """Whatever name the file goes by, there is one lock, and it lies beside the file."""
    (file.parent / "links").mkdir()
    link = file.parent / "links" / "other.db"
    link.symlink_to(file)
    first = SqliteStorage.open(link, rules=RULES)
    await first.store([delivery(event("10:00", "W1", "working"))], decide=decide)
    for name in (file, link):
        with pytest.raises(FileHeld):
            SqliteStorage.open(name, rules=RULES)

        assert 1 == len(await _events(name))
    await first.close()

    assert ({"other.db"}, {"links", file.name, f"{file.name}.lock"}) == (
        names_in(link.parent),
        names_in(file.parent),
    )


async def test_a_writer_whose_lock_file_was_deleted_writes_no_more(file: Path) -> None:
    """A second writer may have come in: nothing of the delivery is kept, and the operator is told."""
    first = SqliteStorage.open(file, rules=RULES)
    await first.store([delivery(event("10:00", "W1", "working"))], decide=decide)
    file.with_name(f"{file.name}.lock").unlink()
    second = SqliteStorage.open(file, rules=RULES)
    with pytest.raises(StorageUnusable, match=r"collector\.db\.lock was deleted or replaced"):
        await first.store([delivery(event("11:00", "W1", "idle"))], decide=decide)
    await second.store([delivery(event("12:00", "W1", "idle"))], decide=decide)
    await first.close()
    await second.close()

    assert 2 == len(await _events(file))


@pytest.mark.parametrize("kind", ["too long", "circle", "folder", "root"])
def test_a_name_that_is_no_file_is_told(tmp_path: Path, kind: str) -> None:
    """To readers and to writers, as an error of storage."""
    circle = tmp_path / "circle.db"
    circle.symlink_to(circle)
    place = {"too long": tmp_path / ("x" * 300), "circle": circle, "folder": Path(), "root": Path("/")}[kind]
    for opened in (partial(SqliteStorage.open, rules=RULES), SqliteStorage.open_read_only, audited):
        with pytest.raises(StorageUnusable):
            opened(place)


def names_in(folder: Path) -> set[str]:
    """Return what lies in a folder."""
    return {path.name for path in folder.iterdir()}


async def fill(file: Path) -> None:
    """Write one event more."""
    storage = SqliteStorage.open(file, rules=RULES)
    await storage.store([delivery(event("10:30", "W1", "working"))], decide=decide)
    await storage.close()


async def _events(file: Path) -> list[object]:
    storage = SqliteStorage.open_read_only(file)
    try:
        return list(await storage.events(EventQuery()))
    finally:
        await storage.close()
