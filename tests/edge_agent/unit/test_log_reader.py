"""Reading a queue beside its writer: which events, in which pages, and that nothing is written."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from edge_agent.buffer.log import EventLog
from edge_agent.buffer.reader import LogReader, State
from edge_agent.buffer.schema import QUEUE_FILE
from edge_agent.delivery.settlement import DeadLetter
from shared.errors import NotFound, StorageUnusable
from tests.support.events import event, events
from tests.support.fake_clock import FakeClock


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    """Ten events: 1 to 4 settled, 5 dead, 6 to 10 pending."""
    opened = EventLog.open(tmp_path, clock=FakeClock())
    opened.append(events(1, 10))
    opened.settle(settled=((1, 4),), dead=[DeadLetter(5, "bad_id", "no")])
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("state", "expected"),
    [("queued", [6, 7, 8, 9, 10]), ("synced", [1, 2, 3, 4]), ("all", list(range(1, 11)))],
)
def test_a_state_chooses_events(log: EventLog, tmp_path: Path, state: State, expected: list[int]) -> None:
    """`all` is everything that is kept, dead letters too."""
    with LogReader(tmp_path) as reader:
        found = reader.entries(from_at=None, to_at=None, state=state, after_seq=0, most=100)

        assert expected == [entry.seq for entry in found]
        assert len(expected) == reader.count(from_at=None, to_at=None, state=state)


def test_a_window_is_half_open(log: EventLog, tmp_path: Path) -> None:
    """The event at the end belongs to the next window."""
    window = {"from_at": event(3).at, "to_at": event(7).at}
    with LogReader(tmp_path) as reader:
        found = reader.entries(**window, state="all", after_seq=0, most=100)

        assert [3, 4, 5, 6] == [entry.seq for entry in found]
        assert 4 == reader.count(**window, state="all")


def test_pages_follow_each_other(log: EventLog, tmp_path: Path) -> None:
    """Each begins after the last number of the one before; the one after the last is empty."""
    with LogReader(tmp_path) as reader:
        pages = []
        after = 0
        while page := reader.entries(from_at=None, to_at=None, state="all", after_seq=after, most=4):
            pages.append([entry.seq for entry in page])
            after = page[-1].seq

    assert [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]] == pages


def test_damaged_events_do_not_end_the_pages(log: EventLog, tmp_path: Path) -> None:
    """A page is filled from behind them."""
    log.close()
    with closing(sqlite3.connect(tmp_path / QUEUE_FILE)) as connection, connection:
        connection.execute("update event_log set payload = 'x' where seq between 2 and 8")

    with LogReader(tmp_path) as reader:
        found = reader.entries(from_at=None, to_at=None, state="all", after_seq=0, most=2)

    assert [1, 9] == [entry.seq for entry in found]
    assert 7 == reader.damaged


def test_a_reader_sees_what_was_appended_meanwhile(log: EventLog, tmp_path: Path) -> None:
    """It holds no transaction between two questions."""
    with LogReader(tmp_path) as reader:
        before = reader.counts().last_seq
        log.append(events(11, 11))

        assert (10, 11) == (before, reader.counts().last_seq)


def test_an_unclean_stop_is_read_without_touching_the_file(log: EventLog, tmp_path: Path) -> None:
    """What a killed agent left in its write-ahead log is seen; not a byte of the queue file changes."""
    killed = tmp_path / "killed"
    killed.mkdir()
    for name in (QUEUE_FILE, f"{QUEUE_FILE}-wal"):
        (killed / name).write_bytes((tmp_path / name).read_bytes())
    before = (killed / QUEUE_FILE).read_bytes()

    with LogReader(killed) as reader:
        last = reader.counts().last_seq

    assert (10, before) == (last, (killed / QUEUE_FILE).read_bytes())


def test_a_folder_without_a_queue_is_named(tmp_path: Path) -> None:
    """The likely reason is another folder."""
    with pytest.raises(NotFound, match=r"there is no queue in .*--data-dir"):
        LogReader(tmp_path)


def test_a_folder_that_cannot_be_looked_into_is_told(tmp_path: Path) -> None:
    """As an error of storage, with the system's reason."""
    with pytest.raises(StorageUnusable, match="File name too long"):
        LogReader(tmp_path / ("x" * 300))


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """As the writer does."""
    (tmp_path / QUEUE_FILE).write_text("nothing like it")

    with pytest.raises(StorageUnusable, match="it is no SQLite database"):
        LogReader(tmp_path)
