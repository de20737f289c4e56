"""Blocks of hours as they are read from either database, and how they are added to what rows of hours hold.

An hour's time at a workstation is what its own row holds, what its block holds of each of its hours, and so many times the time
that all rows of the worker's hour hold together. The last is how a block says whose the time of its hours is instead of how
much it is; over all workstations these shares make nothing. Each of the three may be negative; where the sum is nothing, there
is nothing. Hardly any store has a block (`collector.hours.BLOCK`), so what is asked first is whether there are any.

    rows of S    w    w'   w"   w                  counts came one after the other
    shares     [ S -1, working    X +1, idle ]     then a late X before them all
    sum of S     0    0    0    0
    sum of X     w    w'   w"   w
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
    station_id: Any
    working: int
    idle: int
    absent: int
    assumed: int
    of_working: int
    of_idle: int
    of_absent: int

    @property
    def has_shares(self) -> bool:
        """Whether it takes a part in what rows hold."""
        return any(self[-3:])

    def adds(self, *, hours: int, time: int) -> Amounts:
        """Return what it adds to so many hours whose rows hold so much time in all."""
        return [
            hours * self.working + time * self.of_working,
            hours * self.idle + time * self.of_idle,
            hours * self.absent + time * self.of_absent,
            hours * self.assumed,
            0,
        ]


@dataclass(frozen=True, slots=True)
class Blocks:
    """Blocks, and how much time rows hold of hours in which some of them take a part."""

    all: Sequence[Block] = ()
    times: Mapping[tuple[int, int], int] = field(default_factory=dict)
    """By (worker, hour)."""

    def hours(self, *, within: tuple[int, int]) -> Iterator[tuple[int, Block, Amounts]]:
        """Yield what blocks add to each of their hours that begin in `[start, end)`."""
        for each in self.all:
            for hour in hours_of_block(each.block, within=within):
                yield hour, each, each.adds(hours=1, time=self.times.get((each.worker, hour), 0))

    def sums(self, *, within: tuple[int, int]) -> Iterator[tuple[Block, Amounts]]:
        """Yield what they add to all of these hours together."""
        for each in self.all:
            hours = hours_of_block(each.block, within=within)
            time = sum(self.times.get((each.worker, hour), 0) for hour in hours) if each.has_shares else 0
            yield each, each.adds(hours=len(hours), time=time)

    def of_hour(self, hour: int) -> list[Block]:
        """Return those that an hour lies in."""
        return [each for each in self.all if hours_of_block(each.block, within=(hour, hour + 1))]


def with_blocks(rows: Sequence[Any], blocks: Sequence[Block]) -> list[Any]:
    """Return rows (worker, worker id, station id, five amounts) of one hour with those of its blocks added.

    Ordered by worker; what is nothing is left out.
    """
    times: Counter[int] = Counter()
    for worker, _, _, *amounts in rows:
        times[worker] += sum(amounts[:3])
    of_blocks = (
        (each.worker, each.worker_id, each.station_id, *each.adds(hours=1, time=times[each.worker])) for each in blocks
    )
    return sorted(_added_up((*rows, *of_blocks)), key=itemgetter(0))


def with_hours_of(blocks: Sequence[Block], rows: Sequence[Any]) -> list[Any]:
    """Return rows (hour, station id, five amounts) of one worker, ordered by both, with those of the worker's blocks added."""
    times: Counter[tuple[int, int]] = Counter()
    for hour, _, *amounts in rows:
        times[blocks[0].worker, hour] += sum(amounts[:3])
    of_blocks = (
        (hour, each.station_id, *amounts) for hour, each, amounts in Blocks(blocks, times).hours(within=ALWAYS)
    )
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
    rows: Iterable[Any], blocks: Blocks, *, within: tuple[int, int], station: Callable[[Block], Any]
) -> Iterator[Any]:
    """Yield rows (hour, workstation, worker, working), ordered by hour as `rows` are, with those of blocks added.

    `station` says what a workstation is called in `rows`.
    """
    of_blocks = sorted(
        ((hour, station(each), each.worker, amounts[0]) for hour, each, amounts in blocks.hours(within=within)),
        key=itemgetter(0),
    )
    for hour, in_hour in groupby(merge(rows, of_blocks, key=itemgetter(0)), itemgetter(0)):
        times: Counter[tuple[Any, int]] = Counter()
        for _, workstation, worker, working in in_hour:
            times[workstation, worker] += working
        yield from ((hour, *place, working) for place, working in times.items() if working > 0)
