"""A PostgreSQL store compared with its own events: ledger, totals, open states, conflicts and registries.

One read transaction, so collectors may run meanwhile and nothing that they write is seen. Workers are compared one after the
other: memory holds the events of one. What the numbers should be is worked out by the `check` that is handed in.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from collector.accounts import Account, Audit, Check, Difference
from collector.records import OpenState, Sighting, State
from collector.storage.blocks import Block, with_hours_of
from collector.storage.nameless import NUMBER as NAMELESS_NUMBER
from collector.storage.postgres import reading
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.migrating import check_schema, refuse_unfinished
from collector.storage.postgres.reading import Site
from collector.storage.postgres.snapshot import snapshot
from collector.storage.postgres.standing import stored_rules
from shared.events import EventType
from shared.instants import LAST_INSTANT

SECONDS_A_STATEMENT = 3_600.0
"""An audit counts all events, once."""
Notify = Callable[[int], None]
"""Told how many more events have been compared."""
Tell = Callable[[Difference], None]
"""Told each difference."""
_TYPES = tuple(EventType)

# Everybody of whom anything is stored at a site, registered or not.
_WORKERS = """
    select k.worker, coalesce(w.worker_id, '#' || k.worker)
    from (
        select worker from event where site_id = $1
        union select worker from ledger where site_id = $1
        union select worker from ledger_block where site_id = $1
        union select worker from total where site_id = $1
        union select worker from open_state where site_id = $1
    ) as k
    left join worker as w on w.site_id = $1 and w.number = k.worker
    order by k.worker
"""
_EVENTS = """
    select e.at, e.type, coalesce(st.station_id, '#' || e.workstation), e.count,
        case when e.camera is not null then coalesce(c.name, '#' || e.camera) end
    from event as e
    left join workstation as st on st.site_id = $1 and st.number = e.workstation
    left join camera as c on c.site_id = $1 and c.number = e.camera
    where e.site_id = $1 and e.worker = $2
    order by 1, 2, 3
"""
_LEDGER = """
    select l.hour, coalesce(st.station_id, '#' || l.workstation), l.working, l.idle, l.absent, l.assumed, l.units
    from ledger as l
    left join workstation as st on st.site_id = $1 and st.number = l.workstation
    where l.site_id = $1 and l.worker = $2
"""
_BLOCKS = """
    select b.block, b.worker, '', b.workstation, coalesce(st.station_id, '#' || b.workstation), b.working, b.idle, b.absent,
        b.assumed, b.of_working, b.of_idle, b.of_absent
    from ledger_block as b
    left join workstation as st on st.site_id = $1 and st.number = b.workstation
    where b.site_id = $1 and b.worker = $2
"""
_TOTAL = """
    select coalesce(st.station_id, '#' || t.workstation), t.working, t.idle, t.absent, t.assumed, t.units
    from total as t
    left join workstation as st on st.site_id = $1 and st.number = t.workstation
    where t.site_id = $1 and t.worker = $2
"""
_OPEN_STATE = """
    select o.last_at, o.state_at, o.state_type, coalesce(st.station_id, '#' || o.state_workstation),
        case when o.state_camera is not null then coalesce(c.name, '#' || o.state_camera) end
    from open_state as o
    left join workstation as st on st.site_id = $1 and st.number = o.state_workstation
    left join camera as c on c.site_id = $1 and c.number = o.state_camera
    where o.site_id = $1 and o.worker = $2
"""
_CONFLICTS = """
    select w.worker_id, st.station_id, k.at, k.count, k.confidence, e.count, e.confidence
    from conflict as k
    left join event as e on e.site_id = $1 and e.worker = k.worker and e.at = k.at and e.type = k.type
        and e.workstation = k.workstation
    left join worker as w on w.site_id = $1 and w.number = k.worker
    left join workstation as st on st.site_id = $1 and st.number = k.workstation
    where k.site_id = $1 and (e.count is null or (k.count, k.confidence) >= (e.count, coalesce(e.confidence, -1.0)))
    order by k.worker, k.at, k.type, k.workstation, k.count, k.confidence
"""
_BOUNDS = """
    select st.station_id, st.first_at, st.last_at,
        least(seen.first_at, st.erased_first_at), greatest(seen.last_at, st.erased_last_at)
    from workstation as st
    left join (
        select workstation, min(at) as first_at, max(at) as last_at from event where site_id = $1 group by workstation
    ) as seen on seen.workstation = st.number
    where st.site_id = $1 and (
        st.first_at is distinct from least(seen.first_at, st.erased_first_at)
        or st.last_at is distinct from greatest(seen.last_at, st.erased_last_at)
    )
    order by st.number
