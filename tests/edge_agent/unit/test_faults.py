"""What goes wrong below the buffer, in the words of those above it."""

import errno
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from edge_agent.buffer.faults import transaction, translated
from shared.errors import Busy, StorageFull, StorageUnusable


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A small database that may not grow beyond 20 pages."""
    opened = sqlite3.connect(tmp_path / "small.db", isolation_level=None, timeout=0)
    opened.execute("create table event (payload text not null)")
    opened.execute("pragma max_page_count = 20")
    yield opened
    opened.close()


def write(connection: sqlite3.Connection, payloads: Iterable[str | None]) -> None:
    """Write events in one transaction."""
    with transaction(connection, Path("queue.db")):
        for payload in payloads:
            connection.execute("insert into event values (?)", (payload,))


def broken() -> Iterator[str]:
    """One event, and then a mistake of ours."""
    yield "x"
    raise ZeroDivisionError


def count(connection: sqlite3.Connection) -> int:
    """How many events there are."""
    return int(connection.execute("select count(*) from event").fetchone()[0])


def test_a_full_disk_is_named_and_leaves_nothing_behind(connection: sqlite3.Connection) -> None:
    """Neither half a write nor an open transaction: the next, smaller one succeeds."""
    with pytest.raises(StorageFull, match=r"no room is left on the disk of queue\.db"):
        write(connection, ["x", "x" * 200_000])
    write(connection, ["y"])

    assert 1 == count(connection)


def test_an_error_of_our_own_rolls_back_too(connection: sqlite3.Connection) -> None:
    """Whatever ends the block early ends the transaction."""
    with pytest.raises(ZeroDivisionError):
        write(connection, broken())
    write(connection, ["y"])

    assert 1 == count(connection)


def test_a_failed_statement_rolls_back_what_came_before_it(connection: sqlite3.Connection) -> None:
    """All or nothing."""
    with pytest.raises(StorageUnusable, match="NOT NULL"):
        write(connection, ["x", None])

    assert (False, 0) == (connection.in_transaction, count(connection))


def test_a_file_held_by_another_writer_is_busy(connection: sqlite3.Connection, tmp_path: Path) -> None:
    """That passes, so it is no fault of the file."""
    other = sqlite3.connect(tmp_path / "small.db", isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(Busy):
        write(connection, ["y"])
    other.close()
    write(connection, ["y"])

    assert 1 == count(connection)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EACCES, StorageUnusable)],
)
def test_the_file_system_speaks_the_same_words(code: int, kind: type[Exception]) -> None:
    """A folder that cannot be made is no riddle."""
    with pytest.raises(kind, match=r"/data/queue"), translated(Path("/data/queue")):
        raise OSError(code, "no")


def test_a_file_of_another_user_is_named(tmp_path: Path) -> None:
    """As root's copy of a queue is: the file, and not its folder, and what to do."""
    with (
        pytest.raises(StorageUnusable, match=r"/data/queue/queue\.db cannot be used: .*chown it"),
        translated(tmp_path),
    ):
        raise PermissionError(errno.EACCES, "Permission denied", "/data/queue/queue.db")


def test_a_rollback_that_fails_does_not_hide_the_first_failure(
    connection: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    """It is only a line of the log."""

    def denied() -> Iterator[str]:
        connection.set_authorizer(lambda *_: sqlite3.SQLITE_DENY)
        yield from broken()

    caplog.set_level(logging.WARNING)
    with pytest.raises(StorageUnusable, match="not authorized"):
        write(connection, denied())
    connection.set_authorizer(None)

    assert ["rollback failed"] == [record.message for record in caplog.records]
