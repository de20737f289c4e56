"""What the PostgreSQL store is asked most often: sites, registries, cameras, events; all within one read transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from collector.measures import Kept, Person, Station
from collector.records import (
    Camera,
    EventQuery,
    Key,
    OpenState,
    Registered,
    Sighting,
    Snapshot,
    State,
    StoredEvent,
    Version,
)
from collector.storage.postgres.connecting import Connection
from shared.events import EventType

_TYPES = tuple(EventType)


@dataclass(frozen=True, slots=True)
class Site:
    """A site by its name and its number, where its hours begin, and from when on it still has what."""

    name: str
    number: int
    hour_offset: int
    kept: Kept


async def sites(connection: Connection, of: Sequence[str] | None = None) -> list[Site]:
    """Return these sites (None: all), those that there are, by name."""
    rows = await connection.fetch(
        """
        select name, site_id, hour_offset, events_from, persons_from, hours_from
        from site
        where $1::text[] is null or name = any($1)
        order by name
        """,
        None if of is None else list(of),
    )
    return [Site(name, number, offset, Kept(*kept)) for name, number, offset, *kept in rows]


async def fetch_of(connection: Connection, statement: str, *bound: object, of: Sequence[int]) -> list[Any]:
    """Return what a statement, with `{of}` behind `site_id`, finds of these sites; of one site a cluster asks one machine.

    What else it is bound to begins with `$2`. `{too}` says it once more where a cluster would not know by itself; of several
    sites it says nothing, since each look-up by a key would go through all of them.
    """
    if len(of) == 1:
        rows: list[Any] = await connection.fetch(statement.format(of="= $1", too="= $1"), of[0], *bound)
    else:
        several = statement.format(of="= any($1::integer[])", too="is not null")
        rows = await connection.fetch(several, list(of), *bound)
    return rows


def numbers(of: Sequence[Site]) -> list[int]:
    """Return the numbers of sites."""
    return [site.number for site in of]


async def workers(connection: Connection, of: Sequence[Site]) -> list[Registered]:
    """Return the registered workers; one without a name is called by its id."""
    rows = await fetch_of(
        connection,
        """
        select s.name, w.worker_id, coalesce(w.name, w.worker_id)
        from worker as w
        join site as s on s.site_id = w.site_id
        where w.site_id {of} and w.number > 0
        order by s.name, w.worker_id
        """,
        of=numbers(of),
    )
    return [Registered(*row) for row in rows]


async def stations(connection: Connection, of: Sequence[Site]) -> list[Station]:
    """Return the registered workstations with their first and last events; one without a name is called by its id."""
    rows = await fetch_of(
        connection,
        """
        select s.name, w.station_id, coalesce(w.name, w.station_id), w.first_at, w.last_at
        from workstation as w
        join site as s on s.site_id = w.site_id
        where w.site_id {of}
        order by s.name, w.station_id
        """,
        of=numbers(of),
    )
    return [Station(*row) for row in rows]


async def cameras(connection: Connection, of: Sequence[Site]) -> list[Camera]:
    """Return the cameras; missing numbers are those given out, less those that arrived and those that wait there."""
    rows = await fetch_of(
        connection,
        """
        select s.name, c.name, c.watermark, c.last_contact_at, c.pending, c.oldest_pending_at, c.clock_offset_us,
            c.version, greatest(0, coalesce((
                select sum(e.last_seq) from camera_epoch as e where e.site_id = c.site_id and e.camera = c.number
            ), 0) - coalesce((
                select sum(r.last_seq - r.first_seq + 1)
                from camera_range as r
                where r.site_id = c.site_id and r.camera = c.number
            ), 0) - c.pending),
            c.has_events::integer, c.is_paused::integer
        from camera as c
        join site as s on s.site_id = c.site_id
        where c.site_id {of}
        order by s.name, c.name
        """,
        of=numbers(of),
    )
    return [replace(Camera(*row), missing=int(row[8])) for row in rows]  # a sum of numbers is a Decimal


async def open_states(connection: Connection, of: Sequence[Site]) -> dict[Person, OpenState]:
    """Return where each worker's time stands, by the ids that people know."""
    rows = await fetch_of(
        connection,
        """
        select s.name, w.worker_id, o.last_at, o.state_at, o.state_type, st.station_id, c.name
        from open_state as o
        join site as s on s.site_id = o.site_id
        join worker as w on w.site_id = o.site_id and w.number = o.worker
        left join workstation as st on st.site_id = o.site_id and st.number = o.state_workstation
        left join camera as c on c.site_id = o.site_id and c.number = o.state_camera
        where o.site_id {of}
        """,
        of=numbers(of),
    )
    return {(row[0], row[1]): OpenState(row[2], None if row[3] is None else State(*row[3:])) for row in rows}


async def snapshot(connection: Connection, of: Sequence[str] | None) -> Snapshot:
    """Return all that metrics are made of."""
    there = await sites(connection, of)
    return Snapshot(
        await workers(connection, there),
        [Registered(each.site, each.id, each.name) for each in await stations(connection, there)],
        await cameras(connection, there),
        await sightings(connection, there),
    )


