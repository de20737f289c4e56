"""How long workstations were occupied in hours whose events are gone: the rows of `station_hour` in the PostgreSQL store.

Where time may still grow, a row holds its stretches, which name nobody; elsewhere only their sum.
`collector/storage/station_hours.py` shows it.
"""

import json
from collections.abc import Collection, Iterable, Mapping

from collector import hours
from collector.measures import Stretches
from collector.records import LedgerRules
from collector.storage.postgres import columns
from collector.storage.postgres.connecting import Connection
from collector.storage.purge_plan import PlaceHour, length
from shared.events import EventType

# Workstations are registered already.
_WRITE = """
    insert into station_hour (site_id, hour, workstation, occupied, stretches)
    select $1, k.hour, st.number, k.occupied, k.stretches
    from unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[]) as k (station_id, hour, occupied, stretches)
    join workstation as st on st.site_id = $1 and st.station_id = k.station_id
    on conflict (site_id, hour, workstation) do update
    set occupied = excluded.occupied, stretches = excluded.stretches
    where station_hour.stretches is not null
"""


async def open_rows(connection: Connection, site: int, *, window: tuple[int, int]) -> dict[PlaceHour, Stretches]:
    """Return the rows of a site that have stretches, of the hours that a window touches."""
    rows = await connection.fetch(
        """
        select st.station_id, h.hour, h.stretches
        from station_hour as h
        join workstation as st on st.site_id = $1 and st.number = h.workstation
        where h.site_id = $1 and h.stretches is not null and h.hour > $2 and h.hour < $3
        """,
        site,
        window[0] - hours.LENGTH,
        window[1],
    )
    return {(station_id, hour): [(start, end) for start, end in json.loads(text)] for station_id, hour, text in rows}


async def closed_rows(connection: Connection, site: int, *, window: tuple[int, int]) -> dict[PlaceHour, int]:
    """Return the time of the rows that have no stretches, of the hours that begin in a window."""
    rows = await connection.fetch(
        """
        select st.station_id, h.hour, h.occupied
        from station_hour as h
        join workstation as st on st.site_id = $1 and st.number = h.workstation
        where h.site_id = $1 and h.hour >= $2 and h.hour < $3 and h.stretches is null
        """,
        site,
        *window,
    )
    return {(station_id, hour): occupied for station_id, hour, occupied in rows}


async def write(connection: Connection, site: int, *, rows: Mapping[PlaceHour, Stretches]) -> None:
    """Write rows with stretches."""
    written = [
        (station_id, hour, length(stretches), json.dumps(stretches, separators=(",", ":")))
        for (station_id, hour), stretches in rows.items()
    ]
    await columns.execute(connection, _WRITE, site=site, rows=written)


async def close_rows(connection: Connection, site: int, *, before: int, reached: Iterable[PlaceHour]) -> None:
    """Forget the stretches of hours that begin before an instant, but for those that open time may still reach."""
    places = [*reached]
    await connection.execute(
        """
        update station_hour as h
        set stretches = null
        where h.site_id = $1 and h.stretches is not null and h.hour < $2 and not exists (
            select 1
            from unnest($3::text[], $4::bigint[]) as r (station_id, hour)
            join workstation as st on st.site_id = $1 and st.station_id = r.station_id
            where r.hour = h.hour and st.number = h.workstation
        )
        """,
        site,
        before,
        [station_id for station_id, _ in places],
        [hour for _, hour in places],
    )


async def reached_by_open_time(
    connection: Connection, site: tuple[int, int], *, until: int, rules: LedgerRules
) -> Collection[PlaceHour]:
    """Return the hours before `until` that somebody's open time at a workstation reaches, or may reach one day.

    `site` is its number, and where its hours begin.
    """
    number, offset = site
    rows = await connection.fetch(
        """
        select st.station_id, o.last_at, greatest(o.state_at + $2::bigint, o.last_at + $3::bigint)
        from open_state as o
        join workstation as st on st.site_id = $1 and st.number = o.state_workstation
        where o.site_id = $1 and o.state_type = $4 and o.last_at < $5
        """,
        number,
        rules.tail,
        rules.session_gap,
        int(EventType.working),
        until,
    )
    return {
        (station_id, hour)
        for station_id, last_at, end in rows
        for hour, _, _ in hours.by_hour(last_at, min(end, until), offset=offset)
    }
