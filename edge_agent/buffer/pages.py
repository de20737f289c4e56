"""Events straight from the pages of a queue file, for when SQLite cannot or will not read them any more.

A row of `event_log` never changes and carries a checksum, so an image of a leaf page that holds a row
that verifies holds the truth, wherever it lies: in the file, or in a frame of the write-ahead log behind a damaged one.
SQLite reads no frame behind the first whose checksum is wrong, and says nothing about it.

The format is that of https://sqlite.org/fileformat2.html: pages of 4,096 bytes, a leaf of a table begins with 0x0d. The
longest event takes 660 bytes, so no event ever spills over to another page. Pure but for reading the given file.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

PAGE_BYTES = 4_096
_LOG_HEADER_BYTES = 32
_FRAME_HEADER_BYTES = 24
_FRAME_BYTES = _FRAME_HEADER_BYTES + PAGE_BYTES
_LEAF = 0x0D
_SIZES = (0, 1, 2, 3, 4, 6, 8)
_MOST_COLUMNS = 6
_FIRST_TEXT = 13
_TOKEN = re.compile(rb"[0-9a-f]{16}")

Values = list[int | bytes | None]


@dataclass(frozen=True, slots=True)
class EventRow:
    """One row of `event_log`."""

    seq: int
    epoch: int
    at: int
    accepted_at: int
    checksum: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class EpochRow:
    """One row of `epoch`; nothing proves it but its form, and no harm comes of a token that was never used."""

    number: int
    token: str
    first_seq: int


AnyRow = EventRow | EpochRow
Judge = Callable[[EventRow], bool]
"""Says whether an event is what was written."""


def rows_of_file(file: BinaryIO, *, is_whole: Judge) -> Iterator[AnyRow]:
    """Yield the rows in the pages of a database file, page by page; what cannot be read or is no page is passed over."""
    size = file.seek(0, 2)
    for start in range(0, size, PAGE_BYTES):
        yield from rows_of_page(_read(file, start=start, size=PAGE_BYTES), is_whole=is_whole)


def rows_of_log(file: BinaryIO, *, is_whole: Judge) -> Iterator[AnyRow]:
    """Yield the rows in the frames of a write-ahead log that were committed, also those that SQLite does not reach.

    A frame counts if one of the same generation (the same salts) at or behind it ends a commit: what a kill left
    unfinished has none behind it, and nobody was told that it was kept.
    """
    size = file.seek(0, 2)
    starts = range(_LOG_HEADER_BYTES, size - _FRAME_BYTES + 1, _FRAME_BYTES)
    headers = {start: _read(file, start=start, size=_FRAME_HEADER_BYTES) for start in starts}
    last_commits = {header[8:16]: start for start, header in headers.items() if any(header[4:8])}
    for start, header in headers.items():
        if start <= last_commits.get(header[8:16], 0):
            yield from rows_of_page(_read(file, start=start + _FRAME_HEADER_BYTES, size=PAGE_BYTES), is_whole=is_whole)


def rows_of_page(page: bytes, *, is_whole: Judge) -> Iterator[AnyRow]:
    """Yield the rows of a leaf page that verify."""
    if len(page) < PAGE_BYTES or page[0] != _LEAF:
        return
    cells = int.from_bytes(page[3:5])
    for place in range(8, min(8 + 2 * cells, PAGE_BYTES - 1), 2):
        try:
            row = _row(*_cell(page, int.from_bytes(page[place : place + 2])))
        except (IndexError, ValueError):  # the cell is damaged, or of another table
            continue
        if isinstance(row, EpochRow) or is_whole(row):
            yield row


def _read(file: BinaryIO, *, start: int, size: int) -> bytes:
    try:
        file.seek(start)
        return file.read(size)
    except OSError:  # a bad sector
        return b""


def _row(rowid: int, values: Values) -> AnyRow:
    """Return the row of these values; raises ValueError if it is of another table."""
    if len(values) == _MOST_COLUMNS:
        _, epoch, at, accepted_at, crc, payload = values
        numbers = (epoch, at, accepted_at, crc)
        if isinstance(payload, bytes) and all(isinstance(number, int) for number in numbers):
            return EventRow(rowid, *cast(tuple[int, int, int, int], numbers), payload)
    elif len(values) == len(("number", "token", "first_seq")):
        _, token, first_seq = values
        if isinstance(token, bytes) and isinstance(first_seq, int) and _TOKEN.fullmatch(token):
            return EpochRow(rowid, token.decode(), first_seq)
    raise ValueError("another table")


def _cell(page: bytes, start: int) -> tuple[int, Values]:
    """Return the rowid and the values of the cell at `start`; raises IndexError or ValueError if there is none."""
    _, place = _varint(page, start)
    rowid, place = _varint(page, place)
    header_start = place
    header_bytes, place = _varint(page, place)
    kinds = []
    while place < header_start + header_bytes:
        kind, place = _varint(page, place)
        kinds.append(kind)
        if len(kinds) > _MOST_COLUMNS:
            raise ValueError("too many columns")
    values: Values = []
    for kind in kinds:
        value, place = _value(page, place, kind=kind)
        values.append(value)
    return rowid, values


def _value(page: bytes, place: int, *, kind: int) -> tuple[int | bytes | None, int]:
    """Return a value and where it ends."""
    if kind >= _FIRST_TEXT:
        end = place + (kind - _FIRST_TEXT) // 2
        if kind % 2 == 0 or end > PAGE_BYTES:
            raise ValueError("no text, or one that ends outside the page")
        return page[place:end], end
    if kind in (8, 9):
        return kind - 8, place
    end = place + _SIZES[kind]
    return int.from_bytes(page[place:end], signed=True) if kind else None, end


def _varint(page: bytes, place: int) -> tuple[int, int]:
    """Return a number of up to nine bytes and where it ends."""
    first = page[place]
    if first < 0x80:
        return first, place + 1
    value = 0
    for byte in page[place : place + 8]:
        value = value << 7 | byte & 0x7F
        place += 1
        if byte < 0x80:
            return value, place
    return value << 8 | page[place], place + 1
