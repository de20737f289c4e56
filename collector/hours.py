"""The hours that the ledger counts by: whole hours of a site, beginning at its minute offset.

`offset` is where they begin, in microseconds past the full hour of UTC: a zone half an hour off has whole hours too. An hour
is named by the instant at which it begins, which may lie before 1970.
"""

from collections.abc import Iterator
from typing import NamedTuple

LENGTH = 3_600_000_000
"""Microseconds; a name of its own so that tests can make hours short enough to meet every edge."""


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
