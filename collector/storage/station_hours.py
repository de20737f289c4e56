"""How long workstations were occupied in hours whose events are gone: the rows of `station_hour` in the SQLite store.

`occupied` counts time once however many work at a station, so it cannot be added up later: it is written down while the
events are still there. Time of the last kept events before the horizon may still grow, up to `session_gap` behind them, and
open time moves with a watermark. Where that may reach, a row holds its stretches, which name nobody; elsewhere their sum.

    hours      |  sum only   |  stretches  |  stretches  | events ...
                              <= session_gap before the horizon
"""

import json
from collections.abc import Iterable, Mapping

from sqlite_utils.utils import sqlite3

from collector import hours
from collector.measures import Stretches, joined
from collector.records import LedgerRules
from collector.storage.purge_plan import PlaceHour, length
from shared.events import EventType


def open_rows(connection: sqlite3.Connection, site: int, *, window: tuple[int, int]) -> dict[PlaceHour, Stretches]:
    """Return the rows of a site that have stretches, of the hours that a window touches."""
    # The index holds them alone: all others never change again.
    rows = connection.execute(
        """
        select st.station_id, h.hour, h.stretches
        from station_hour as h indexed by station_hour_open
        join workstation as st on st.site = h.site and st.number = h.workstation
        where h.site = ? and h.stretches is not null and h.hour > ? and h.hour < ?
        """,
        (site, window[0] - hours.LENGTH, window[1]),
    ).fetchall()
    return {(station_id, hour): [(start, end) for start, end in json.loads(text)] for station_id, hour, text in rows}


def closed_rows(connection: sqlite3.Connection, site: int, *, window: tuple[int, int]) -> dict[PlaceHour, int]:
    """Return the time of the rows that have no stretches, of the hours that begin in a window."""
    # Hours that never change again.
    rows = connection.execute(
        """
        select st.station_id, h.hour, h.occupied
        from station_hour as h
        join workstation as st on st.site = h.site and st.number = h.workstation
        where h.site = ? and h.hour >= ? and h.hour < ? and h.stretches is null
        """,
        (site, *window),
    ).fetchall()
    return {(station_id, hour): occupied for station_id, hour, occupied in rows}


def cut(worked: Mapping[str, Stretches], *, offset: int) -> dict[PlaceHour, list[tuple[int, int]]]:
    """Return stretches by workstation as pieces of hours."""
    pieces: dict[PlaceHour, list[tuple[int, int]]] = {}
    for station_id, stretches in worked.items():
        for start, end in stretches:
            for hour, begin, until in hours.by_hour(start, end, offset=offset):
                pieces.setdefault((station_id, hour), []).append((begin, until))
    return pieces


def write(connection: sqlite3.Connection, site: int, *, rows: Mapping[PlaceHour, Stretches]) -> None:
    """Write rows with stretches; workstations are registered already."""
    connection.executemany(
        """
        insert into station_hour (site, hour, workstation, occupied, stretches)
        select st.site, ?3, st.number, ?4, ?5
        from workstation as st
        where st.site = ?1 and st.station_id = ?2
        on conflict (site, hour, workstation) do update
        set occupied = excluded.occupied, stretches = excluded.stretches
        where station_hour.stretches is not null
        """,
        [
            (site, station_id, hour, length(stretches), json.dumps(stretches, separators=(",", ":")))
            for (station_id, hour), stretches in rows.items()
        ],
    )


def merge(
    standing: Mapping[PlaceHour, Stretches], more: Mapping[PlaceHour, Stretches], *, only: Iterable[PlaceHour]
) -> dict[PlaceHour, Stretches]:
    """Return the rows of these places with more time in them."""
    return {place: joined([*standing.get(place, ()), *more.get(place, ())]) for place in only}


def close_rows(connection: sqlite3.Connection, site: int, *, before: int, reached: Iterable[PlaceHour]) -> None:
    """Forget the stretches of hours that begin before an instant, but for those that open time may still reach."""
    connection.execute(
        """
        update station_hour
        set stretches = null
        where site = ?1 and stretches is not null and hour < ?2 and not exists (
            select 1
            from json_each(?3) as r
            join workstation as st on st.site = ?1 and st.station_id = r.value ->> 0
            where r.value ->> 1 = station_hour.hour and st.number = station_hour.workstation
        )
        """,
        (site, before, json.dumps([*reached])),
    )


def reached_by_open_time(
    connection: sqlite3.Connection, site: tuple[int, int], *, until: int, rules: LedgerRules
) -> set[PlaceHour]:
    """Return the hours before `until` that somebody's open time at a workstation reaches, or may reach one day.

    `site` is its number, and where its hours begin.
    """
    number, offset = site
    rows = connection.execute(
        """
        select st.station_id, o.last_at, max(o.state_at + :tail, o.last_at + :gap)
        from open_state as o
        join workstation as st on st.site = o.site and st.number = o.state_workstation
        where o.site = :site and o.state_type = :working and o.last_at < :until
        """,
        {
            "site": number,
            "working": int(EventType.working),
            "tail": rules.tail,
            "gap": rules.session_gap,
            "until": until,
        },
    ).fetchall()
    return {
        (station_id, hour)
        for station_id, last_at, end in rows
        for hour, _, _ in hours.by_hour(last_at, min(end, until), offset=offset)
    }
