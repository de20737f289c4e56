"""What has been kept long enough goes, in steps that are each one transaction: hour by hour, the oldest first.

A step writes down what the numbers of the time need that events would tell (`station_hour`, the bounds of workstations),
takes the events of an hour away, and moves the horizon behind it: killed at any moment, the next run goes on there. Kept
are each worker's last state and last event before the horizon: what comes after it is told by them.

    events      s . . c . | . . . .           s: the state in force, c: the last sighting
    after           s . c |horizon . . . .    only these two stay
"""

from collections.abc import Mapping

from sqlite_utils.utils import sqlite3

from collector.measures import Kept, Purged, Settle, Stretches
from collector.records import LedgerRules
from collector.storage import station_hours
from collector.storage.ledger_blocks import first_hour, more_hours, unfold
from collector.storage.nameless import MOVED_TOGETHER, move_hours
from collector.storage.neighbourhood import runs_within
from collector.storage.purge_plan import (
    BEGINNING,
    Place,
    PlaceHour,
    bounds,
    changing,
    earlier,
    end_of_step,
    last_closed,
    look_back,
    next_due,
    seen_within,
)
from collector.storage.watching import let_go
from shared.errors import NotFound

__all__ = ["Place", "doomed", "erase_bounds", "place_of", "purge"]


def place_of(connection: sqlite3.Connection, name: str) -> Place:
    """Return a site.

    Raises:
        NotFound: there is none of that name.
    """
    row = connection.execute(
        "select number, hour_offset, events_from, persons_from, hours_from from site where name = ?", (name,)
    ).fetchone()
    if row is None:
        raise NotFound(f"there is no site {name}")
    return Place(name, row[0], row[1], Kept(*row[2:]))


def purge(connection: sqlite3.Connection, name: str, *, to: Kept, settle: Settle, rules: LedgerRules) -> Purged:
    """Take the oldest of what a site keeps no longer away, inside an open transaction; nothing once all is done.

    `to` names instants at which hours of the site begin.
    """
    site = place_of(connection, name)
    what = next_due(site.kept, to)
    if what == "events" and to.events is not None:
        return _purge_events(connection, site, until=to.events, settle=settle, rules=rules)
    if what == "persons" and to.persons is not None:
        return _purge_persons(connection, site, until=to.persons)
    if what == "hours" and to.hours is not None:
        return _purge_hours(connection, site, until=to.hours)
    return Purged(site.kept, 0, 0)


def doomed(connection: sqlite3.Connection, name: str, *, to: Kept) -> tuple[int, int, int]:
    """Return how many events, hours of workers and hours of workstations would go."""
    site = place_of(connection, name)
    bound = {"site": site.number, "events": to.events, "persons": to.persons, "hours": to.hours}
    # Of each worker stay the last state and the last event: one, where they are the same.
    (events,) = connection.execute(
        """
        select count(*) - coalesce((
            select sum(n.last_at is not null) + sum(n.state_at < n.last_at)
            from (
                select
                    (select max(at) from event where site = o.site and worker = o.worker and at < :events) as last_at,
                    (select max(at) from event where site = o.site and worker = o.worker and at < :events and type < 3)
                        as state_at
                from open_state as o
                where o.site = :site
            ) as n
        ), 0)
        from event
        where site = :site and at < :events
        """,
        bound,
    ).fetchone()
    (persons,) = connection.execute(
        "select count(*) from ledger where site = :site and worker > 0 and hour < :persons", bound
    ).fetchone()
    persons += more_hours(connection, site.number, before=BEGINNING if to.persons is None else to.persons)
    (of_stations,) = connection.execute(
        "select count(*) from ledger where site = :site and hour < :hours", bound
    ).fetchone()
    of_stations += more_hours(connection, site.number, before=BEGINNING if to.hours is None else to.hours)
    return int(events), int(persons), int(of_stations)


def _purge_events(
    connection: sqlite3.Connection, site: Place, *, until: int, settle: Settle, rules: LedgerRules
) -> Purged:
    end = end_of_step(_first_hour(connection, site, since=site.horizon), until=until)
    workers = _workers(connection, site)
    standing = station_hours.open_rows(connection, site.number, window=(BEGINNING, end))
    low = look_back(site, standing, gap=rules.session_gap)
    runs = runs_within(connection, site.number, workers=workers, stretch=(low, end)) if workers else {}
    settled = settle(runs.values(), (low, end))
    _write_station_hours(connection, site, worked=settled.worked, standing=standing, until=end, rules=rules)
    erase_bounds(connection, site.number, bounds=bounds(runs.values(), until=end, stayed=settled.until))
    seen = seen_within(runs, since=site.horizon, until=end)
    gone = sum(_erase(connection, (site.number, worker), until=end) for worker in seen)
    # Items that were no events hold ids all the same.
    connection.execute("delete from rejected where site = ? and received_at < ?", (site.number, end))
    kept = site.kept._replace(events=end)
    _note(connection, site.number, kept=kept)
    return Purged(kept, gone, 0)


def _first_hour(connection: sqlite3.Connection, site: Place, *, since: int) -> int | None:
    # The first hour in which anything was counted: between two of them there is nothing to write down.
    (first,) = connection.execute(
        "select min(hour) from ledger where site = ? and hour >= ?", (site.number, since)
    ).fetchone()
    return earlier(first, first_hour(connection, site.number, since=since))


