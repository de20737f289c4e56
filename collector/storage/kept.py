"""From when on each site of a SQLite store still has what, and questions that cannot be answered for the time before."""

from sqlite_utils.utils import sqlite3

from collector.hours import hour_from, hour_of
from collector.measures import Kept, Parts
from shared.errors import BeforeHorizon
from shared.instants import LAST_INSTANT, format_instant


def kept(connection: sqlite3.Connection) -> dict[str, Kept]:
    """Return what each site still has; sites that have everything are there too."""
    rows = connection.execute("select name, events_from, persons_from, hours_from from site order by name").fetchall()
    return {name: Kept(*instants) for name, *instants in rows}


def check_parts(parts: Parts, *, site: str, kept: Kept, offset: int) -> None:
    """Let a window pass that a site can still answer: before its horizon whole hours only, and no hour that is gone.

    Raises:
        BeforeHorizon: names the end that is wrong and the nearest one that is right.
    """
    start = None if parts.window is None else parts.window[0]
    if kept.hours is not None and start is not None and start < kept.hours:
        raise BeforeHorizon(
            f"from: the hours of site {site} before {format_instant(kept.hours)} are no longer kept",
            field="from",
            hint=f"the nearest begin is {format_instant(kept.hours)}",
        )
    if kept.events is None:
        return
    for name, at in _cut(parts):
        if at < kept.events:
            raise BeforeHorizon(
                f"{name}: the events of site {site} before {format_instant(kept.events)} are no longer kept, and what is kept "
                f"of that time is whole hours; {format_instant(at)} lies within one",
                field=name,
                hint=f"the nearest whole hour is {format_instant(_nearest(at, offset=offset))}",
            )


def _cut(parts: Parts) -> list[tuple[str, int]]:
    """Return the ends of a window that lie within an hour."""
    if parts.left is not None and parts.whole is None and parts.right is None:
        # All of it lies within one hour: it may begin or end at a full one.
        named = [("from", parts.left[0]), ("to", parts.left[1])]
    else:
        named = [("from", parts.left and parts.left[0]), ("to", parts.right and parts.right[1])]
    return [(name, at) for name, at in named if at is not None]


def _nearest(at: int, *, offset: int) -> int:
    before, after = hour_of(at, offset=offset), hour_from(at, offset=offset)
    nearest = before if at - before <= after - at else after
    return nearest if 0 <= nearest <= LAST_INSTANT else max(0, before)
