"""The durable log: what it promises to who appends, who delivers, and who opens the wrong file."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from edge_agent.buffer.log import LOCK_FILE, EventLog
from edge_agent.buffer.rows import Entry
from edge_agent.buffer.schema import APPLICATION_ID, QUEUE_FILE, SCHEMA_VERSION
from edge_agent.delivery.settlement import DeadLetter
from shared.errors import FileHeld, StorageUnusable
from shared.events import canonical_json
from tests.support.events import event, events
from tests.support.fake_clock import START, FakeClock

# More rows than a check goes through in the twinkling of an eye.
_MANY = """
with recursive number (seq) as (select 1 union all select seq + 1 from number where seq < 100000)
insert into event_log (seq, epoch, at, accepted_at, checksum, payload)
select seq, 1, seq, seq, seq, '{}'
from number
"""


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    """An open log in an empty folder."""
    opened = EventLog.open(tmp_path, clock=FakeClock())
    yield opened
    opened.close()


def reopened(log: EventLog, folder: Path) -> EventLog:
    """The same log after a clean stop."""
    log.close()
    return EventLog.open(folder, clock=FakeClock())


def after_a_crash(folder: Path) -> EventLog:
    """A log from the files as a kill would leave them: nobody closed anything."""
    return EventLog.open(folder, clock=FakeClock())


def copy_as_killed(folder: Path, target: Path) -> Path:
    """Copy the files of an open log: what a process that is killed now leaves behind."""
    target.mkdir()
    for file in folder.glob(f"{QUEUE_FILE}*"):
        (target / file.name).write_bytes(file.read_bytes())
    return target


def test_events_are_numbered_from_one_and_read_as_they_will_be_sent(log: EventLog) -> None:
    """An entry carries number, epoch, instant and the canonical text."""
    log.append(events(1, 3))

    assert [Entry(2, log.facts().epochs[-1].token, event(2).at, canonical_json(event(2)).encode())] == log.read(
        ((2, 2),)
    )
    assert ((1, 3),) == log.facts().pending


def test_several_ranges_are_read_in_order(log: EventLog) -> None:
    """Numbers that have no row are passed over."""
    log.append(events(1, 9))

    assert [1, 2, 6, 9] == [entry.seq for entry in log.read(((1, 2), (6, 6), (9, 12)))]


def test_what_is_settled_or_buried_is_no_longer_pending(log: EventLog) -> None:
    """Each number is in one of three places."""
    log.append(events(1, 10))

    log.settle(settled=((1, 2), (9, 10)), dead=[DeadLetter(5, "bad_id", "worker_id is empty")])

    counts = log.counts()
    assert ((3, 4), (6, 8)) == log.facts().pending
    assert (10, 4, 5, 1) == (counts.last_seq, counts.settled, counts.pending, counts.dead)


def test_a_second_receipt_changes_nothing(log: EventLog) -> None:
    """Settling what is settled, burying what is settled or settling what is buried is no news."""
    log.append(events(1, 4))
    log.settle(settled=((1, 2),), dead=[DeadLetter(3, "bad_id", "first")])

    log.settle(settled=((1, 3),), dead=[DeadLetter(2, "bad_id", "late"), DeadLetter(3, "bad_id", "again")])

    counts = log.counts()
    assert (2, 1, 1) == (counts.settled, counts.pending, counts.dead)


def test_settled_ranges_are_kept_merged(log: EventLog, tmp_path: Path) -> None:
    """However the receipts came, the file holds one row for one stretch."""
    log.append(events(1, 9))
    for numbers in ((1, 2), (5, 6), (9, 9), (3, 4), (7, 8)):
        log.settle(settled=(numbers,), dead=[])

    assert [(1, 9)] == rows(tmp_path, "select first, last from settled")


def test_a_clean_stop_keeps_the_epoch(log: EventLog, tmp_path: Path) -> None:
    """Everything is as it was, under the same token."""
    log.append(events(1, 5))
    log.settle(settled=((2, 3),), dead=[DeadLetter(4, "bad_id", "no")])
    before = (log.facts(), log.counts())

    with closing(reopened(log, tmp_path)) as again:
        after = (again.facts(), again.counts())

    assert before[0] == after[0]
    assert (5, 2, 2, 1) == (after[1].last_seq, after[1].settled, after[1].pending, after[1].dead)


def test_a_kill_loses_nothing_and_begins_an_epoch(log: EventLog, tmp_path: Path) -> None:
    """What `append` had taken is there; the next number has a new token."""
    log.append(events(1, 5))
    old = log.facts().epochs[-1]

    with closing(after_a_crash(copy_as_killed(tmp_path, tmp_path / "killed"))) as again:
        again.append(events(6, 6))
        facts = again.facts()

    assert ((1, 6),) == facts.pending
    assert [(1, 5), (6, 6)] == [(epoch.first, epoch.last) for epoch in facts.epochs]
    assert old == facts.epochs[0]
    assert old.token != facts.epochs[1].token


def test_epochs_without_events_are_forgotten(log: EventLog, tmp_path: Path) -> None:
    """Ten kills in a row leave one epoch for the next event, not ten."""
    folder = tmp_path
    for number in range(3):
        folder = copy_as_killed(folder, tmp_path / str(number))
        killed = after_a_crash(folder)
        next_folder = copy_as_killed(folder, tmp_path / f"copy{number}")
        killed.close()
        folder = next_folder

    with closing(after_a_crash(folder)) as again:
        assert [(1, 0)] == [(epoch.first, epoch.last) for epoch in again.facts().epochs]


def test_a_damaged_payload_is_left_out(log: EventLog, tmp_path: Path) -> None:
    """A flipped byte is found by the checksum, also where it breaks the text's encoding."""
    log.append(events(1, 4))
    log.close()
    with closing(plain_connection(tmp_path)) as connection, connection:
        connection.execute("update event_log set payload = replace(payload, 'S2', 'S9') where seq = 2")
        connection.execute("update event_log set payload = cast(x'7bff7d' as text) where seq = 3")

    with closing(EventLog.open(tmp_path, clock=FakeClock())) as again:
        assert [1, 4] == [entry.seq for entry in again.read(((1, 4),))]


