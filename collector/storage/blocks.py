"""Blocks of hours as they are read from either database, and how they are added to what rows of hours hold.

An hour's time is what its own row holds and what its block holds of each of its hours. Either may be negative; where the sum is
nothing, there is nothing. Hardly any store has a block (`collector.hours.BLOCK`), so what is asked first is whether there are
any.

    rows         W    W    W    W                  counts came one after the other
    block      [-W+I -W+I -W+I -W+I]               then a state before them all
    sum          I    I    I    I
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from collector.hours import hours_of_block
from collector.records import Amounts

ALWAYS = (-(2**62), 2**62)


class Block(NamedTuple):
    """What a worker has at a workstation in each hour of a block."""

    block: int
    worker: int
    worker_id: str
    workstation: int
    station_id: str
    working: int
    idle: int
    absent: int
    assumed: int

    @property
    def of_an_hour(self) -> Amounts:
        """The same as other rows have it."""
        return [self.working, self.idle, self.absent, self.assumed, 0]


def with_blocks(rows: Iterable[Any], blocks: Iterable[Block]) -> list[Any]:
    """Return rows (worker, worker id, station id, five amounts) of one hour with those of its blocks added.

    Ordered by worker; what is nothing is left out.
    """
    of_blocks = ((each.worker, each.worker_id, each.station_id, *each.of_an_hour) for each in blocks)
    return sorted(_added_up((*rows, *of_blocks)), key=itemgetter(0))


def with_hours_of(blocks: Iterable[Any], rows: Iterable[Any]) -> list[Any]:
    """Return rows (hour, workstation, five amounts) of one worker, ordered by both, with those of blocks added.

    A block is such a row that begins with its own instant.
    """
    of_blocks = ((hour, *there) for block, *there in blocks for hour in hours_of_block(block, within=ALWAYS))
    return sorted(_added_up((*rows, *of_blocks)), key=itemgetter(0, 1))


def _added_up(rows: Iterable[Any]) -> Iterator[Any]:
    """Yield a row for each place that has any amounts; a row ends with five of them."""
    sums: dict[Any, Amounts] = {}
    for *there, working, idle, absent, assumed, units in rows:
        place, more = tuple(there), [working, idle, absent, assumed, units]
        before = sums.get(place)
        sums[place] = more if before is None else [a + b for a, b in zip(before, more, strict=True)]
    return ((*place, *amounts) for place, amounts in sums.items() if any(amounts))


def worked_with_blocks(
    rows: Iterable[Any], blocks: Iterable[tuple[Any, ...]], *, within: tuple[int, int]
) -> Iterator[Any]:
    """Yield rows (hour, workstation, worker, working), ordered by hour as `rows` are, with those of blocks added.

    A block is a row that begins with its own instant.
    """
    of_blocks = sorted(
        ((hour, *place) for block, *place in blocks for hour in hours_of_block(block, within=within)), key=itemgetter(0)
    )
    for hour, in_hour in groupby(merge(rows, of_blocks, key=itemgetter(0)), itemgetter(0)):
        times: Counter[tuple[Any, int]] = Counter()
        for _, workstation, worker, working in in_hour:
            times[workstation, worker] += working
        yield from ((hour, *place, working) for place, working in times.items() if working > 0)
