"""NDJSON from a file or a pipe, cut into chunks that one request can carry.

A chunk is what is at hand, at most 1,000 lines and 1 MiB: a live pipe is passed on as it comes, a long file never lies in
memory. Lines keep their number, from 1, blank ones included, so that a person finds them again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

MOST_LINES = 1_000
MOST_BYTES = 1024 * 1024
READ_BYTES = 256 * 1024


class Line(NamedTuple):
    """One line without its end."""

    number: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines for one request, none of them blank."""

    lines: tuple[Line, ...]
    too_long: tuple[int, ...] = ()
    """Numbers of lines over 1 MiB, which no event is; they are not kept."""


def read_chunks(read: Callable[[int], bytes]) -> Iterator[Chunk]:
    """Yield the chunks of a stream; `read(n)` returns up to n bytes, as soon as there are any, and none at its end."""
    number = 0
    for texts in _blocks(read):
        lines = [Line(number + place, text) for place, text in enumerate(texts, 1)]
        number += len(lines)
        yield from _cut([line for line in lines if line.text.strip()])


def _blocks(read: Callable[[int], bytes]) -> Iterator[list[bytes]]:
    """Yield the whole lines that each read completes; a line over 1 MiB is cut a little above it."""
    rest = b""
    while block := read(READ_BYTES):
        *lines, rest = (rest + block).split(b"\n")
        rest = rest[: MOST_BYTES + 1]
        yield lines
    if rest:
        yield [rest]


def _cut(lines: list[Line]) -> Iterator[Chunk]:
    too_long = tuple(line.number for line in lines if len(line.text) > MOST_BYTES)
    if too_long:
        yield Chunk((), too_long)
    taken: list[Line] = []
    size = 0
    for line in lines:
        if len(line.text) > MOST_BYTES:
            continue
        size += len(line.text) + 1
        if taken and (len(taken) == MOST_LINES or size > MOST_BYTES):
            yield Chunk(tuple(taken))
            taken, size = [], len(line.text) + 1
        taken.append(line)
    if taken:
        yield Chunk(tuple(taken))
