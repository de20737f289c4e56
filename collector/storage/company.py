"""Who shared a workstation with whom, from the ledger of the SQLite store: the only hours whose events must be read.

`occupied` counts time once however many work at a station, so it cannot be added up from amounts. But an hour in which one
worker was there alone is that worker's time; only the others are told by runs of events.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from sqlite_utils.utils import sqlite3

from collector import hours
from collector.measures import Stretch
from collector.records import Run
from collector.storage.neighbourhood import run_within
from shared.events import EventType

Site = tuple[str, int, int]
"""Name, number, and where the hours begin."""


@dataclass(slots=True)
class Company:
    """What is gathered of one or several sites; see `collector.records.Measure`."""

    alone: dict[tuple[str, str], int] = field(default_factory=dict)
    together: list[tuple[tuple[str, str], Stretch, Run]] = field(default_factory=list)


def tell_company(connection: sqlite3.Connection, into: Company, *, site: Site, window: Stretch) -> None:
    """Add what a site's workstations saw in a window that is closed at both ends."""
    name, number, offset = site
    start, end = window
    if start is None or end is None:
        raise ValueError("a workstation's occupied time is told for a closed window only")
    first_hour = hours.hour_of(start, offset=offset)
    # Who worked where in which hour.
    rows = connection.execute(
        """
        select l.workstation, st.station_id, l.hour, l.worker, l.working
        from ledger as l
        join workstation as st on st.site = l.site and st.number = l.workstation
        where l.site = ? and l.hour >= ? and l.hour < ? and l.working > 0
        order by l.workstation, l.hour
        """,
        (number, first_hour, end),
    ).fetchall()
    open_since = _open_since(connection, number)
    for (station, station_id), of_station in groupby(rows, key=lambda row: row[:2]):
        place = (name, station_id)
        shared_hours: dict[int, list[int]] = {}
        for hour, in_hour in groupby(of_station, key=lambda row: row[2]):
            workers = [(row[3], row[4]) for row in in_hour]
            is_whole = start <= hour and hour + hours.LENGTH <= end
            if len(workers) == 1 and is_whole and hour + hours.LENGTH <= open_since.get(station, end):
                into.alone[place] = into.alone.get(place, 0) + workers[0][1]
                continue
            for worker, _ in workers:
                shared_hours.setdefault(worker, []).append(hour)
        for worker, of_worker in shared_hours.items():
            for first, last in _consecutive(of_worker):
                stretch = (max(first, start), min(last + hours.LENGTH, end))
                run = run_within(connection, (number, worker), start=stretch[0], end=stretch[1])
                into.together.append((place, stretch, run))


def _open_since(connection: sqlite3.Connection, site: int) -> dict[int, int]:
    # From when on somebody may still be working at a workstation; others' time there may overlap.
    rows = connection.execute(
        """
        select state_workstation, min(last_at)
        from open_state
        where site = ? and state_type = ?
        group by state_workstation
        """,
        (site, int(EventType.working)),
    ).fetchall()
    return dict(rows)


def _consecutive(ascending: Iterable[int]) -> list[tuple[int, int]]:
    stretches: list[tuple[int, int]] = []
    for hour in ascending:
        if stretches and stretches[-1][1] + hours.LENGTH == hour:
            stretches[-1] = (stretches[-1][0], hour)
        else:
            stretches.append((hour, hour))
    return stretches
