"""What the ledger of the SQLite store knows of a window: whole hours from its rows, ragged edges from events.

Closed time of a worker never lies after the worker's last sighting, so an hour that is cut by the end of a window counts
whole for everybody who was last seen before that end: a live page reads no events at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils.utils import sqlite3

from collector import hours
from collector.measures import Company, Measure, Occupied, Parts, Person, Split, Station, Stretch
from collector.records import LedgerRules, OpenState, State
from collector.storage import sqlite_read
from collector.storage.blocks import Blocks, with_blocks
from collector.storage.company import tell_company
from collector.storage.gathered import Gathered
from collector.storage.kept import check_parts, kept
from collector.storage.ledger_blocks import blocks_within
from collector.storage.nameless import NUMBER as NAMELESS_NUMBER
from collector.storage.neighbourhood import runs_within
from collector.storage.stays import last_stays
from collector.storage.watching import watched

Sites = Sequence[str] | None
_SUMS = "sum(l.working), sum(l.idle), sum(l.absent), sum(l.assumed), sum(l.units)"
_BEGINNING, _END = -(2**62), 2**62


@dataclass(frozen=True, slots=True)
class _Site:
    name: str
    number: int
    hour_offset: int


def rules(connection: sqlite3.Connection) -> LedgerRules:
    """Return what the stored amounts were made with."""
    return LedgerRules(*connection.execute("select session_gap, tail from arithmetic").fetchone())


def measure(
    connection: sqlite3.Connection, of: Sites, *, split: Split, by_hour: bool, stays: bool, occupied: Occupied | None
) -> Measure:
    """Return what the numbers of a window are made of; see `collector.storage.base.Storage` for what is asked for.

    Raises:
        BeforeHorizon: a site has no longer kept what it takes.
    """
    gathered = Gathered()
    open_states = _open_states(connection, of)
    has = kept(connection)
    for site in _sites(connection, of):
        parts = split(site.hour_offset)
        check_parts(parts, site=site.name, kept=has[site.name], offset=site.hour_offset)
        gathered.blocks[site.name] = _blocks(connection, site, parts=parts, by_hour=by_hour)
        if parts.whole is not None:
            _add_whole(connection, gathered, site=site, whole=parts.whole, by_hour=by_hour)
        if parts.left is not None:
            _add_left(connection, gathered, site=site, left=parts.left)
        if parts.right is not None:
            _add_right(connection, gathered, site=site, right=parts.right, open_states=open_states, by_hour=by_hour)
        elif stays and _is_open(parts):
            found = last_stays(connection, site.number, gap=rules(connection).session_gap)
            gathered.stays.update({(site.name, station_id): runs for station_id, runs in found.items()})
        if by_hour and parts.window is not None:
            gathered.watches[site.name] = watched(connection, site.number, stretch=_closed(parts.window))
    return Measure(
        workers=sqlite_read.workers(connection, of),
        stations=_stations(connection, of),
        cameras=sqlite_read.cameras(connection, of),
        amounts=gathered.amounts,
        by_hour=gathered.by_hour,
        edges=gathered.edges,
        open_states=open_states,
        stays=gathered.stays,
        company=None if occupied is None else _company(connection, of, question=occupied),
        watched={site: known.within for site, known in gathered.watches.items()},
        watched_before={site: known.before for site, known in gathered.watches.items()},
        kept=has,
    )


def _company(connection: sqlite3.Connection, of: Sites, *, question: Occupied) -> Company | None:
    company, by, has = Company(question.most), rules(connection), kept(connection)
    for site in _sites(connection, of):
        place = (site.name, site.number, site.hour_offset)
        horizon = has[site.name].events
        if not tell_company(connection, company, site=place, question=question, rules=by, horizon=horizon):
            return None
    return company


def _blocks(connection: sqlite3.Connection, site: _Site, *, parts: Parts, by_hour: bool) -> Blocks:
    if parts.window is None or (parts.whole == (None, None) and not by_hour):
        return Blocks()
    return blocks_within(connection, site.number, window=_closed(parts.window))


def _add_whole(
    connection: sqlite3.Connection, gathered: Gathered, *, site: _Site, whole: Stretch, by_hour: bool
) -> None:
    start, end = _closed(whole)
    is_everything = whole == (None, None)
    table, within = ("total", "") if is_everything else ("ledger", "and l.hour >= :start and l.hour < :end")
    bound = {"site": site.number, "start": start, "end": end}
    # What each worker did at each workstation.
    rows = connection.execute(
        f"""
        select w.worker_id, st.station_id, {_SUMS}
        from {table} as l
        join worker as w on w.site = l.site and w.number = l.worker
        join workstation as st on st.site = l.site and st.number = l.workstation
        where l.site = :site {within}
        group by l.worker, l.workstation
        """,  # noqa: S608 - texts of ours
        bound,
    ).fetchall()
    for worker_id, station_id, *amounts in rows:
        gathered.add((site.name, worker_id, station_id), amounts)
    if not is_everything:
        gathered.add_blocks(site.name, within=(start, end))
    if by_hour:
        gathered.add_blocks_by_hour(site.name, within=(start, end))
        # What happened in each hour.
        rows = connection.execute(
            f"""
            select l.hour, {_SUMS}
            from ledger as l
            where l.site = :site and l.hour >= :start and l.hour < :end
            group by l.hour
            """,  # noqa: S608 - texts of ours
            bound,
        ).fetchall()
        for hour, *amounts in rows:
            gathered.add_hour((site.name, hour), amounts)


def _add_left(connection: sqlite3.Connection, gathered: Gathered, *, site: _Site, left: Stretch) -> None:
    start, end = _closed(left)
    there = {row[0]: row[1] for row in _rows_of_hour(connection, gathered, site=site, at=start)}
    _add_edges(connection, gathered, site=site, workers=there, stretch=(start, end))


def _add_right(
    connection: sqlite3.Connection,
    gathered: Gathered,
    *,
    site: _Site,
    right: Stretch,
    open_states: dict[Person, OpenState],
    by_hour: bool,
) -> None:
    start, end = _closed(right)
    cut: dict[int, str] = {}
    for number, worker_id, station_id, *amounts in _rows_of_hour(connection, gathered, site=site, at=start):
        if open_states[site.name, worker_id].last_at >= end:
            cut[number] = worker_id
            continue
        gathered.add((site.name, worker_id, station_id), amounts)
        if by_hour:
            gathered.add_hour((site.name, start), amounts)
    _add_edges(connection, gathered, site=site, workers=cut, stretch=(start, end))


def _add_edges(
    connection: sqlite3.Connection,
    gathered: Gathered,
    *,
    site: _Site,
    workers: Mapping[int, str],
    stretch: tuple[int, int],
) -> None:
    runs = runs_within(connection, site.number, workers=[*workers], stretch=stretch) if workers else {}
    gathered.edges.extend(((site.name, workers[number]), stretch, run) for number, run in runs.items())


def _rows_of_hour(connection: sqlite3.Connection, gathered: Gathered, *, site: _Site, at: int) -> list[Any]:
    hour = hours.hour_of(at, offset=site.hour_offset)
    # What happened in the hour that an instant lies in, but for what names nobody: nothing tells which part of it.
    rows = connection.execute(
        """
        select l.worker, w.worker_id, st.station_id, l.working, l.idle, l.absent, l.assumed, l.units
        from ledger as l
        join worker as w on w.site = l.site and w.number = l.worker
        join workstation as st on st.site = l.site and st.number = l.workstation
        where l.site = ? and l.hour = ? and l.worker <> ?
        order by l.worker
        """,
        (site.number, hour, NAMELESS_NUMBER),
    ).fetchall()
    blocks = gathered.blocks[site.name].of_hour(hour)
    return with_blocks(rows, blocks) if blocks else rows


def _stations(connection: sqlite3.Connection, of: Sites) -> list[Station]:
    rows = connection.execute(
        """
        select s.name, w.station_id, coalesce(w.name, w.station_id), w.first_at, w.last_at
        from workstation as w
        join site as s on s.number = w.site
        order by s.name, w.station_id
        """
    ).fetchall()
    return [Station(*row) for row in rows if of is None or row[0] in of]


def _sites(connection: sqlite3.Connection, of: Sites) -> list[_Site]:
    rows = connection.execute("select name, number, hour_offset from site order by name").fetchall()
    return [_Site(*row) for row in rows if of is None or row[0] in of]


def _open_states(connection: sqlite3.Connection, of: Sites) -> dict[Person, OpenState]:
    # Where each worker's time stands, by the ids that people know.
    rows = connection.execute(
        """
        select s.name, w.worker_id, o.last_at, o.state_at, o.state_type, st.station_id, c.name
        from open_state as o
        join site as s on s.number = o.site
        join worker as w on w.site = o.site and w.number = o.worker
        left join workstation as st on st.site = o.site and st.number = o.state_workstation
        left join camera as c on c.site = o.site and c.number = o.state_camera
        """
    ).fetchall()
    return {
        (row[0], row[1]): OpenState(row[2], None if row[3] is None else State(*row[3:]))
        for row in rows
        if of is None or row[0] in of
    }


def _is_open(parts: Parts) -> bool:
    return parts.whole is not None and parts.whole[1] is None


def _closed(stretch: Stretch) -> tuple[int, int]:
    start, end = stretch
    return (_BEGINNING if start is None else start, _END if end is None else end)
