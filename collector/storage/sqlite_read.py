"""The reading statements of the SQLite store; `sqlite.py` opens a read transaction around each group of them."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlite_utils.utils import sqlite3

from collector.measures import Home, Stretch
from collector.records import Camera, EventQuery, KeptRefusal, Key, Refusal, Registered, Sighting, StoredEvent, Version
from shared.events import EventType
from shared.instants import LAST_INSTANT

Sites = Sequence[str] | None
_TYPES = tuple(EventType)


def sites(connection: sqlite3.Connection, of: Sites = None) -> dict[str, int]:
    """Return the sites that there are, ascending, and where the stored hours of each begin."""
    rows = connection.execute(
        """
        select name, hour_offset
        from site
        where ?1 is null or name in (select value from json_each(?1))
        order by name
        """,
        (named(of),),
    ).fetchall()
    return dict(rows)


def named(of: Sites) -> str | None:
    """Return sites as statements are told of them: a JSON list of names, or null for all."""
    return None if of is None else json.dumps(list(of))


def workers(connection: sqlite3.Connection, of: Sites) -> list[Registered]:
    """Return the registered workers; one without a name is called by its id."""
    rows = connection.execute(
        """
        select s.name, w.worker_id, coalesce(w.name, w.worker_id)
        from worker as w
        join site as s on s.number = w.site
        where w.number > 0
        order by s.name, w.worker_id
        """
    ).fetchall()
    return [Registered(*row) for row in rows if of is None or row[0] in of]


def workstations(connection: sqlite3.Connection, of: Sites) -> list[Registered]:
    """Return the registered workstations; one without a name is called by its id."""
    rows = connection.execute(
        """
        select s.name, w.station_id, coalesce(w.name, w.station_id)
        from workstation as w
        join site as s on s.number = w.site
        order by s.name, w.station_id
        """
    ).fetchall()
    return [Registered(*row) for row in rows if of is None or row[0] in of]


def cameras(connection: sqlite3.Connection, of: Sites) -> list[Camera]:
    """Return the cameras; missing numbers are those given out, less those that arrived and those that wait there."""
    # Numbers have 53 bits, and nobody says how many epochs there are: a sum is of what is above 32 bits, or of the rest.
    rows = connection.execute(
        """
        select s.name, c.name, c.watermark, c.last_contact_at, c.pending, c.oldest_pending_at, c.clock_offset_us,
            c.version, 0, c.has_events, c.is_paused, (
                select coalesce(sum(last_seq >> 32), 0) from camera_epoch where site = c.site and camera = c.number
            ) - (
                select coalesce(sum((last_seq - first_seq + 1) >> 32), 0)
                from camera_range
                where site = c.site and camera = c.number
            ), (
                select coalesce(sum(last_seq & 0xffffffff), 0)
                from camera_epoch
                where site = c.site and camera = c.number
            ) - (
                select coalesce(sum((last_seq - first_seq + 1) & 0xffffffff), 0)
                from camera_range
                where site = c.site and camera = c.number
            )
        from camera as c
        join site as s on s.number = c.site
        where ?1 is null or s.name in (select value from json_each(?1))
        order by s.name, c.name
        """,
        (named(of),),
    ).fetchall()
    return [
        replace(camera, missing=max(0, (high << 32) + low - camera.pending))
        for camera, high, low in ((Camera(*row[:-2]), *row[-2:]) for row in rows)
    ]


def homes(connection: sqlite3.Connection, of: Sequence[str]) -> dict[str, Home]:
    """Return where each of these cameras is known; of several sites the one where it stays."""
    rows = connection.execute(
        """
        select c.name, s.name,
            c.has_events or exists (select 1 from camera_token as t where t.site = c.site and t.camera = c.number) as stays
        from camera as c
        join site as s on s.number = c.site
        where c.name in (select value from json_each(?))
        order by stays
        """,
        (named(of),),
    ).fetchall()
    return {name: Home(site, bool(stays)) for name, site, stays in rows}


def sightings(connection: sqlite3.Connection, of: Sites) -> dict[tuple[str, str], list[Sighting]]:
    """Return every event of every worker, in the order of SEMANTICS §3."""
    result: dict[tuple[str, str], list[Sighting]] = {}
    for site in sites(connection):
        if of is not None and site not in of:
            continue
        rows = connection.execute(
            """
            select w.worker_id, e.at, e.type, st.station_id, e.count, c.name
            from event as e
            join worker as w on w.site = e.site and w.number = e.worker
            join workstation as st on st.site = e.site and st.number = e.workstation
            left join camera as c on c.site = e.site and c.number = e.camera
            where e.site = (select number from site where name = ?)
            order by e.worker, e.at, e.type, st.station_id
            """,
            (site,),
        ).fetchall()
        for worker_id, at, kind, station_id, count, camera in rows:
            of_worker = result.setdefault((site, worker_id), [])
            of_worker.append(Sighting(at, _TYPES[kind], station_id, count, camera))
    return result


def refusals(connection: sqlite3.Connection, of: Sites, *, stretch: Stretch, most: int) -> list[KeptRefusal]:
    """Return the newest refused items that were received within a stretch, newest first."""
    start, end = stretch
    rows = connection.execute(
        """
        select r.received_at, s.name, r.camera, r.code, r.error, r.item
        from rejected as r
        join site as s on s.number = r.site
        where (?1 is null or s.name in (select value from json_each(?1))) and r.received_at >= ?2 and r.received_at < ?3
        order by r.number desc
        limit ?4
        """,
        (named(of), start or 0, LAST_INSTANT + 1 if end is None else end, most),
    ).fetchall()
    return [KeptRefusal(row[0], row[1], row[2], Refusal(*row[3:])) for row in rows]


def refused(connection: sqlite3.Connection, of: Sites, *, stretch: Stretch, most: int) -> int:
    """Return how many refused items were received within a stretch, counted up to so many."""
    start, end = stretch
    # All that are kept are looked at: they are 10,000 at most.
    (number,) = connection.execute(
        """
        select count(*)
        from (
            select 1
            from rejected as r
            join site as s on s.number = r.site
            where (?1 is null or s.name in (select value from json_each(?1))) and r.received_at >= ?2 and r.received_at < ?3
            limit ?4
        )
        """,
        (named(of), start or 0, LAST_INSTANT + 1 if end is None else end, most),
    ).fetchone()
    return int(number)


def events(connection: sqlite3.Connection, query: EventQuery) -> list[StoredEvent]:
    """Return a page of events, worker by worker, so that a page costs its own events and not those before it."""
    page: list[StoredEvent] = []
    for site, site_number, worker_id, number in _workers_from(connection, query):
        rest = query.limit - len(page)
        if rest <= 0:
            break
        cursor = query.after if query.after and query.after[:2] == (site, worker_id) else None
        where = {"site": site_number, "worker": number, "rest": rest}
        for row in _events_of_worker(connection, query, where=where, cursor=cursor):
            key = Key(site, worker_id, row[0], _TYPES[row[1]], row[2])
            losers = _losers(connection, (site_number, number, row[0], row[1], row[6]))
            page.append(StoredEvent(key, Version(row[3], row[4], row[5]), losers))
    return page


def lost_versions(connection: sqlite3.Connection, of: Sites, *, stretch: Stretch, most: int) -> int:
    """Return how many versions of events within a stretch have lost against another, counted up to so many."""
    start, end = stretch
    # Worker by worker, so that a stretch costs its own conflicts and no others; the order of the joins is meant.
    (number,) = connection.execute(
        """
        select count(*)
        from (
            select 1
            from site as s
            cross join worker as w on w.site = s.number
            cross join conflict as k on k.site = w.site and k.worker = w.number and k.at >= ?2 and k.at < ?3
            where ?1 is null or s.name in (select value from json_each(?1))
            limit ?4
        )
        """,
        (named(of), start or 0, LAST_INSTANT + 1 if end is None else end, most),
    ).fetchone()
    return int(number)


def _workers_from(connection: sqlite3.Connection, query: EventQuery) -> list[tuple[str, int, str, int]]:
    after = query.after[:2] if query.after else ("", "")
    # Workers in the order of the page, from the one where the last page ended.
    rows = connection.execute(
        """
        select s.name, s.number, w.worker_id, w.number
        from worker as w
        join site as s on s.number = w.site
        where (s.name, w.worker_id) >= (?1, ?2) and (?3 is null or w.worker_id = ?3)
        order by s.name, w.worker_id
        """,
        (*after, query.worker_id),
    ).fetchall()
    return [row for row in rows if query.sites is None or row[0] in query.sites]


def _events_of_worker(
    connection: sqlite3.Connection, query: EventQuery, *, where: dict[str, Any], cursor: Key | None
) -> list[Any]:
    from_at = query.from_at if cursor is None or query.from_at is None else max(query.from_at, cursor.at)
    bound = {
        **where,
        "from_at": cursor.at if from_at is None and cursor else from_at,
        "to_at": query.to_at,
        "type": query.event_type,
        "station_id": query.workstation_id,
        "only_conflicts": query.only_conflicts,
        "after_at": cursor and cursor.at,
        "after_type": cursor and int(cursor.event_type),
        "after_station": cursor and cursor.workstation_id,
    }
    # One worker's events in the order of SEMANTICS §3, behind the cursor.
    return connection.execute(
        """
        select e.at, e.type, st.station_id, e.count, e.confidence, c.name, e.workstation
        from event as e
        join workstation as st on st.site = e.site and st.number = e.workstation
        left join camera as c on c.site = e.site and c.number = e.camera
        where e.site = :site and e.worker = :worker
          and e.at >= coalesce(:from_at, 0)
          and (:to_at is null or e.at < :to_at)
          and (:type is null or e.type = :type)
          and (:station_id is null or st.station_id = :station_id)
          and (:after_at is null or (e.at, e.type, st.station_id) > (:after_at, :after_type, :after_station))
          and (not :only_conflicts or exists (
              select 1 from conflict as k
              where k.site = e.site and k.worker = e.worker and k.at = e.at and k.type = e.type
                and k.workstation = e.workstation
          ))
        order by e.at, e.type, st.station_id
        limit :rest
        """,
        bound,
    ).fetchall()


def _losers(connection: sqlite3.Connection, key: tuple[int, ...]) -> list[tuple[int, float | None]]:
    # The versions of one event that lost, greatest first.
    rows = connection.execute(
        """
        select count, confidence
        from conflict
        where site = ? and worker = ? and at = ? and type = ? and workstation = ?
        order by count desc, confidence desc
        """,
        key,
    ).fetchall()
    return [(count, None if confidence < 0 else confidence) for count, confidence in rows]
