"""What a splice changes by the block, as rows for either database.

A range is whole blocks and, at its ends, hours. What moves from one state to another are shares in what rows of hours hold, and
what the blocks themselves hold. Where a worker has shares, what an hour gains or loses reaches them too, since they are
parts of it: so much is taken off their own rows.

    rows r, shares c, sum a:    a = r + c Σr,  Σc = 0         an hour gains d:    r' = r + d - c Σd
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from collector import hours
from collector.hours import HourRange, Moved
from collector.records import ABSENT, IDLE, WORKING

Row = tuple[int, ...]
"""Of an hour: (hour, worker, workstation, five amounts). Of a block: (block, worker, workstation, four amounts of time, three
shares)."""
Shares = Mapping[tuple[int, int], Sequence[tuple[int, int, int, int]]]
"""By (block, worker): workstation, and how many times the time of an hour is working, idle and absent time there."""


def rows_of_range(found: HourRange, place: tuple[int, int], *, offset: int) -> tuple[list[Row], list[Row]]:
    """Return the rows of hours and those of blocks that a range is, of a place (worker, workstation)."""
    ends, blocks = hours.cut(found, offset=offset)
    of_hours = [(hour, *place, *found.amounts) for end in ends for hour in range(end.first, end.end, hours.LENGTH)]
    if blocks is None:
        return of_hours, []
    # A count has one hour, so a range has no units.
    times = (*found.amounts[:4], 0, 0, 0)
    return of_hours, [(block, *place, *times) for block in range(blocks.first, blocks.end, hours.block_length())]


def rows_of_move(moved: Moved, places: tuple[int, int, int], *, times: Mapping[int, int]) -> list[Row]:
    """Return rows of blocks that move; `places` are worker, workstation before and after.

    `times` says, by block, how much time the worker's rows of that block hold of each of its hours.
    """
    worker, was_at, is_at = places
    shares: dict[int, list[int]] = {was_at: [0, 0, 0], is_at: [0, 0, 0]}
    shares[was_at][_SHARES[moved.was[1]]] -= 1
    shares[is_at][_SHARES[moved.now[1]]] += 1
    return [
        (block, worker, workstation, *(share * times.get(block, 0) for share in of_station), 0, *of_station)
        for block in range(moved.first, moved.end, hours.block_length())
        for workstation, of_station in shares.items()
    ]


def blocks_of(rows: Iterable[Row], *, offset: int) -> set[int]:
    """Return the blocks that rows of hours lie in."""
    return {hours.block_of(row[0], offset=offset) for row in rows}


def less_shares(rows: Sequence[Row], shares: Shares, *, offset: int) -> list[Row]:
    """Return what is taken off rows of hours, since shares give it to them besides."""
    if not shares:  # nearly always
        return []
    times: Counter[tuple[int, int]] = Counter()
    for hour, worker, _, working, idle, absent, *_ in rows:
        times[hour, worker] += working + idle + absent
    return [
        (hour, worker, workstation, -working * time, -idle * time, -absent * time, 0, 0)
        for (hour, worker), time in times.items()
        if time
        for workstation, working, idle, absent in shares.get((hours.block_of(hour, offset=offset), worker), ())
    ]


_SHARES = {WORKING: 0, IDLE: 1, ABSENT: 2}
