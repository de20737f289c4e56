"""What lies where the queue should be, told from the first 100 bytes, and which file is the queue. Judgement and looks only.

    queue.db is                                     then
    absent, and no log of it is there               a new one is made
    a pipe, a directory, a link that leads nowhere  left untouched, as of another application
    absent, but its write-ahead log is there        damaged: what verifies in the log is salvaged
    empty, or does not begin as SQLite does         damaged
    there, but its first sector cannot be read      damaged
    of another application, and none of ours            left untouched; the queue is queue-2.db beside it
    of another application, but with an event or the migrations of ours    damaged
    ours, of a newer schema, also if only its log says so    left untouched; the queue is queue-2.db beside it
    ours, says newer, and its migrations do not     damaged
    ours, with a header that SQLite would not write     damaged
    ours                                            opened, and then checked

Nothing here writes: whoever is refused finds every byte as it was.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import BinaryIO

from sqlite_utils.utils import sqlite3

from edge_agent.buffer.log_frames import newest_first_page
from edge_agent.buffer.pages import EventRow, rows_of_file
from edge_agent.buffer.rows import is_whole_row

QUEUE_FILE = "queue.db"
APPLICATION_ID = 0x4C53_4541
"""`LSEA` in ASCII."""
MAGIC = b"SQLite format 3\0"
SIDE_FILES = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file, by what follows its name: the log, the index of it, and the journal before there is a log."""
COMPANIONS = ("", *SIDE_FILES)
"""The files that belong together."""
MOST_BESIDE = 9
_NO_FILES = {stat.S_IFDIR: "a directory", stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}
_BAD_SECTOR = (errno.EIO, errno.EUCLEAN, errno.EBADMSG)
_HEADER_BYTES = 100
_JOURNAL, _FRACTIONS, _FORMAT = slice(18, 20), slice(21, 24), 47
"""Written and read as WAL (2) or not yet (1); shares of a page, fixed; the format of the schema, 4 since 2006."""
_FIXED_FRACTIONS = bytes([64, 32, 32])
_USER_VERSION = slice(60, 64)
_APPLICATION_ID = slice(68, 72)


# In a newer file there are more of them than this program has.
_COUNT_MIGRATIONS = """
select count(*)
from _sqlite_migrations
where migration_set = 'edge_agent'
"""


class Finding(Enum):
    """What a file at the queue's place is."""

    absent = auto()
    ours = auto()
    foreign = auto()
    newer = auto()
    damaged = auto()


@dataclass(frozen=True, slots=True)
class Look:
    """What can be seen of a file without opening it as a database."""

    header: bytes | None
    """Its first 100 bytes, None if there is no file."""
    has_log: bool
    """Whether a write-ahead log that is not empty lies beside it."""
    is_like_ours: bool = False
    """Whether it holds an event of ours or notes our migrations; only looked for where the application is another."""
    migrations: int | None = None
    """How many the file itself notes; only looked for where its header says that it is newer. None: not to be read."""
    version_in_log: int = 0
    """The schema that the last commit of its log notes, where that is newer than the header's; it counts."""
    instead: str | None = None
    """In words what is there instead of a file."""
    is_unreadable: bool = False
    """Whether the disk does not give its first bytes."""


def judge(look: Look, *, known_version: int) -> tuple[Finding, str]:
    """Return what a file is, and why in words; `known_version` is the newest schema that this program knows."""
    if look.instead is not None:
        return Finding.foreign, f"it is {look.instead}"
    if look.is_unreadable:
        return Finding.damaged, "its beginning cannot be read"
    if look.header is None:
        return (Finding.damaged, "it is missing but its log is there") if look.has_log else (Finding.absent, "")
    if not look.header:
        return Finding.damaged, "it is empty"
    if not look.header.startswith(MAGIC) or len(look.header) < _HEADER_BYTES:
        return Finding.damaged, "it is no SQLite database"
    if int.from_bytes(look.header[_APPLICATION_ID]) != APPLICATION_ID:
        if look.is_like_ours:
            return Finding.damaged, "its header is damaged"
        return Finding.foreign, "it belongs to another program"
    return _judge_ours(look, look.header, known_version=known_version)


def _newer(version: int, *, known_version: int) -> tuple[Finding, str]:
    return Finding.newer, f"its schema {version} is newer than the {known_version} known here"


def _judge_ours(look: Look, header: bytes, *, known_version: int) -> tuple[Finding, str]:
    if look.version_in_log > known_version:
        return _newer(look.version_in_log, known_version=known_version)
    version, migrations = int.from_bytes(header[_USER_VERSION]), look.migrations
    is_newer = version > known_version
    if not _could_be_written(header) or (is_newer and migrations is not None and migrations <= known_version):
        return Finding.damaged, "its header is damaged"
    if is_newer:
        return _newer(version, known_version=known_version)
    return Finding.ours, ""


