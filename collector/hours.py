"""The hours that the ledger counts by: whole hours of a site, beginning at its minute offset.

`offset` is where they begin, in microseconds past the full hour of UTC: a zone half an hour off has whole hours too. An hour
is named by the instant at which it begins, which may lie before 1970.

Where very many hours one after the other change all alike, they are changed by the block. Blocks of a site follow each other
from 1970 on, aligned with its hours; a block is named by the instant at which its first hour begins.

    range        [h h|h h h h h h|h h h h h h|h h h)
    cut           end    block       block    end
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

LENGTH = 3_600_000_000
"""Microseconds; a name of its own so that tests can make hours short enough to meet every edge."""


BLOCK = 672
"""Hours of a block, four weeks: all the time since 1970 is some 750 of them and, at its ends, fewer than 1,344 hours."""
FEW_BLOCKS = 4
"""Fewer are gone through hour by hour. No honest camera counts somebody for sixteen weeks without a silence and without ever
seeing a state, also not while its events come in any order; so hardly any store has a block."""


def hour_of(at: int, *, offset: int) -> int:
    """Return the hour that an instant lies in."""
    return (at - offset) // LENGTH * LENGTH + offset


def hour_from(at: int, *, offset: int) -> int:
    """Return the first hour that begins at or after an instant."""
    return -((offset - at) // LENGTH) * LENGTH + offset


def by_hour(start: int, end: int, *, offset: int) -> Iterator[tuple[int, int, int]]:
    """Yield (hour, start, end) of the pieces into which hours cut `[start, end)`."""
    while start < end:
        hour = hour_of(start, offset=offset)
        until = min(end, hour + LENGTH)
        yield hour, start, until
        start = until


class HourRange(NamedTuple):
    """Whole hours, one after the other, that all gain and lose the same at one workstation."""

    workstation_id: str
    first: int
    """The first hour."""
    end: int
    """The hour after the last one."""
    amounts: list[int]
    """`Amounts`, of each of them."""


def block_length() -> int:
    """Return how many microseconds a block lasts."""
    return BLOCK * LENGTH


def block_of(at: int, *, offset: int) -> int:
    """Return the block that an instant lies in."""
    return (at - offset) // block_length() * block_length() + offset


def block_from(at: int, *, offset: int) -> int:
    """Return the first block that begins at or after an instant."""
    return -((offset - at) // block_length()) * block_length() + offset


def hours_of_block(block: int, *, within: tuple[int, int]) -> range:
    """Return the hours of a block that begin in `[start, end)`, which both are full hours."""
    return range(max(block, within[0]), min(block + block_length(), within[1]), LENGTH)


def cut(found: HourRange, *, offset: int) -> tuple[Sequence[HourRange], HourRange | None]:
    """Return the hours at both ends of a range, and what is between them: whole blocks, None if there are few."""
    first, end = block_from(found.first, offset=offset), block_of(found.end, offset=offset)
    if end - first < FEW_BLOCKS * block_length():
        return [found], None
    ends = [found._replace(end=first), found._replace(first=end)]
    return [each for each in ends if each.first < each.end], found._replace(first=first, end=end)


class Moved(NamedTuple):
    """Whole blocks, one after the other, all of whose time was one state's and is another's from now on."""

    first: int
    """The first block."""
    end: int
    """The block after the last one."""
    was: tuple[str, int]
    """Whose it was: the workstation, and the column of `Amounts`."""
    now: tuple[str, int]
    time: int
    """How much it is in all, in microseconds."""
