"""All that the PostgreSQL store knows of one person beside the events, for whoever has a right to be told."""

from typing import Any

from collector.storage.blocks import with_hours_of
from collector.storage.postgres import reading
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.ledger_blocks import blocks_within
from collector.storage.postgres.reading import Site
from collector.storage.postgres.workers import open_states
from collector.storage.told_person import told_hour, told_state, told_sum
from shared.errors import BadRequest, NotFound

_SUMS = """
    select st.station_id, t.working, t.idle, t.absent, t.assumed, t.units
    from total as t
    join workstation as st on st.site_id = $1 and st.number = t.workstation
    where t.site_id = $1 and t.worker = $2
    order by st.station_id
"""


async def told(connection: Connection, of: str | None, *, worker_id: str) -> dict[str, Any]:
    """Return site, id, name, hours and sums by workstation in microseconds and units, and the state that goes on.

    Raises:
        NotFound: there is none of that id, or no such site.
        BadRequest: several sites have one.
    """
    site, number, name = await _person(connection, of, worker_id=worker_id)
    # In the order of time.
    rows = await connection.fetch(
        """
        select l.hour, st.station_id, l.working, l.idle, l.absent, l.assumed, l.units
        from ledger as l
        join workstation as st on st.site_id = $1 and st.number = l.workstation
        where l.site_id = $1 and l.worker = $2
        order by l.hour, st.station_id
        """,
        site.number,
        number,
    )
    blocks = await blocks_within(connection, site.number, worker=number)
    if blocks.all:
        rows = with_hours_of(blocks.all, rows)
    states = await open_states(connection, site.number, workers=[number])
    return {
        "site": site.name,
        "worker_id": worker_id,
        "name": name,
        "erased_at": None,
        "hours": [told_hour(row) for row in rows],
        "sums": [told_sum(row) for row in await connection.fetch(_SUMS, site.number, number)],
        "open_state": told_state(states.get(number)),
    }


async def _person(connection: Connection, of: str | None, *, worker_id: str) -> tuple[Site, int, str | None]:
    sites = await reading.sites(connection, None if of is None else [of])
    if of is not None and not sites:
        raise NotFound(f"there is no site {of}")
    found: list[tuple[Site, int, str | None]] = []
    for site in sites:
        row = await connection.fetchrow(
            "select number, name from worker where site_id = $1 and worker_id = $2 and number > 0",
            site.number,
            worker_id,
        )
        if row is not None:
            found.append((site, row[0], row[1]))
    if not found:
        raise NotFound(f"there is no worker {worker_id}" + ("" if of is None else f" at site {of}"))
    if len(found) > 1:
        known = ", ".join(site.name for site, _, _ in found)
        raise BadRequest(f"worker {worker_id} is known at {known}", hint="name the --site")
    return found[0]
