"""Names in the PostgreSQL store: of workers, workstations and sites."""

from collections.abc import Sequence

from collector.records import NewName
from collector.storage.postgres import columns
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.holding import held_is_told
from collector.storage.postgres.registry import STATION, WORKER, Registry
from shared.errors import BadRequest, NotFound

_KINDS = {"worker": WORKER, "workstation": STATION}


async def name(connection: Connection, registry: Registry, *, names: Sequence[NewName]) -> None:
    """Give workers and workstations names, registering them if need be; an empty one takes the name away."""
    by_site: dict[str, list[NewName]] = {}
    for new in names:
        by_site.setdefault(new.site, []).append(new)
    numbers = {site: await registry.site(connection, site) for site in sorted(by_site)}
    for site in sorted(by_site, key=lambda each: numbers[each]):
        await _name_at(connection, registry, site=numbers[site], names=by_site[site])


async def _name_at(connection: Connection, registry: Registry, *, site: int, names: Sequence[NewName]) -> None:
    # Of several names for one id the last stands.
    wanted = {table: {new.id: new.name for new in names if new.kind == table} for table in _KINDS}
    for worker_id in await registry.erased(connection, site, ids=wanted["worker"]):
        named = names[0].site
        raise BadRequest(f"worker {worker_id} of site {named} was erased, and gets no name any more")
    await registry.register(connection, site, of=[(kind, wanted[table]) for table, kind in _KINDS.items()])
    for table, kind in _KINDS.items():
        known = registry.numbers(site, kind=kind)
        rows = sorted((known[each], text or None) for each, text in wanted[table].items())
        await connection.execute(
            f"""
            select number
            from {table}
            where site_id = $1 and number = any($2::integer[])
            order by number
            for no key update
            """,  # noqa: S608 - one of two names of ours
            site,
            [number for number, _ in rows],
        )
        await columns.execute(
            connection,
            f"""
            update {table} as t
            set name = new.name
            from unnest($2::integer[], $3::text[]) as new (number, name)
            where t.site_id = $1 and t.number = new.number
            """,  # noqa: S608 - one of two names of ours
            site=site,
            rows=rows,
        )


async def rename_site(connection: Connection, *, old: str, new: str) -> None:
    """Give a site another name, and have every collector forget the old one; whoever calls holds the lock `RULES`."""
    if await connection.fetchval("select 1 from site where name = $1", new):
        raise BadRequest(f"there is a site {new} already", hint="sites cannot be merged")
    number = await connection.fetchval("select site_id from site where name = $1", old)
    if number is None:
        raise NotFound(f"there is no site {old}")
    with held_is_told(old, number=number):
        await connection.execute("update site set name = $2 where site_id = $1", number, new)
    await connection.execute("update arithmetic set generation = generation + 1")
