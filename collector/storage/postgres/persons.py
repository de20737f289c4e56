"""All that the PostgreSQL store knows of one person beside the events, for whoever has a right to be told."""

from collections.abc import Sequence
from typing import Any

from collector.storage.blocks import with_hours_of
from collector.storage.found_person import Person
from collector.storage.keyed_mark import mark_of
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.ledger_blocks import blocks_within
from collector.storage.postgres.marks import marks_of
from collector.storage.postgres.workers import open_states
from collector.storage.told_person import told_hour, told_state, told_sum
from shared.instants import format_instant

_SUMS = """
    select st.station_id, t.working, t.idle, t.absent, t.assumed, t.units
    from total as t
    join workstation as st on st.site_id = $1 and st.number = t.workstation
    where t.site_id = $1 and t.worker = $2
    order by st.station_id
"""


async def told(connection: Connection, person: Person) -> dict[str, Any]:
    """Return site, id, name, when the person was erased, hours and sums by workstation, and the state that goes on."""
    where = (person.site.number, person.number)
    states = {} if person.number is None else await open_states(connection, where[0], workers=[person.number])
    return {
        "site": person.site.name,
        "worker_id": person.worker_id,
        "name": await connection.fetchval("select name from worker where site_id = $1 and number = $2", *where),
        "erased_at": await _erased_at(connection, person),
        "hours": [told_hour(row) for row in await _hours(connection, person)],
        "sums": [told_sum(row) for row in await connection.fetch(_SUMS, *where)],
        "open_state": told_state(None if person.number is None else states.get(person.number)),
    }


async def _hours(connection: Connection, person: Person) -> Sequence[Any]:
    if person.number is None:
        return []
    # In the order of time.
    rows: list[Any] = await connection.fetch(
        """
        select l.hour, st.station_id, l.working, l.idle, l.absent, l.assumed, l.units
        from ledger as l
        join workstation as st on st.site_id = $1 and st.number = l.workstation
        where l.site_id = $1 and l.worker = $2
        order by l.hour, st.station_id
        """,
        person.site.number,
        person.number,
    )
    blocks = await blocks_within(connection, person.site.number, worker=person.number)
    return with_hours_of(blocks.all, rows) if blocks.all else rows


async def _erased_at(connection: Connection, person: Person) -> str | None:
    site = person.site.number
    marks = await marks_of(connection, site)
    if not marks.bears(person.worker_id):
        return None
    mark = mark_of(marks.key, site, worker_id=person.worker_id)
    at = await connection.fetchval("select forgotten_at from forgotten where site_id = $1 and mark = $2", site, mark)
    return format_instant(at)