"""
# Numbers in events that nobody has, and cameras with events that could be moved to another site.
_UNREGISTERED = """
    select 'event', k.kind, '#' || k.number, 'a registered ' || k.kind
    from (
        select distinct 'worker' as kind, worker as number from event where site_id = $1
        union select distinct 'workstation', workstation from event where site_id = $1
        union select distinct 'camera', camera from event where site_id = $1 and camera is not null
    ) as k
    where not exists (select 1 from worker where site_id = $1 and k.kind = 'worker' and number = k.number)
        and not exists (select 1 from workstation where site_id = $1 and k.kind = 'workstation' and number = k.number)
        and not exists (select 1 from camera where site_id = $1 and k.kind = 'camera' and number = k.number)
    union all
    select 'camera', 'has_events', '0 for ' || c.name, '1'
    from camera as c
    where c.site_id = $1 and not c.has_events
        and exists (select 1 from event where site_id = $1 and camera = c.number)
    union all
    select 'camera_home', 'site', coalesce(h.site_id::text, 'none') || ' for ' || c.name, $1::text
    from camera as c
    left join camera_home as h on h.camera = c.name
    where c.site_id = $1 and c.has_events and (h.site_id is distinct from $1 or not h.is_settled)
"""


async def audit(url: str, *, check: Check, notify: Notify, tell: Tell) -> Audit:
    """Tell each thing stored that the events do not bear out; return how many there are, and in which tables.

    Raises:
        Busy: the database is away.
        StorageUnusable: not a collector's database, or one whose amounts are not complete.
    """

    async def run(connection: Connection) -> Audit:
        rules = await stored_rules(connection)
        told: list[str] = []
        events = workers = 0

        def add(found: Iterable[Difference]) -> None:
            for difference in found:
                told.append(difference.table)
                tell(difference)

        for site in await reading.sites(connection):
            for number, worker_id in await connection.fetch(_WORKERS, site.number):
                place = (site.number, number)
                sightings = [
                    Sighting(at, _TYPES[kind], station, count, camera)
                    for at, kind, station, count, camera in await connection.fetch(_EVENTS, *place)
                ]
                stored = await _account(connection, place)
                # No event tells the hours of the nameless one.
                horizon = LAST_INSTANT if number == NAMELESS_NUMBER else site.kept.events
                found = check(stored, sightings, rules=rules, offset=site.hour_offset, horizon=horizon)
                add(each._replace(site=site.name, worker_id=worker_id) for each in found)
                events, workers = events + len(sightings), workers + 1
                notify(len(sightings))
            add(await _registries(connection, site))
            add(await _conflicts(connection, site))
        return Audit(events, workers, len(told), frozenset(told))

    result: Audit = await _reading(url, run)
    return result


async def events_in(url: str) -> int:
    """Return how many events there are to compare."""
    found: int = await _reading(url, lambda connection: connection.fetchval("select count(*) from event"))
    return found


async def _reading(url: str, work: Callable[[Connection], Any]) -> Any:
    async with snapshot(url, statement_seconds=SECONDS_A_STATEMENT) as connection:
        await check_schema(connection)
        await refuse_unfinished(connection)
        return await work(connection)


async def _account(connection: Connection, worker: tuple[int, int]) -> Account:
    rows = await connection.fetch(_LEDGER, *worker)
    blocks = [*map(Block._make, await connection.fetch(_BLOCKS, *worker))]
    rows = with_hours_of(blocks, rows) if blocks else rows
    hours = {(row[0], row[1]): list(row[2:]) for row in rows}
    totals: Mapping[str, list[int]] = {row[0]: list(row[1:]) for row in await connection.fetch(_TOTAL, *worker)}
    row = await connection.fetchrow(_OPEN_STATE, *worker)
    if row is None:
        return Account(hours, totals, None)
    state = None if row[1] is None else State(*row[1:])
    return Account(hours, totals, OpenState(row[0], state))


async def _registries(connection: Connection, site: Site) -> Sequence[Difference]:
    found = [
        Difference(table, column, stored, right, site=site.name)
        for table, column, stored, right in await connection.fetch(_UNREGISTERED, site.number)
    ]
    for station_id, *bounds in await connection.fetch(_BOUNDS, site.number):
        for column, stored, right in zip(("first_at", "last_at"), bounds[:2], bounds[2:], strict=True):
            if stored != right:
                found.append(Difference("workstation", column, stored, right, None, station_id, site.name))
    return found


async def _conflicts(connection: Connection, site: Site) -> Sequence[Difference]:
    """Return the versions that cannot have lost: there is no event, or what survived is not greater."""
    return [
        Difference(
            "conflict",
            "version",
            _version(count, None if confidence < 0 else confidence),
            "nothing: there is no event" if survivor is None else f"less than {_version(survivor, of_survivor)}",
            at,
            station_id,
            site.name,
            worker_id,
        )
        for worker_id, station_id, at, count, confidence, survivor, of_survivor in await connection.fetch(
            _CONFLICTS, site.number
        )
    ]


def _version(count: int, confidence: float | None) -> str:
    return f"{count} ({'unknown' if confidence is None else confidence})"
