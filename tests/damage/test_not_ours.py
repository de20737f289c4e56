"""What is told from the bytes alone: a queue of a newer program whose log says so, and another program's database that looks like ours."""

from contextlib import closing
from pathlib import Path

from sqlite_utils.utils import sqlite3

from edge_agent.buffer import quarantine
from edge_agent.buffer.findings import QUEUE_FILE
from edge_agent.buffer.schema import SCHEMA_VERSION
from tests.damage.files import PAGE, copy_queue, flip_bit, opened, readable
from tests.support.events import events


def killed_newer(folder: Path, *, is_committed: bool) -> Path:
    """What a newer program leaves that was killed once it had migrated the queue: the file itself still says the version before."""
    origin = folder / "origin"
    with closing(opened(origin)) as log:
        log.append(events(1, 3))
    with closing(sqlite3.connect(origin / QUEUE_FILE, isolation_level=None)) as connection:
        connection.execute("pragma cache_size = 2").fetchall()  # what is not committed goes to the log as well
        connection.execute("begin immediate")
        connection.execute("create table later (content text)")
        connection.execute(f"pragma user_version = {SCHEMA_VERSION + 1}")
        connection.execute("insert into later values (?)", ("x" * 10 * PAGE,))
        if is_committed:
            connection.execute("commit")
        return copy_queue(origin, folder / "killed")


def test_a_queue_whose_log_alone_says_that_it_is_newer_is_left_untouched(tmp_path: Path) -> None:
    """After a rollback of the program: the queue goes on beside it, and not a byte of it changes."""
    folder = killed_newer(tmp_path, is_committed=True)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with closing(opened(folder)) as log:
        log.append(events(4, 5))
        said = log.counts().recovery or ""

    assert f"queue.db was left untouched: its schema {SCHEMA_VERSION + 1} is newer" in said
    assert before == {name: (folder / name).read_bytes() for name in before}


def test_a_log_that_is_newer_by_a_flipped_bit_or_without_a_commit_is_ours(tmp_path: Path) -> None:
    """SQLite reads neither of them."""
    uncommitted = killed_newer(tmp_path, is_committed=False)
    flipped = killed_newer(tmp_path / "flipped", is_committed=True)
    flip_bit(32 + 20, bit=0, ending="-wal")(flipped)
    for folder in (uncommitted, flipped):
        with closing(opened(folder)) as log:
            assert 3 == len(readable(log))
            assert "left untouched" not in (log.counts().recovery or "")


def test_a_database_of_another_program_with_a_row_like_an_epoch_is_left_alone(tmp_path: Path) -> None:
    """A table of sessions: a number, sixteen hexadecimal digits, another number."""
    with closing(sqlite3.connect(tmp_path / QUEUE_FILE)) as connection, connection:
        connection.execute("create table session (id integer primary key, token text, seen integer)")
        connection.execute("insert into session values (1, '0123456789abcdef', 1700000000)")
    before = (tmp_path / QUEUE_FILE).read_bytes()
    with closing(opened(tmp_path)) as log:
        said = log.counts().recovery or ""

    assert "queue.db was left untouched: it belongs to another program" in said
    assert (before, []) == ((tmp_path / QUEUE_FILE).read_bytes(), quarantine.sets(tmp_path))


def test_a_queue_without_an_event_is_ours_although_its_header_says_otherwise(tmp_path: Path) -> None:
    """A bit of the application's number: its migrations show whose it is, and its numbers go on."""
    with closing(opened(tmp_path)) as log:
        log.append(events(1, 3))
        log.settle(settled=((1, 3),), dead=())
    with closing(sqlite3.connect(tmp_path / QUEUE_FILE, isolation_level=None)) as connection:
        connection.execute("delete from event_log")
        connection.execute("insert into removed values (1, 3)")
    flip_bit(68, bit=4)(tmp_path)
    with closing(opened(tmp_path)) as log:
        counts = log.counts()

    assert "queue.db was damaged" in (counts.recovery or "")
    assert (3, 3, 0) == (counts.last_seq, counts.settled, counts.dropped)
