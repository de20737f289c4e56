"""Lines of a file or a pipe, plain or gzip, cut into chunks that one request can carry.

A chunk holds at most 5,000 lines and 2 MiB, or one envelope, which has a line of its own and comes alone. A line over 4 MiB
is longer than any body may be: it is named and passed over, and never lies in memory as a whole. Where a gzip file is cut
short or damaged, the lines before the damage come first and the error after them.
"""

import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path

from shared.errors import BadRequest
from shared.wire import MAX_BODY_BYTES

LINES_TOGETHER = 5_000
BYTES_TOGETHER = 2 * 1024 * 1024
ENVELOPE_START = re.compile(rb'\s*\{\s*"(agent|events)"\s*:')
"""However it is spaced, and whichever part comes first; no event has a field of these names."""
LONGEST_LINE = MAX_BODY_BYTES
_Readable = BufferedReader | gzip.GzipFile


@dataclass(slots=True)
class Chunk:
    """Lines for one request, blank ones included, so that numbers can be counted."""

    first: int
    """The number of its first line, from 1."""
    lines: list[bytes] = field(default_factory=list)
    size: int = 0
    is_too_long: bool = False
    """It stands for one line that is longer than what is kept; it has no lines."""
    position: int = 0
    """Bytes of the file that are behind it; what is unpacked counts where the file cannot tell."""


def read_chunks(file: Path) -> Iterator[Chunk]:
    """Yield the chunks of a file.

    Raises:
        BadRequest: it cannot be read, or is not whole gzip; all whole lines before that were yielded.
    """
    try:
        with file.open("rb") as raw:
            unpacked = gzip.GzipFile(fileobj=raw) if file.suffix == ".gz" else None
            yield from _chunks(unpacked or raw, raw=raw)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise BadRequest(f"{file} is not whole gzip: {error}", hint="what came before is stored") from error
    except OSError as error:
        raise BadRequest(
            f"{file} cannot be read: {error.strerror or error}", hint="what came before is stored"
        ) from error


def _chunks(opened: _Readable, *, raw: BufferedReader) -> Iterator[Chunk]:
    chunk, passed = Chunk(1), 0
    lines = _Lines(opened)
    for number, line in enumerate(lines, start=1):
        passed += len(line)
        alone = ENVELOPE_START.match(line) is not None or len(line) > LONGEST_LINE
        if chunk.lines and (alone or len(chunk.lines) >= LINES_TOGETHER or chunk.size + len(line) > BYTES_TOGETHER):
            yield chunk
            chunk = Chunk(number)
        if len(line) > LONGEST_LINE:
            chunk.is_too_long = True
        else:
            chunk.lines.append(line)
        chunk.size += len(line)
        chunk.position = _position(raw, passed)
        if alone:
            yield chunk
            chunk = Chunk(number + 1)
    if chunk.lines:
        yield chunk
    if lines.failure is not None:
        raise lines.failure


class _Lines:
    """The lines of a stream, too long ones cut a little above the bound; `failure` says what ended them early."""

    def __init__(self, stream: _Readable) -> None:
        self._stream = stream
        self.failure: Exception | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            while line := self._stream.readline(LONGEST_LINE + 1):
                rest = line
                while len(line) > LONGEST_LINE and rest and not rest.endswith(b"\n"):
                    rest = self._stream.readline(LONGEST_LINE)
                yield line
        except (OSError, EOFError, zlib.error) as error:  # a damaged gzip file is an OSError too
            self.failure = error


def _position(raw: BufferedReader, passed: int) -> int:
    with suppress(OSError):  # a pipe has no position
        return raw.tell()
    return passed
