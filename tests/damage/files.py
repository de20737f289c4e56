"""Queues to damage, and the hands that do it."""

import os
import random
import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from sqlite_utils.utils import sqlite3

from edge_agent.buffer.findings import QUEUE_FILE
from edge_agent.buffer.log import EventLog
from edge_agent.buffer.schema import SCHEMA_VERSION
from shared.control_socket import reachable
from shared.events import canonical_json
from shared.receipts import numbers
from tests.support.events import events
from tests.support.fake_clock import FakeClock

PAGE = 4_096
LOG_HEADER = 32
FRAME = PAGE + 24


@dataclass
class Acknowledged:
    """What somebody was told is on disk, by number, and the tokens that were ever used."""

    payloads: dict[int, bytes] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)


def fill(log: EventLog, *, last: int, step: int = 3) -> Acknowledged:
    """Append events up to a number in small commits, and note what was acknowledged."""
    told = Acknowledged()
    first = log.facts().last_seq + 1
    for start in range(first, last + 1, step):
        group = events(start, min(start + step - 1, last))
        log.append(group)
        told.payloads |= {start + place: canonical_json(event).encode() for place, event in enumerate(group)}
    told.tokens = {epoch.token for epoch in log.facts().epochs}
    return told


def fill_noting_log(folder: Path, *, commits: int) -> tuple[Path, list[tuple[int, int]], Acknowledged]:
    """The files after a kill, and for each commit the last number in it and how long the log was when it returned."""
    origin = folder / "origin"
    told, ends = Acknowledged(), []
    with closing(EventLog.open(origin, clock=FakeClock())) as log:
        for commit in range(1, commits + 1):
            told.payloads |= fill(log, last=3 * commit).payloads
            ends.append((3 * commit, (origin / f"{QUEUE_FILE}-wal").stat().st_size))
        told.tokens = {epoch.token for epoch in log.facts().epochs}
        killed = copy_queue(origin, folder / "killed")
    return killed, ends, told


def killed_queue(folder: Path, *, last: int, folded: int = 0) -> tuple[Path, Acknowledged]:
    """The files that a kill leaves: `folded` events in the file, the others only in the log."""
    origin = folder / "origin"
    log = EventLog.open(origin, clock=FakeClock())
    told = fill(log, last=folded) if folded else Acknowledged()
    if folded:
        log.close()
        log = EventLog.open(origin, clock=FakeClock())
    more = fill(log, last=last)
    told.payloads |= more.payloads
    told.tokens |= more.tokens
    killed = folder / "killed"
    copy_queue(origin, killed)
    log.close()
    return killed, told


def stopped_queue(folder: Path, *, last: int) -> tuple[Path, Acknowledged]:
    """The files after a clean stop."""
    target = folder / "stopped"
    with closing(EventLog.open(target, clock=FakeClock())) as log:
        told = fill(log, last=last, step=50)
    return target, told


def copy_queue(origin: Path, target: Path) -> Path:
    """Copy the file and its log as they are: what a process that is killed now leaves behind."""
    target.mkdir()
    for file in origin.glob(f"{QUEUE_FILE}*"):
        if not file.name.endswith("-shm"):
            (target / file.name).write_bytes(file.read_bytes())
    return target


def readable(log: EventLog) -> dict[int, bytes]:
    """Every event that a log can still read, by number."""
    last = log.facts().last_seq
    return {entry.seq: entry.payload for entry in log.read(((1, last),))} if last else {}


def lost_numbers(log: EventLog) -> set[int]:
    """The numbers that the log reports as given up."""
    return set(numbers((first, last) for first, last, _ in log.facts().dropped))


def opened(folder: Path) -> EventLog:
    """The log of a folder, whatever is there."""
    return EventLog.open(folder, clock=FakeClock())


def check(folder: Path, told: Acknowledged, *, may_lose: int = 0) -> str:
    """Open, and hold the log to its promise; returns what it says of the start.

    Every event that was acknowledged is read as it was, or its number is reported; at most `may_lose` are. Every number
    is accounted for, new ones go on under a token that was never used.
    """
    with closing(opened(folder)) as log:
        found, lost = readable(log), lost_numbers(log)
        counts = log.counts()
        facts = log.facts()
        log.append(events(9_001, 9_001))

        assert {} == {seq: one for seq, one in found.items() if told.payloads.get(seq, one) != one}
        assert set() == told.payloads.keys() - found.keys() - lost
        assert len(told.payloads.keys() - found.keys()) <= may_lose
        assert 0 == counts.unaccounted == log.counts().unaccounted
        assert facts.epochs[-1].token not in told.tokens
        assert facts.last_seq + 1 == log.facts().last_seq
    return counts.recovery or ""


def noise_at(place: int, *, size: int = PAGE, ending: str = "") -> Callable[[Path], None]:
    """Overwrite some bytes with seeded noise."""

    def damage(folder: Path) -> None:
        with (folder / (QUEUE_FILE + ending)).open("r+b") as file:
            file.seek(place)
            file.write(random.Random(place).randbytes(size))

    return damage


def flip_bit(place: int, *, bit: int, ending: str = "") -> Callable[[Path], None]:
    """Turn one bit round."""

    def damage(folder: Path) -> None:
        with (folder / (QUEUE_FILE + ending)).open("r+b") as file:
            file.seek(place)
            byte = file.read(1)[0]
            file.seek(place)
            file.write(bytes([byte ^ 1 << bit]))

    return damage


def cut_to(size: int, *, ending: str = "") -> Callable[[Path], None]:
    """Let a file end early."""

    def damage(folder: Path) -> None:
        with (folder / (QUEUE_FILE + ending)).open("r+b") as file:
            file.truncate(size)

    return damage


def remove(ending: str) -> Callable[[Path], None]:
    """Take a file away."""
    return lambda folder: (folder / (QUEUE_FILE + ending)).unlink()


def make_text(path: Path) -> None:
    """A file that was never a database."""
    path.write_bytes(b"timestamp,worker\n" * 20)


def make_empty(path: Path) -> None:
    """A file that was cut to nothing."""
    path.touch()


def make_foreign(path: Path) -> None:
    """The database of another program."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table songs (title text)")


def make_pipe(path: Path) -> None:
    """A pipe that nobody writes into: whoever opens it to read waits for ever."""
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    """The end of a socket that was left behind."""
    with closing(socket.socket(socket.AF_UNIX)) as unix, reachable(path) as name:
        unix.bind(name)


def make_directory(path: Path) -> None:
    """A folder, as some tools make one for a volume that is not there."""
    path.mkdir()


def make_dangling_link(path: Path) -> None:
    """A link to a disk that is not mounted."""
    path.symlink_to(path.parent / "not-mounted" / path.name)


def make_link_to_itself(path: Path) -> None:
    """A link in a circle."""
    path.symlink_to(path)


def make_newer(path: Path) -> None:
    """A queue that a later version has migrated."""
    EventLog.open(path.parent, clock=FakeClock()).close()
    set_version(path, SCHEMA_VERSION + 1)


def set_version(path: Path, version: int) -> None:
    """Let a queue be of another schema, as its migrations note it too."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("delete from _sqlite_migrations where id > ?", (SCHEMA_VERSION,))
        for number in range(SCHEMA_VERSION + 1, version + 1):
            values = number, "edge_agent", f"m{number:03}_later", "2030-01-01 00:00:00+00:00"
            connection.execute("insert into _sqlite_migrations values (?, ?, ?, ?)", values)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"pragma user_version = {version}")
        connection.execute("pragma wal_checkpoint(truncate)")