def _could_be_written(header: bytes) -> bool:
    """Return whether the bytes of a header that say how to read the file are those that every queue file has.

    Where one of them is wrong, SQLite refuses to write the file, or to read it.
    """
    journal = header[_JOURNAL]
    return header[_FRACTIONS] == _FIXED_FRACTIONS and set(journal) <= {1, 2} and header[_FORMAT] == 4


def look_at(path: Path, *, known_version: int) -> Look:
    """Return what can be seen of the file at `path`; what is none is not opened, a pipe would keep us for ever."""
    log = path.with_name(path.name + "-wal")
    has_log = log.is_file() and log.stat().st_size > 0
    if instead := instead_of_file(path):
        return Look(None, has_log, instead=instead)
    if not path.exists():
        return Look(None, has_log)
    with path.open("rb") as file:
        try:
            header = file.read(_HEADER_BYTES)
        except OSError as error:
            if error.errno not in _BAD_SECTOR:
                raise
            return Look(None, has_log, is_unreadable=True)
        is_another = header.startswith(MAGIC) and int.from_bytes(header[_APPLICATION_ID]) != APPLICATION_ID
        is_like_ours = is_another and (_holds_event(file) or bool(_noted_migrations(path)))
    is_newer = not is_another and int.from_bytes(header[_USER_VERSION]) > known_version
    return Look(
        header,
        has_log,
        is_like_ours=is_like_ours,
        migrations=_noted_migrations(path) if is_newer else None,
        version_in_log=_version_in_log(log, above=known_version) if has_log and not is_another else 0,
    )


def _holds_event(file: BinaryIO) -> bool:
    """Return whether there is an event of ours; its checksum tells it from any row of another program."""
    return any(isinstance(row, EventRow) for row in rows_of_file(file, is_whole=is_whole_row))


def _version_in_log(log: Path, *, above: int) -> int:
    """Return the schema that the last whole commit of a log notes if it is above the one given, else 0."""
    with log.open("rb") as file:
        page = newest_first_page(file, is_worth_it=lambda page: int.from_bytes(page[_USER_VERSION]) > above)
    return (
        0
        if page is None or int.from_bytes(page[_APPLICATION_ID]) != APPLICATION_ID
        else int.from_bytes(page[_USER_VERSION])
    )


def _noted_migrations(path: Path) -> int | None:
    """Return how many migrations a file notes, None where that cannot be read; nothing is made beside the file."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as connection:
            return int(connection.execute(_COUNT_MIGRATIONS).fetchone()[0])
    except (sqlite3.Error, UnicodeDecodeError):
        return None


def instead_of_file(path: Path) -> str | None:
    """Return in words what is at `path` instead of a file; None if there is a file, or nothing."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ELOOP):
            raise
        return "a link that leads nowhere" if path.is_symlink() else None
    return None if stat.S_ISREG(mode) else _NO_FILES.get(stat.S_IFMT(mode), "a device")


def obstacle(ending: str, *, instead: str | None, is_link: bool) -> str | None:
    """Return in words what keeps SQLite from its side file of that ending; None if nothing does.

    `instead` is what is there instead of a file. A link that leads to a file is followed, but never to the index of the log.
    """
    return "a link" if instead is None and is_link and ending == "-shm" else instead


def obstacles(path: Path) -> list[tuple[Path, str]]:
    """Return what is in the way of the side files of the file at `path`, and in words what it is."""
    beside = ((ending, path.with_name(path.name + ending)) for ending in SIDE_FILES)
    looks = (
        (place, obstacle(ending, instead=instead_of_file(place), is_link=place.is_symlink()))
        for ending, place in beside
    )
    return [(place, found) for place, found in looks if found is not None]


def find(folder: Path, *, known_version: int) -> tuple[Path, Finding, str, list[str]]:
    """Return the file that is the queue of a folder, what it is and why, and which files before it are left alone.

    Files that are not ours to write are passed over, and the next name is tried: queue.db, queue-2.db, queue-3.db …
    If all are taken, the last one is returned as foreign.
    """
    left_alone: list[str] = []
    path, finding, why = folder / QUEUE_FILE, Finding.absent, ""
    for path in places(folder):
        finding, why = judge(look_at(path, known_version=known_version), known_version=known_version)
        if finding not in (Finding.foreign, Finding.newer):
            break
        left_alone.append(f"{path.name} was left untouched: {why}")
    return path, finding, why, left_alone


def places(folder: Path) -> Iterator[Path]:
    """Yield the names that a queue may have, in the order in which they are tried."""
    yield folder / QUEUE_FILE
    stem, _, ending = QUEUE_FILE.partition(".")
    for number in range(2, MOST_BESIDE + 1):
        yield folder / f"{stem}-{number}.{ending}"


def companions(path: Path) -> list[Path]:
    """Return the files that belong to a queue file and are there, itself first; a link counts wherever it leads."""
    names = (path.with_name(path.name + ending) for ending in COMPANIONS)
    return [file for file in names if os.path.lexists(file)]
