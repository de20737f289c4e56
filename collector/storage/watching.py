"""Which time a camera has watched, by the advance of its watermark: judged here, and kept as stretches in the SQLite store.

A watermark says: watched without a break and delivered up to here. It advances while the camera is alive; it stands still
while its producer is silent, although the agent still calls, and what it leaps over afterwards was not watched. A link that
was down is no break: the agent has gone on watching, and says so once it is back.

An agent that says when it watched is believed: what happened while nobody could hear it, it alone knows. Of one that does
not, a call without a watermark, or with one that stands still, is all that tells of a break.

A stretch that goes on where the last one ended is the same one, so there are as many rows as breaks, and any window and any
hours can be told to the microsecond. Whatever a camera says, a minute begins at most one stretch, and fewer of what is told late:
60 rows an hour as time goes by, and some 11,000 of all the time before, however often it calls.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlite_utils.utils import sqlite3

from collector.measures import Watched
from collector.records import Contact
from shared.instants import HOUR, MINUTE, SECOND

SILENT_AFTER = 2 * MINUTE
"""A watermark that lags more, with nothing left to deliver, is that of a producer that is silent."""
LONGEST_ADVANCE = 31 * 24 * HOUR
"""More at once is a clock that was set, not a camera that watched."""
SHORTEST_BREAK = SECOND
"""Less is none, nor could it be drawn: the shortest `source_silent_after` of an agent is as long."""
LEAST_APART = MINUTE
"""From the beginning of one stretch to that of the next: whoever takes more than that for breaks has none that count."""
LATE_PARTS = 1_000
"""One of these parts of how late a stretch is told lies between the two as well: 4 minutes after three days."""


class Watching(NamedTuple):
    """What a camera's last live call said."""

    watermark: int | None
    is_watching: bool


class WatchKnown(NamedTuple):
    """When the cameras of a site watched, as far as a window needs it."""

    within: Watched
    """Within the window."""
    before: frozenset[str]
    """Those that had watched before it began."""


def is_watching(contact: Contact, *, received_at: int) -> bool:
    """Say whether the time from this call's watermark on is being watched."""
    if contact.watermark is None:
        return False
    return contact.pending > 0 or received_at - contact.watermark <= SILENT_AFTER


def advance(
    before: Watching, watermark: int | None, *, told: Sequence[tuple[int, int]] | None = None
) -> list[tuple[int, int]]:
    """Return the stretches that were watched between two calls, ascending.

    `told` is when the camera watched by what the second says, in any order; None if it says nothing.

    >>> advance(Watching(100, True), 160), advance(Watching(100, False), 160), advance(Watching(None, False), 160)
    ([(100, 160)], [], [])
    >>> advance(Watching(100, True), 160, told=[(40, 110), (130, 170)])
    [(100, 110), (130, 160)]
    """
    if before.watermark is None or watermark is None:
        return []
    if told is None:
        told = [(before.watermark, watermark)] if before.is_watching else []
    found: list[tuple[int, int]] = []
    reached = before.watermark
    for start, end in sorted(told):
        first, last = max(start, reached), min(end, watermark)
        if first < last <= first + LONGEST_ADVANCE:
            found.append((first, last))
        reached = max(reached, last)
    return found


def grown(
    last: tuple[int, int] | None, stretches: Iterable[tuple[int, int]], *, received_at: int
) -> list[tuple[int, int]]:
    """Return what is to be kept of stretches that ascend behind the last one: that one, if it goes on, and new ones.

    A break of less than a second is none. What would begin a stretch too soon after another one is not kept, so that no
    more than there is room for begin: less is claimed than may have been watched, never more than such a break.

        told    |===| |======|   |=======|
        kept    |==========|     |=======|     the first break is less than a second
        told    |===|     |==|  |=====|
        kept    |===|           |=====|        the second begins within the minute of the first
                |- minute -|

    >>> grown((0, 5 * SECOND), [(5 * SECOND, 9 * SECOND)], received_at=9 * SECOND)
    [(0, 9000000)]
    >>> grown((0, 5 * SECOND), [(7 * SECOND, 9 * SECOND), (20 * SECOND, 90 * SECOND)], received_at=90 * SECOND)
    [(60000000, 90000000)]
    """
    rows = [] if last is None else [last]
    for start, until in stretches:
        if rows and start - rows[-1][1] < SHORTEST_BREAK:
            rows[-1] = (rows[-1][0], until)
            continue
        apart = max(LEAST_APART, (received_at - start) // LATE_PARTS)
        first = max(start, rows[-1][0] + apart) if rows else start
        if first < until:
            rows.append((first, until))
    return [row for row in rows if row != last]


def watch_known(rows: Iterable[Sequence[Any]], *, stretch: tuple[int, int]) -> WatchKnown:
    """Return what rows of (camera, start, until) say of a stretch: ascending, and before it at most the last of a camera.

    >>> watch_known([("C1", 0, 5), ("C1", 20, 40), ("C2", 15, 60)], stretch=(10, 30))
    WatchKnown(within={'C1': [(20, 30)], 'C2': [(15, 30)]}, before=frozenset({'C1'}))
    """
    first, last = stretch
    within: dict[str, list[tuple[int, int]]] = {}
    before = set()
    for name, start, until in rows:
        if start < first:
            before.add(name)
        if until > first:
            within.setdefault(name, []).append((max(start, first), min(until, last)))
    return WatchKnown(within, frozenset(before))


def by_site(known: Mapping[str, WatchKnown]) -> tuple[dict[str, Watched], dict[str, Collection[str]]]:
    """Return what is known of sites in two: when their cameras watched, and which had watched before."""
    return {site: one.within for site, one in known.items()}, {site: one.before for site, one in known.items()}


def keep(
    connection: sqlite3.Connection, camera: tuple[int, int], *, stretches: Sequence[tuple[int, int]], received_at: int
) -> None:
    """Add what a camera, by the numbers of its site and itself, watched since its last call."""
    if not stretches:
        return
    # The last stretch, which may go on.
    last = connection.execute(
        "select start, until from watched where site = ? and camera = ? order by start desc limit 1", camera
    ).fetchone()
    connection.executemany(
        """
        insert into watched (site, camera, start, until)
        values (?, ?, ?, ?)
        on conflict (site, camera, start) do update set until = excluded.until
        """,
        [(*camera, *row) for row in grown(last, stretches, received_at=received_at)],
    )


def let_go(connection: sqlite3.Connection, site: int, *, before: int) -> None:
    """Forget when cameras of a site watched before an instant, but for the last stretch of each that began until then."""
    # It says that a camera watched before, so that what it did not watch afterwards is known as such.
    connection.execute(
        """
        delete from watched
        where site = ?1 and start < ?2 and start < (
            select max(start) from watched as w where w.site = ?1 and w.camera = watched.camera and w.start < ?2
        )
        """,
        (site, before),
    )


def watched(connection: sqlite3.Connection, site: int, *, stretch: tuple[int, int]) -> WatchKnown:
    """Return when each camera of a site watched within a stretch, and which had watched before."""
    # Two look-ups a camera: the last stretch that began before, and the first that begins after it.
    rows = connection.execute(
        """
        select c.name, w.start, w.until
        from camera as c
        join watched as w on w.site = c.site and w.camera = c.number and w.start < ?3 and w.start >= coalesce(
            (select max(start) from watched where site = c.site and camera = c.number and start <= ?2), ?2
        )
        where c.site = ?1
        order by c.name, w.start
        """,
        (site, *stretch),
    ).fetchall()
    return watch_known(rows, stretch=stretch)
