"""A queue of months has great numbers: damage of its first page costs none of its events, and a bit of a number is still found."""

import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from edge_agent.buffer import quarantine
from edge_agent.buffer.findings import QUEUE_FILE
from tests.damage.files import check, copy_queue, fill, flip_bit, killed_queue, noise_at, opened, remove
from tests.support.events import events

_GIVEN_OUT = 2_000_000
"""19 days at 0.6 events a second, and farther than a flipped bit is believed to be near."""


def queue_of_months(folder: Path) -> None:
    """A queue whose first numbers were given out and settled, and have left the disk."""
    with closing(opened(folder)) as log:
        log.append(events(1, 1))
    with closing(sqlite3.connect(folder / QUEUE_FILE, isolation_level=None)) as connection:
        connection.execute("delete from event_log")
        connection.execute("update sqlite_sequence set seq = ? where name = 'event_log'", (_GIVEN_OUT,))
        for table in ("settled", "removed"):
            connection.execute(f"insert into {table} values (1, ?)", (_GIVEN_OUT,))  # noqa: S608 - the names above


@pytest.mark.parametrize(
    ("damage", "is_killed"),
    [
        (flip_bit(3, bit=0), False),
        (noise_at(0, size=100), False),
        (remove(""), True),
    ],
    ids=["bit", "noise", "missing"],
)
def test_damage_of_the_first_page_costs_no_event_of_a_queue_of_months(
    tmp_path: Path, damage: Callable[[Path], None], is_killed: bool
) -> None:
    """SQLite cannot say how far the numbers were; each event's checksum says so of its own."""
    origin = tmp_path / "origin"
    queue_of_months(origin)
    with closing(opened(origin)) as log:
        told = fill(log, last=_GIVEN_OUT + 30)
        folder = copy_queue(origin, tmp_path / "killed")
    damage(folder if is_killed else origin)

    check(folder if is_killed else origin, told)


def test_a_queue_of_months_that_has_sent_everything_goes_on_from_its_last_number(tmp_path: Path) -> None:
    """No row bears the number that is noted out, but the ranges of what was sent do."""
    queue_of_months(tmp_path)
    with closing(opened(tmp_path)) as log:
        log.salvage("a test says so")
        counts = log.counts()

    assert (_GIVEN_OUT, _GIVEN_OUT, 0) == (counts.last_seq, counts.settled, counts.dropped)


def test_no_epoch_that_is_taken_in_ends_beyond_what_a_header_may_name(tmp_path: Path) -> None:
    """A bit of the greatest number, or of that of a row of schema 1: the collector would refuse to hear of the epoch, for ever."""
    with closing(opened(tmp_path)) as log:
        told = fill(log, last=3)
    with closing(sqlite3.connect(tmp_path / QUEUE_FILE, isolation_level=None)) as connection:
        payload = told.payloads[1]
        values = 2**59, 1, 1, 1, zlib.crc32(payload), payload.decode()
        connection.execute("insert into event_log values (?, ?, ?, ?, ?, ?)", values)
        connection.execute("update sqlite_sequence set seq = ? where name = 'event_log'", (2**60,))
    quarantine.set_aside(tmp_path / QUEUE_FILE, now=0, why=quarantine.UNSALVAGED)
    with closing(opened(tmp_path)) as log:
        while log.tidy():
            pass
        retired = {epoch.token: epoch.last for epoch in log.retired()}

    assert dict.fromkeys(told.tokens, 3) == retired


def test_a_bit_of_a_number_that_no_checksum_covers_is_found(tmp_path: Path) -> None:
    """A row of schema 1, far above all others and alone: numbers go on from the others."""
    far = 2**40 + 3
    folder, told = killed_queue(tmp_path, last=30, folded=30)
    row = events(1, 1)[0]
    with closing(sqlite3.connect(folder / QUEUE_FILE, isolation_level=None)) as connection:
        payload = told.payloads[3]
        values = far, 1, row.at, row.at, zlib.crc32(payload), payload.decode()
        connection.execute("insert into event_log values (?, ?, ?, ?, ?, ?)", values)
    noise_at(0, size=16)(folder)

    with closing(opened(folder)) as log:
        assert log.facts().last_seq < far
    check(folder, told)
