"""A SQLite store of an older version: what it was stays beside it, and nothing happens where that finds no room."""

from pathlib import Path

import pytest

from collector.storage.backups import kept_before
from collector.storage.condition import condition_of
from collector.storage.sqlite import SqliteStorage
from shared.errors import StorageFull
from tests.support.collector import RULES, decide, delivery, event
from tests.support.disks import small_disk
from tests.support.older import STEPS, make_older

NAMES = {"collector.db", "collector.db.lock"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the database is."""
    return tmp_path / "collector.db"


async def fill(file: Path, clock_time: str) -> set[str]:
    """Store an event; return what lies beside the database then."""
    storage = SqliteStorage.open(file, rules=RULES)
    await storage.store([delivery(event(clock_time, "W1", "working"), camera="C1")], decide=decide)
    await storage.close()
    return {path.name for path in file.parent.iterdir()}


def steps(file: Path) -> tuple[int, tuple[str, ...]]:
    """Return how many steps of the schema a database has, and which it lacks."""
    condition = condition_of(file, thorough=True)
    assert () == condition.damage
    return condition.steps, condition.steps_missing


async def test_an_upgrade_keeps_what_was_before_beside_it(file: Path) -> None:
    """Named by the version of its schema; an older program can be given it back."""
    make_older(file)
    before = steps(file)
    beside = await fill(file, "10:00")
    kept = kept_before(file, STEPS)

    assert (STEPS, "watched_stretches") == (before[0], before[1][0])
    assert file.with_name("collector.db.schema-3") == kept
    assert NAMES | {kept.name} == beside
    assert before == steps(kept)
    assert (STEPS + len(before[1]), ()) == steps(file)


async def test_a_new_store_and_one_of_this_version_are_not_copied(file: Path) -> None:
    """A copy at each start would fill the disk."""
    await fill(file, "10:00")

    assert NAMES == await fill(file, "10:01")


def test_without_room_for_the_copy_there_is_no_upgrade(file: Path, tmp_path: Path) -> None:
    """The start says that the disk is full, and leaves the store as the older version knows it."""
    make_older(file)
    with small_disk(tmp_path / "small", size_bytes=file.stat().st_size + 64 * 1024) as small:
        moved = small / "collector.db"
        moved.write_bytes(file.read_bytes())
        with pytest.raises(StorageFull):
            SqliteStorage.open(moved, rules=RULES)

        assert steps(file) == steps(moved)
        assert not kept_before(moved, STEPS).exists()