def _workers(connection: sqlite3.Connection, site: Place) -> list[int]:
    rows = connection.execute("select worker from open_state where site = ? order by worker", (site.number,)).fetchall()
    return [worker for (worker,) in rows]


def _write_station_hours(
    connection: sqlite3.Connection,
    site: Place,
    *,
    worked: Mapping[str, Stretches],
    standing: Mapping[PlaceHour, Stretches],
    until: int,
    rules: LedgerRules,
) -> None:
    pieces = station_hours.cut(worked, offset=site.offset)
    reached = station_hours.reached_by_open_time(connection, (site.number, site.offset), until=until, rules=rules)
    touched = changing(site, pieces, standing=standing, reached=reached, gap=rules.session_gap)
    station_hours.write(connection, site.number, rows=station_hours.merge(standing, pieces, only=touched))
    closed = last_closed(until, gap=rules.session_gap)
    station_hours.close_rows(connection, site.number, before=closed, reached=reached)


def erase_bounds(connection: sqlite3.Connection, site: int, *, bounds: Mapping[str, tuple[int | None, int]]) -> None:
    """Note first and last instants of workstations, by their ids, that no event will tell any more."""
    connection.executemany(
        """
        update workstation
        set erased_first_at = coalesce(min(erased_first_at, ?3), erased_first_at, ?3),
            erased_last_at = coalesce(max(erased_last_at, ?4), erased_last_at, ?4),
            last_at = coalesce(max(last_at, ?4), last_at, ?4)
        where site = ?1 and station_id = ?2
        """,
        [(site, station_id, first, last) for station_id, (first, last) in bounds.items()],
    )


def _erase(connection: sqlite3.Connection, worker: tuple[int, int], *, until: int) -> int:
    """Delete a worker's events before an instant but for the last state and the last event; return how many."""
    where = (*worker, until)
    keys = [key for key in (_last(connection, where, kind="and e.type < 3"), _last(connection, where, kind="")) if key]
    if not keys:
        return 0
    marks = ", ".join(["(?, ?, ?)"] * len(keys))
    gone = connection.execute(
        f"""
        delete from event
        where site = ? and worker = ? and at < ? and (at, type, workstation) not in (values {marks})
        """,  # noqa: S608 - marks only
        (*where, *(part for key in keys for part in key)),
    ).rowcount
    if gone:
        # Versions that lost against an event go with it.
        connection.execute(
            """
            delete from conflict
            where site = ? and worker = ? and at < ? and not exists (
                select 1 from event as e
                where e.site = conflict.site and e.worker = conflict.worker and e.at = conflict.at
                  and e.type = conflict.type and e.workstation = conflict.workstation
            )
            """,
            where,
        )
    return gone


def _last(connection: sqlite3.Connection, where: tuple[int, int, int], *, kind: str) -> tuple[int, int, int] | None:
    # The last in the order of SEMANTICS §3, of all or of states alone.
    row = connection.execute(
        f"""
        select e.at, e.type, e.workstation
        from event as e
        join workstation as st on st.site = e.site and st.number = e.workstation
        where e.site = ?1 and e.worker = ?2 {kind} and e.at = (
            select max(at) from event as e where site = ?1 and worker = ?2 and at < ?3 {kind}
        )
        order by e.type desc, st.station_id desc
        limit 1
        """,  # noqa: S608 - one of two texts of ours
        where,
    ).fetchone()
    return None if row is None else (row[0], row[1], row[2])


def _purge_persons(connection: sqlite3.Connection, site: Place, *, until: int) -> Purged:
    # The first hour that names somebody.
    (first,) = connection.execute(
        "select min(hour) from ledger where site = ? and worker > 0 and hour < ?", (site.number, until)
    ).fetchone()
    first = earlier(first, first_hour(connection, site.number, since=BEGINNING))
    end = end_of_step(first, until=until, together=MOVED_TOGETHER)
    rows = move_hours(connection, site.number, before=end)
    kept = site.kept._replace(persons=end)
    _note(connection, site.number, kept=kept)
    return Purged(kept, 0, rows)


def _purge_hours(connection: sqlite3.Connection, site: Place, *, until: int) -> Purged:
    unfold(connection, site.number, before=until)
    bound = (site.number, until)
    # What goes from the hours goes from the sums.
    connection.execute(
        """
        update total
        set working = total.working - l.working, idle = total.idle - l.idle, absent = total.absent - l.absent,
            assumed = total.assumed - l.assumed, units = total.units - l.units
        from (
            select site, worker, workstation, sum(working) as working, sum(idle) as idle, sum(absent) as absent,
                sum(assumed) as assumed, sum(units) as units
            from ledger
            where site = ? and hour < ?
            group by worker, workstation
        ) as l
        where total.site = l.site and total.worker = l.worker and total.workstation = l.workstation
        """,
        bound,
    )
    connection.execute(
        "delete from total where site = ? and working = 0 and idle = 0 and absent = 0 and units = 0", bound[:1]
    )
    rows = connection.execute("delete from ledger where site = ? and hour < ?", bound).rowcount
    connection.execute("delete from station_hour where site = ? and hour < ?", bound)
    let_go(connection, site.number, before=until)
    kept = site.kept._replace(hours=until)
    _note(connection, site.number, kept=kept)
    return Purged(kept, 0, rows)


def _note(connection: sqlite3.Connection, site: int, *, kept: Kept) -> None:
    connection.execute(
        "update site set events_from = ?, persons_from = ?, hours_from = ? where number = ?", (*kept, site)
    )