async def sightings(connection: Connection, of: Sequence[Site]) -> dict[Person, list[Sighting]]:
    """Return every event of every worker, in the order of SEMANTICS §3."""
    result: dict[Person, list[Sighting]] = {}
    for site in of:
        rows = await connection.fetch(
            """
            select w.worker_id, e.at, e.type, st.station_id, e.count, c.name
            from event as e
            join worker as w on w.site_id = e.site_id and w.number = e.worker
            join workstation as st on st.site_id = e.site_id and st.number = e.workstation
            left join camera as c on c.site_id = e.site_id and c.number = e.camera
            where e.site_id = $1
            order by e.worker, e.at, e.type, st.station_id
            """,
            site.number,
        )
        for worker_id, at, kind, station_id, count, camera in rows:
            of_worker = result.setdefault((site.name, worker_id), [])
            of_worker.append(Sighting(at, _TYPES[kind], station_id, count, camera))
    return result


async def events(connection: Connection, query: EventQuery) -> list[StoredEvent]:
    """Return a page of events, worker by worker, so that a page costs its own events and not those before it."""
    page: list[StoredEvent] = []
    for site in await sites(connection, query.sites):
        if query.after is not None and site.name < query.after.site:
            continue
        for worker_id, number in await _workers_from(connection, site, query=query):
            rest = query.limit - len(page)
            if rest <= 0:
                return page
            cursor = query.after if query.after and query.after[:2] == (site.name, worker_id) else None
            rows = await _events_of_worker(connection, query, place=(site.number, number, rest), cursor=cursor)
            losers = await _losers(connection, (site.number, number), rows=rows)
            for row in rows:
                key = Key(site.name, worker_id, row[0], _TYPES[row[1]], row[2])
                lost = losers.get((row[0], row[1], row[6]), [])
                page.append(StoredEvent(key, Version(row[3], row[4], row[5]), lost))
    return page


async def _workers_from(connection: Connection, site: Site, *, query: EventQuery) -> list[tuple[str, int]]:
    # A site's workers in the order of the page, from the one where the last page ended.
    after = query.after.worker_id if query.after and query.after.site == site.name else ""
    rows = await connection.fetch(
        """
        select worker_id, number
        from worker
        where site_id = $1 and number > 0 and worker_id >= $2 and ($3::text is null or worker_id = $3)
        order by worker_id
        """,
        site.number,
        after,
        query.worker_id,
    )
    return [(worker_id, number) for worker_id, number in rows]


async def _events_of_worker(
    connection: Connection, query: EventQuery, *, place: tuple[int, int, int], cursor: Key | None
) -> list[Any]:
    after = (None,) * 3 if cursor is None else (cursor.at, int(cursor.event_type), cursor.workstation_id)
    starts = [at for at in (query.from_at, after[0]) if isinstance(at, int)]
    # One worker's events in the order of SEMANTICS §3, behind the cursor.
    rows: list[Any] = await connection.fetch(
        """
        select e.at, e.type, st.station_id, e.count, e.confidence, c.name, e.workstation
        from event as e
        join workstation as st on st.site_id = e.site_id and st.number = e.workstation
        left join camera as c on c.site_id = e.site_id and c.number = e.camera
        where e.site_id = $1 and e.worker = $2
          and e.at >= $4
          and ($5::bigint is null or e.at < $5)
          and ($6::integer is null or e.type = $6)
          and ($7::text is null or st.station_id = $7)
          and ($8::bigint is null or (e.at, e.type::integer, st.station_id) > ($8, $9::integer, $10::text collate "C"))
          and (not $11::boolean or exists (
              select 1 from conflict as k
              where k.site_id = e.site_id and k.worker = e.worker and k.at = e.at and k.type = e.type
                and k.workstation = e.workstation
          ))
        order by e.at, e.type, st.station_id
        limit $3
        """,
        *place,
        max(starts, default=0),
        query.to_at,
        None if query.event_type is None else int(query.event_type),
        query.workstation_id,
        *after,
        query.only_conflicts,
    )
    return rows


async def _losers(
    connection: Connection, worker: tuple[int, int], *, rows: Sequence[Any]
) -> Mapping[tuple[int, int, int], list[tuple[int, float | None]]]:
    """Return the versions that lost against these events of a worker, by (at, type, workstation), greatest first."""
    found: dict[tuple[int, int, int], list[tuple[int, float | None]]] = {}
    if not rows:
        return found
    lost = await connection.fetch(
        """
        select at, type, workstation, count, confidence
        from conflict
        where site_id = $1 and worker = $2 and at between $3 and $4
        order by at, type, workstation, count desc, confidence desc
        """,
        *worker,
        rows[0][0],
        rows[-1][0],
    )
    for at, kind, station, count, confidence in lost:
        found.setdefault((at, kind, station), []).append((count, None if confidence < 0 else confidence))
    return found
