"""Workers in the PostgreSQL store: holding them, and where the time of each stands."""

from collections.abc import Sequence

from collector.records import OpenState, State
from collector.storage.postgres.connecting import Connection


async def hold(connection: Connection, site: int, *, workers: Sequence[int]) -> None:
    """Wait until nobody else changes anything of these workers; they are held, in order, to the end of the transaction.

    What was read before may be old by then: read afterwards.
    """
    # One after the other by number, so that two collectors with the same workers do not wait for each other.
    await connection.execute(
        """
        select number
        from worker
        where site_id = $1 and number = any($2::integer[])
        order by number
        for no key update
        """,
        site,
        list(workers),
    )


async def open_states(connection: Connection, site: int, *, workers: Sequence[int]) -> dict[int, OpenState]:
    """Return where the time of each of these workers stands; without an event there is none."""
    return (await standing(connection, site, workers=workers))[0]


async def standing(
    connection: Connection, site: int, *, workers: Sequence[int]
) -> tuple[dict[int, OpenState], int | None]:
    """Return where the time of each of these workers stands, and the instant before which the site takes no events."""
    # The ids are wanted, not the numbers: they decide the order.
    rows = await connection.fetch(
        """
        select o.worker, o.last_at, o.state_at, o.state_type, st.station_id, c.name,
            (select events_from from site where site_id = $1)
        from open_state as o
        left join workstation as st on st.site_id = $1 and st.number = o.state_workstation
        left join camera as c on c.site_id = $1 and c.number = o.state_camera
        where o.site_id = $1 and o.worker = any($2::integer[])
        """,
        site,
        list(workers),
    )
    if rows:
        horizon = rows[0][6]
    else:  # hardly ever: nobody of them has an event yet
        horizon = await connection.fetchval("select events_from from site where site_id = $1", site)
    return {row[0]: OpenState(row[1], None if row[2] is None else State(*row[2:6])) for row in rows}, horizon
