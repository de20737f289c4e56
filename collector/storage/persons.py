"""All that the SQLite store knows of one person beside the events, for whoever has a right to be told."""

from typing import Any

from sqlite_utils.utils import sqlite3

from collector.storage.blocks import with_hours_of
from collector.storage.forgetting import Person
from collector.storage.ledger_blocks import blocks_within
from shared.instants import format_instant


def told(connection: sqlite3.Connection, person: Person) -> dict[str, Any]:
    """Return site, id, name, and the hours by workstation in microseconds and units."""
    where = (person.site.number, person.number)
    (name,) = connection.execute("select name from worker where site = ? and number = ?", where).fetchone()
    # In the order of time.
    rows = connection.execute(
        """
        select l.hour, st.station_id, l.working, l.idle, l.absent, l.assumed, l.units
        from ledger as l
        join workstation as st on st.site = l.site and st.number = l.workstation
        where l.site = ? and l.worker = ?
        order by l.hour, st.station_id
        """,
        where,
    ).fetchall()
    blocks = blocks_within(connection, person.site.number, worker=person.number)
    if blocks.all:
        rows = with_hours_of(blocks.all, rows)
    return {
        "site": person.site.name,
        "worker_id": person.worker_id,
        "name": name,
        "hours": [
            {
                "hour": format_instant(hour),
                "workstation_id": station_id,
                "working_us": working,
                "idle_us": idle,
                "absent_us": absent,
                "assumed_us": assumed,
                "units": units,
            }
            for hour, station_id, working, idle, absent, assumed, units in rows
        ],
    }
