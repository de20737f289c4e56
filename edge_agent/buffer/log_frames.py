"""The first page of a queue file as its write-ahead log has it: the header that SQLite will read, told without SQLite.

A newer program that was killed leaves its schema's version in the log alone, and SQLite may not be asked: closing its
connection would fold the log into a file that is to be left untouched. The format is that of
https://sqlite.org/fileformat2.html#the_write_ahead_log: a frame counts if it bears the salts of the log's header, every
checksum up to it is right, and a commit is at or behind it. Pure but for reading the given file.
"""

import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO

from edge_agent.buffer.pages import PAGE_BYTES

HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24
_FRAME_BYTES = FRAME_HEADER_BYTES + PAGE_BYTES
_ENDINGS = {0x377F0682: "<", 0x377F0683: ">"}
"""In which order the words are summed that the checksums are made of, by the first four bytes."""
_WORD = 0xFFFF_FFFF


def newest_first_page(file: BinaryIO, *, is_worth_it: Callable[[bytes], bool]) -> bytes | None:
    """Return the first page of the database as the last whole commit of a log has it, None if the log has none.

    Only a page that is worth it is looked for: a megabyte of checksums takes 0.1 s, and most logs need none.
    """
    if not any(is_worth_it(page) for header, page in _frames(file) if _is_first(header)):
        return None
    newest: bytes | None = None
    waiting: bytes | None = None
    for header, page in _whole_frames(file):
        waiting = page if _is_first(header) else waiting
        if any(header[4:8]):  # the commit's last frame
            newest, waiting = waiting or newest, None
    return newest


def _is_first(frame_header: bytes) -> bool:
    return int.from_bytes(frame_header[:4]) == 1


def _frames(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield header and page of every frame, whatever it is worth."""
    size = file.seek(0, 2)
    for start in range(HEADER_BYTES, size - _FRAME_BYTES + 1, _FRAME_BYTES):
        file.seek(start)
        frame = file.read(_FRAME_BYTES)
        yield frame[:FRAME_HEADER_BYTES], frame[FRAME_HEADER_BYTES:]


def _whole_frames(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield header and page of the frames that SQLite reads: up to the first that is not of this log, or not as it was written."""
    file.seek(0)
    header = file.read(HEADER_BYTES)
    ending = _ENDINGS.get(int.from_bytes(header[:4]))
    if ending is None or len(header) < HEADER_BYTES:
        return
    sums = _summed((0, 0), header[:24], ending=ending)
    if sums != _two_words(header[24:32]):
        return
    for frame_header, page in _frames(file):
        sums = _summed(sums, frame_header[:8] + page, ending=ending)
        if frame_header[8:16] != header[16:24] or sums != _two_words(frame_header[16:24]):
            return
        yield frame_header, page


def _summed(sums: tuple[int, int], content: bytes, *, ending: str) -> tuple[int, int]:
    """Return SQLite's checksum, carried on over more words."""
    one, two = sums
    words = struct.unpack(f"{ending}{len(content) // 4}I", content)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        one = one + even + two & _WORD
        two = two + odd + one & _WORD
    return one, two


def _two_words(content: bytes) -> tuple[int, int]:
    return int.from_bytes(content[:4]), int.from_bytes(content[4:8])
