"""Who shared a workstation with whom, from the ledger of the SQLite store: the only hours whose events must be read.

`occupied` counts time once however many work at a station, so it cannot be added up from amounts. But an hour in which one
worker was there alone is that worker's time. The others are gone through hour by hour: each worker's states in such an
hour are read once, for all stations, and forgotten before the next. Kept are sums, and stretches only where open time,
which moves with a watermark, may overlap them.

    S1      |  W1 alone   |  W1 and W2  |  W1 alone, W3 open  |
            its amount      a sum         stretches
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import groupby
from operator import attrgetter, itemgetter

from sqlite_utils.utils import sqlite3

from collector import hours
from collector.measures import Company, Occupied, joined
from collector.records import LedgerRules
from collector.storage import station_hours
from collector.storage.blocks import worked_with_blocks
from collector.storage.ledger_blocks import blocks_within
from collector.storage.outlines import outlines_of_site
from shared.events import EventType

Site = tuple[str, int, int]
"""Name, number, and where the hours begin."""
_station = attrgetter("workstation")
_Open = Mapping[tuple[int, int], set[int]]
"""By (workstation, hour): the workers who may be working there in open time."""


def tell_company(
    connection: sqlite3.Connection,
    into: Company,
    *,
    site: Site,
    question: Occupied,
    rules: LedgerRules,
    horizon: int | None,
) -> bool:
    """Add what a site's workstations saw in a window; False if that takes more states than the company has left.

    Before `horizon`, of which the window has whole hours only, it is written down.
    """
    start, end = question.window
    if horizon is not None and start < horizon:
        written = replace(question, window=(start, min(end, horizon)))
        if not _tell_hours_without_events(connection, into, site=site, question=written, rules=rules):
            return False
        question = replace(question, window=(min(end, horizon), end))
    return _tell_hours_with_events(connection, into, site=site, question=question, rules=rules)


def _tell_hours_with_events(
    connection: sqlite3.Connection, into: Company, *, site: Site, question: Occupied, rules: LedgerRules
) -> bool:
    name, number, offset = site
    start, end = question.window
    # Of an hour that the window cuts, time that names nobody is left out here as everywhere.
    erased = {
        place: stretches
        for place, stretches in station_hours.open_rows(connection, number, window=(start, end)).items()
        if start <= place[1] and place[1] + hours.LENGTH <= end
    }
    open_there = _open_there(connection, site, window=question.window, rules=rules)
    # Which station a number is.
    station_ids = dict(
        connection.execute("select number, station_id from workstation where site = ?", (number,)).fetchall()
    )
    rows = _worked(connection, number, window=(hours.hour_of(start, offset=offset), end))
    for hour, in_hour in groupby(rows, itemgetter(0)):
        stretch = (max(hour, start), min(hour + hours.LENGTH, end))
        shared: dict[int, Mapping[int, int]] = {}
        for station, there in _by_station(in_hour).items():
            is_alone = len(there) == 1 and open_there.get((station, hour), there.keys()) == there.keys()
            is_alone = is_alone and (station_ids[station], hour) not in erased
            if is_alone and stretch == (hour, hour + hours.LENGTH):
                into.count((name, station_ids[station]), sum(there.values()))
            else:
                shared[station] = there
        if not shared:
            continue
        found = outlines_of_site(
            connection,
            (name, number),
            stretch=stretch,
            gap=rules.session_gap,
            most=into.left,
            workers=set().union(*shared.values()),
        )
        if found is None:
            return False
        runs, states = found
        into.left -= states
        told = question.tell(runs.values(), stretch)
        for station in shared:
            of_station = told.get(station_ids[station], ())
            of_station = joined([*of_station, *erased.get((station_ids[station], hour), ())])
            into.add((name, station_ids[station]), of_station, may_overlap=(station, hour) in open_there)
    return True


def _worked(
    connection: sqlite3.Connection, site: int, *, window: tuple[int, int]
) -> Iterable[tuple[int, int, int, int]]:
    # Who worked where in which hour.
    rows = connection.execute(
        """
        select l.hour, l.workstation, l.worker, l.working
        from ledger as l
        where l.site = ? and l.hour >= ? and l.hour < ? and l.working <> 0
        order by l.hour
        """,
        (site, *window),
    )
    blocks = blocks_within(connection, site, window=window)
    if not blocks.all:  # nearly always
        return rows
    return worked_with_blocks(rows, blocks, within=window, station=_station)


def _tell_hours_without_events(
    connection: sqlite3.Connection, into: Company, *, site: Site, question: Occupied, rules: LedgerRules
) -> bool:
    """Add what is written down of whole hours, and what the last events before the horizon tell of them by now."""
    name, number, offset = site
    window = question.window
    closed = station_hours.closed_rows(connection, number, window=window)
    for (station_id, _), occupied in closed.items():
        into.count((name, station_id), occupied)
    standing = station_hours.open_rows(connection, number, window=window)
    # Since the last purge events may have come that are no more than a gap behind the horizon.
    found = outlines_of_site(connection, (name, number), stretch=window, gap=rules.session_gap, most=into.left)
    if found is None:
        return False
    runs, states = found
    into.left -= states
    pieces = station_hours.cut(question.tell(runs.values(), window), offset=offset)
    changing = {*standing, *pieces} - closed.keys()
    for (station_id, _), stretches in station_hours.merge(standing, pieces, only=changing).items():
        into.add((name, station_id), stretches, may_overlap=True)
    return True


def _by_station(rows: Iterable[tuple[int, int, int, int]]) -> dict[int, dict[int, int]]:
    """Return by workstation how long each worker worked there."""
    result: dict[int, dict[int, int]] = {}
    for _, station, worker, working in rows:
        result.setdefault(station, {})[worker] = working
    return result


def _open_there(connection: sqlite3.Connection, site: Site, *, window: tuple[int, int], rules: LedgerRules) -> _Open:
    """Return where and when somebody may still be working after their last sighting.

    As far as the camera's watermark, if that is no more than a session gap away, or the tail of the state's event.
    """
    _, number, offset = site
    start, end = window
    rows = connection.execute(
        """
        select o.state_workstation, o.worker, o.last_at, max(
            o.state_at + :tail, iif(c.watermark <= o.last_at + :gap, c.watermark, o.last_at)
        ) as until
        from open_state as o
        left join camera as c on c.site = o.site and c.number = o.state_camera
        where o.site = :site and o.state_type = :working and o.last_at < :end and until > :start
        """,
        {
            "site": number,
            "working": int(EventType.working),
            "gap": rules.session_gap,
            "tail": rules.tail,
            "start": start,
            "end": end,
        },
    ).fetchall()
    result: dict[tuple[int, int], set[int]] = {}
    for station, worker, last_at, until in rows:
        for hour, _, _ in hours.by_hour(max(last_at, start), min(until, end), offset=offset):
            result.setdefault((station, hour), set()).add(worker)
    return result
