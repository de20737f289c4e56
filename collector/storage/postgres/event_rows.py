"""Events and losing versions of one site in the PostgreSQL store, and when its workstations have had events."""

from collections.abc import Mapping

from collector.records import Splice
from collector.storage.postgres import columns
from collector.storage.postgres.connecting import Connection

# A survivor replaces what stands: `decide` has seen it.
_KEEP_EVENTS = """
    insert into event (site_id, worker, at, type, workstation, count, confidence, camera)
    select $1, * from unnest(
        $2::integer[], $3::bigint[], $4::smallint[], $5::integer[], $6::integer[], $7::double precision[], $8::integer[]
    )
    on conflict (site_id, worker, at, type, workstation) do update
    set count = excluded.count, confidence = excluded.confidence, camera = excluded.camera
"""
# Each distinct losing version is kept once.
_KEEP_LOSERS = """
    insert into conflict (site_id, worker, at, type, workstation, count, confidence)
    select $1, * from unnest(
        $2::integer[], $3::bigint[], $4::smallint[], $5::integer[], $6::integer[], $7::double precision[]
    )
    on conflict do nothing
"""
# In the order of their numbers, as everybody takes them; those that have seen all of it are left alone.
_LOCK_STATIONS = """
    select st.number, st.first_at, st.last_at
    from workstation as st
    where st.site_id = $1 and st.number = any($2::integer[])
    order by st.number
    for no key update
"""
_OUTSIDE = """
    select st.number
    from workstation as st
    join unnest($2::integer[], $3::bigint[], $4::bigint[]) as seen (number, first_at, last_at)
        on seen.number = st.number
    where st.site_id = $1 and (st.first_at is null or seen.first_at < st.first_at or seen.last_at > st.last_at)
"""
_WIDEN = """
    update workstation as st
    set first_at = least(st.first_at, seen.first_at), last_at = greatest(st.last_at, seen.last_at)
    from unnest($2::integer[], $3::bigint[], $4::bigint[]) as seen (number, first_at, last_at)
    where st.site_id = $1 and st.number = seen.number
"""


class EventRows:
    """What one transaction keeps at one site, written once."""

    def __init__(self, *, stations: Mapping[str, int], cameras: Mapping[str, int]) -> None:
        """Take the numbers of all workstations and cameras that the splices name."""
        self._stations = stations
        self._cameras = cameras
        self._events: list[tuple[object, ...]] = []
        self._losers: list[tuple[object, ...]] = []
        self._seen: dict[int, tuple[int, int]] = {}

    def add(self, worker: int, splice: Splice) -> None:
        """Take in what changes for a worker; workers come in the order of their numbers."""
        for at, kind, station, count, confidence, camera in splice.survivors:
            place = self._stations[station]
            first, last = self._seen.get(place, (at, at))
            self._seen[place] = (min(first, at), max(last, at))
            source = None if camera is None else self._cameras[camera]
            self._events.append((worker, at, int(kind), place, count, confidence, source))
        for at, kind, station, count, confidence, _ in splice.losers:
            place = self._stations[station]
            self._losers.append((worker, at, int(kind), place, count, -1.0 if confidence is None else confidence))

    async def write(self, connection: Connection, site: int) -> None:
        """Write events and losers."""
        await columns.execute(connection, _KEEP_EVENTS, site=site, rows=self._events)
        await columns.execute(connection, _KEEP_LOSERS, site=site, rows=self._losers)

    async def widen(self, connection: Connection, site: int) -> None:
        """Let the bounds of each workstation hold its events."""
        rows = [(station, *bounds) for station, bounds in sorted(self._seen.items())]
        if not rows:
            return
        outside = [row[0] for row in await connection.fetch(_OUTSIDE, site, *map(list, zip(*rows, strict=True)))]
        if outside:
            await connection.fetch(_LOCK_STATIONS, site, outside)
            await columns.execute(connection, _WIDEN, site=site, rows=[row for row in rows if row[0] in set(outside)])