def test_the_oldest_pending_event_is_found_by_its_instant(log: EventLog) -> None:
    """Not by its number: cameras send late events too."""
    log.append([event(1), event(2, at=START - 5), event(3)])

    assert START - 5 == log.oldest_pending_at(without=())
    assert event(1).at == log.oldest_pending_at(without=((2, 2),))
    assert None is log.oldest_pending_at(without=((1, 3),))


def test_facts_are_remembered(log: EventLog, tmp_path: Path) -> None:
    """The latest value of a key outlives the process."""
    log.remember("collector.url", "http://one")
    log.remember("collector.url", "http://two")

    with closing(reopened(log, tmp_path)) as again:
        assert "http://two" == again.recall("collector.url")
        assert None is again.recall("nothing")


def test_a_second_writer_is_told_whose_pid_has_the_queue(log: EventLog, tmp_path: Path) -> None:
    """Even within this process."""
    with pytest.raises(FileHeld, match=r"is in use by process \d+"):
        EventLog.open(tmp_path, clock=FakeClock())


def test_nothing_is_written_once_the_lock_file_is_deleted(log: EventLog, tmp_path: Path) -> None:
    """A second agent may have the queue by then: what is posted is refused, not kept twice."""
    log.append(events(1, 2))
    (tmp_path / LOCK_FILE).unlink()
    with pytest.raises(StorageUnusable, match=r"agent\.lock was deleted or replaced"):
        log.append(events(3, 3))
    with pytest.raises(StorageUnusable, match=r"agent\.lock was deleted or replaced"):
        log.settle(settled=((1, 1),), dead=())

    assert (2, ((1, 2),)) == (log.facts().last_seq, log.facts().pending)


def test_the_folder_and_the_file_are_private(log: EventLog, tmp_path: Path) -> None:
    """Worker ids are nobody else's business."""
    private = tmp_path / "new" / "folder"
    EventLog.open(private, clock=FakeClock()).close()

    assert (0o700, 0o600) == (private.stat().st_mode & 0o777, (private / QUEUE_FILE).stat().st_mode & 0o777)


def test_the_file_is_set_up_to_survive_a_power_cut(log: EventLog, tmp_path: Path) -> None:
    """WAL, incremental vacuum and our mark are in the file itself."""
    log.close()
    with closing(plain_connection(tmp_path)) as connection:
        found = {
            name: connection.execute(f"pragma {name}").fetchone()[0]
            for name in ("journal_mode", "auto_vacuum", "application_id", "user_version")
        }

    assert {
        "journal_mode": "wal",
        "auto_vacuum": 2,
        "application_id": APPLICATION_ID,
        "user_version": SCHEMA_VERSION,
    } == found


def test_a_start_that_was_cut_short_leaves_no_trace(tmp_path: Path) -> None:
    """Half of a new file, and the journal that goes with it, are thrown away."""
    (tmp_path / f"{QUEUE_FILE}.new").write_bytes(b"half")
    (tmp_path / f"{QUEUE_FILE}.new-journal").write_bytes(b"half")

    with closing(EventLog.open(tmp_path, clock=FakeClock())) as log:
        log.append(events(1, 1))

    assert ["agent.lock", QUEUE_FILE] == sorted(file.name for file in tmp_path.iterdir())


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    """What another connection sees."""
    with closing(plain_connection(folder)) as connection:
        return list(connection.execute(query).fetchall())


def plain_connection(folder: Path) -> sqlite3.Connection:
    """A connection without our settings."""
    return sqlite3.connect(folder / QUEUE_FILE)


def test_a_check_of_the_whole_file_ends_when_it_is_told_to(log: EventLog, tmp_path: Path) -> None:
    """An agent that has to go waits for no thread that reads a large file; where none does, nothing happens."""
    with closing(sqlite3.connect(tmp_path / QUEUE_FILE)) as connection, connection:
        connection.execute(_MANY)
    log.stop_check()
    with ThreadPoolExecutor() as executor:
        check = executor.submit(log.check_file)
        while wait([check], timeout=0.001).not_done:
            log.stop_check()
    log.stop_check()

    with pytest.raises(StorageUnusable, match="interrupted"):
        check.result()
