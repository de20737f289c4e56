"""All that the SQLite store knows of one person beside the events, for whoever has a right to be told."""

from typing import Any

from sqlite_utils.utils import sqlite3

from collector.records import OpenState
from collector.storage.blocks import with_hours_of
from collector.storage.found_person import Person
from collector.storage.ledger_blocks import blocks_within
from collector.storage.marks import mark, marks_of
from collector.storage.registry import open_state_of
from collector.storage.told_person import told_hour, told_state, told_sum
from shared.instants import format_instant

_SUMS = """
    select st.station_id, t.working, t.idle, t.absent, t.assumed, t.units
    from total as t
    join workstation as st on st.site = t.site and st.number = t.workstation
    where t.site = ? and t.worker = ?
    order by st.station_id
"""


def told(connection: sqlite3.Connection, person: Person) -> dict[str, Any]:
    """Return site, id, name, when the person was erased, hours and sums by workstation, and the state that goes on."""
    where = (person.site.number, person.number)
    named = connection.execute("select name from worker where site = ? and number = ?", where).fetchone()
    return {
        "site": person.site.name,
        "worker_id": person.worker_id,
        "name": None if named is None else named[0],
        "erased_at": _erased_at(connection, person),
        "hours": [told_hour(row) for row in _hours(connection, person)],
        "sums": [told_sum(row) for row in connection.execute(_SUMS, where)],
        "open_state": told_state(_open_state(connection, person)),
    }


def _hours(connection: sqlite3.Connection, person: Person) -> list[tuple[Any, ...]]:
    if person.number is None:
        return []
    # In the order of time.
    rows = connection.execute(
        """
        select l.hour, st.station_id, l.working, l.idle, l.absent, l.assumed, l.units
        from ledger as l
        join workstation as st on st.site = l.site and st.number = l.workstation
        where l.site = ? and l.worker = ?
        order by l.hour, st.station_id
        """,
        (person.site.number, person.number),
    ).fetchall()
    blocks = blocks_within(connection, person.site.number, worker=person.number)
    return list(with_hours_of(blocks.all, rows)) if blocks.all else rows


def _open_state(connection: sqlite3.Connection, person: Person) -> OpenState | None:
    return None if person.number is None else open_state_of(connection, (person.site.number, person.number))


def _erased_at(connection: sqlite3.Connection, person: Person) -> str | None:
    if not marks_of(connection, person.site.number).bears(person.worker_id):
        return None
    site = person.site.number
    (at,) = connection.execute(
        "select forgotten_at from forgotten where site = ? and mark = ?",
        (site, mark(connection, site, worker_id=person.worker_id)),
    ).fetchone()
    return format_instant(at)
