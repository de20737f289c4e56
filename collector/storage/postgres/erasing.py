"""Events that go, in the PostgreSQL store, and what is noted of workstations before: whoever calls holds the site."""

from collections.abc import Mapping, Sequence

from collector.storage.postgres.connecting import Connection

# Of each worker before an instant the last state and the last event, in the order of SEMANTICS §3; often they are the same.
_STAYING = """
    select k.worker, e.at, e.type, e.workstation
    from unnest($2::integer[]) as k (worker)
    cross join lateral (
        (
            select last.at, last.type, last.workstation
            from event as last
            join workstation as st on st.site_id = $1 and st.number = last.workstation
            where last.site_id = $1 and last.worker = k.worker and last.at = (
                select max(at) from event where site_id = $1 and worker = k.worker and at < $3 and type < 3
            ) and last.type < 3
            order by last.type desc, st.station_id desc
            limit 1
        )
        union
        (
            select last.at, last.type, last.workstation
            from event as last
            join workstation as st on st.site_id = $1 and st.number = last.workstation
            where last.site_id = $1 and last.worker = k.worker and last.at = (
                select max(at) from event where site_id = $1 and worker = k.worker and at < $3
            )
            order by last.type desc, st.station_id desc
            limit 1
        )
    ) as e
"""
_ERASE = """
    delete from event as e
    where e.site_id = $1 and e.worker = any($2::integer[]) and e.at < $3 and not exists (
        select 1
        from unnest($4::integer[], $5::bigint[], $6::smallint[], $7::integer[]) as s (worker, at, type, workstation)
        where s.worker = e.worker and s.at = e.at and s.type = e.type and s.workstation = e.workstation
    )
"""
# Versions that lost against an event go with it.
_ERASE_LOSERS = """
    delete from conflict as k
    where k.site_id = $1 and k.worker = any($2::integer[]) and k.at < $3 and not exists (
        select 1 from event as e
        where e.site_id = $1 and e.worker = k.worker and e.at = k.at and e.type = k.type
            and e.workstation = k.workstation
    )
"""
_LOCK_STATIONS = """
    select st.number
    from workstation as st
    where st.site_id = $1 and st.station_id = any($2::text[])
    order by st.number
    for no key update
"""
_ERASE_BOUNDS = """
    update workstation as st
    set erased_first_at = least(st.erased_first_at, seen.first_at),
        erased_last_at = greatest(st.erased_last_at, seen.last_at),
        last_at = greatest(st.last_at, seen.last_at)
    from unnest($2::text[], $3::bigint[], $4::bigint[]) as seen (station_id, first_at, last_at)
    where st.site_id = $1 and st.station_id = seen.station_id
"""
# Of each worker stay the last state and the last event: one, where they are the same.
COUNT_DOOMED = """
    select count(*) - coalesce((
        select sum((n.last_at is not null)::integer + coalesce((n.state_at < n.last_at)::integer, 0))
        from (
            select
                (select max(at) from event where site_id = $1 and worker = o.worker and at < $2) as last_at,
                (select max(at) from event where site_id = $1 and worker = o.worker and at < $2 and type < 3) as state_at
            from open_state as o
            where o.site_id = $1
        ) as n
    ), 0)::bigint
    from event
    where site_id = $1 and at < $2
"""


async def erase_events(connection: Connection, site: int, *, workers: Sequence[int], until: int) -> int:
    """Delete events before an instant but for each worker's last state and last event; return how many."""
    if not workers:
        return 0
    rows = await connection.fetch(_STAYING, site, list(workers), until)
    staying: list[Sequence[int]] = [*map(list, zip(*rows, strict=True))] if rows else [[], [], [], []]
    gone = count_of(await connection.execute(_ERASE, site, list(workers), until, *staying))
    if gone:
        await connection.execute(_ERASE_LOSERS, site, list(workers), until)
    return gone


async def erase_bounds(connection: Connection, site: int, *, bounds: Mapping[str, tuple[int | None, int]]) -> None:
    """Note first and last instants of workstations, by their ids, that no event will tell any more."""
    if not bounds:
        return
    await connection.execute(_LOCK_STATIONS, site, [*bounds])
    firsts, lasts = ([each[place] for each in bounds.values()] for place in (0, 1))
    await connection.execute(_ERASE_BOUNDS, site, [*bounds], firsts, lasts)


def count_of(told: str) -> int:
    """Return how many rows a statement was about, by what the server says of it.

    >>> count_of("DELETE 12")
    12
    """
    return int(told.rsplit(" ", maxsplit=1)[-1])
