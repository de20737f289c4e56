"""Erasing a person from the PostgreSQL store: what was done stays counted, by nobody; who did it is in no table any more.

One transaction, in which nobody else stores anything: what other collectors remember of ids is void afterwards. What it does
is told in `collector/storage/forgetting.py`; then the tables that held the id are scrubbed (`scrubbing.py`).
"""

from collections.abc import Mapping

from collector.measures import Forgotten, Stretches, TellAll
from collector.records import Run
from collector.storage.found_person import Person
from collector.storage.named_in_items import may_name
from collector.storage.postgres import looks, reading, station_hours
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.erasing import erase_bounds
from collector.storage.postgres.found_person import refused_items
from collector.storage.postgres.holding import held_is_told
from collector.storage.postgres.marks import leave_mark
from collector.storage.postgres.nameless import add_hours, move_hours
from collector.storage.postgres.neighbourhood import runs_within
from collector.storage.postgres.unfolding import more_hours
from collector.storage.purge_plan import Place
from collector.storage.station_hours import cut, merge

_ALL = (-(2**62), 2**62)


async def counted(connection: Connection, person: Person) -> Forgotten:
    """Return what of a person there is to erase."""
    refused = sum(map(len, (await _refused_items(connection, person)).values()))
    if person.number is None:
        return Forgotten(person.site.name, 0, 0, 0, refused)
    where = (person.site.number, person.number)
    events, conflicts, rows = [
        int(await connection.fetchval(statement, *where))
        for statement in (
            "select count(*) from event where site_id = $1 and worker = $2",
            "select count(*) from conflict where site_id = $1 and worker = $2",
            "select count(*) from ledger where site_id = $1 and worker = $2",
        )
    ]
    rows += await more_hours(connection, person.site.number, before=_ALL[1], worker=person.number)
    return Forgotten(person.site.name, events, conflicts, rows, refused)


async def forget(connection: Connection, person: Person, *, tell: TellAll, key: str, now: int) -> Forgotten:
    """Erase a person inside an open transaction; return what went. Done once more, it erases what has come since."""
    went = await counted(connection, person)
    for site, numbers in (await _refused_items(connection, person)).items():
        with held_is_told(site.name, number=site.number):
            await connection.execute(
                "delete from rejected where site_id = $1 and number = any($2::bigint[])", site.number, numbers
            )
    if person.number is not None:
        with held_is_told(person.site.name, number=person.site.number):
            await _forget_registered(connection, person.site, worker=person.number, tell=tell)
    with held_is_told(person.site.name, number=person.site.number):
        await leave_mark(connection, person.site.number, worker_id=person.worker_id, key=key, now=now)
    await connection.execute(
        "insert into unscrubbed (one) values (true) on conflict (one) do update set one = excluded.one"
    )
    # Whoever remembers the number, or that nobody was erased, reads anew.
    await connection.execute("update arithmetic set generation = generation + 1")
    return went


async def _forget_registered(connection: Connection, place: Place, *, worker: int, tell: TellAll) -> None:
    site, where = place.number, (place.number, worker)
    run, watermarks = await _history(connection, where)
    told = tell(run, watermarks, offset=place.offset)
    await move_hours(connection, site, before=_ALL[1], worker=worker)
    await add_hours(connection, site, amounts=told.open_hours)
    await _write_station_hours(connection, place, worked=told.worked)
    await erase_bounds(connection, site, bounds=await _bounds(connection, where, stayed=told.until))
    for statement in (
        "delete from event where site_id = $1 and worker = $2",
        "delete from conflict where site_id = $1 and worker = $2",
        "delete from total where site_id = $1 and worker = $2",
        "delete from open_state where site_id = $1 and worker = $2",
        "delete from worker where site_id = $1 and number = $2",
    ):
        await connection.execute(statement, *where)
    await looks.erase(connection, site, worker=worker)


async def _history(connection: Connection, where: tuple[int, int]) -> tuple[Run, Mapping[str, int]]:
    """Return all there is of a person, and the watermarks of the site's cameras."""
    site, number = where
    runs = await runs_within(connection, site, workers=[number], stretch=_ALL)
    run = runs.get(number, Run(None, None, (), is_last=True))
    # Each camera that ever said how far it watched.
    rows = await connection.fetch(
        "select name, watermark from camera where site_id = $1 and watermark is not null", site
    )
    return run._replace(is_last=True), dict(map(tuple, rows))


async def _write_station_hours(connection: Connection, site: Place, *, worked: Mapping[str, Stretches]) -> None:
    pieces = cut(worked, offset=site.offset)
    standing = await station_hours.open_rows(connection, site.number, window=_ALL)
    closed = await station_hours.closed_rows(connection, site.number, window=_ALL)
    touched = pieces.keys() - closed.keys()
    await station_hours.write(connection, site.number, rows=merge(standing, pieces, only=touched))


async def _bounds(
    connection: Connection, where: tuple[int, int], *, stayed: Mapping[str, int]
) -> dict[str, tuple[int | None, int]]:
    # From when to when the person was seen at each workstation.
    rows = await connection.fetch(
        """
        select st.station_id, min(e.at), max(e.at)
        from event as e
        join workstation as st on st.site_id = $1 and st.number = e.workstation
        where e.site_id = $1 and e.worker = $2
        group by st.station_id
        """,
        *where,
    )
    bounds: dict[str, tuple[int | None, int]] = {station_id: (None, end) for station_id, end in stayed.items()}
    for station_id, first, last in rows:
        bounds[station_id] = (first, max(last, stayed.get(station_id, last)))
    return bounds


async def _refused_items(connection: Connection, person: Person) -> Mapping[reading.Site, list[int]]:
    """Return, by site, the numbers of the refused items that name a person, or may have named one where they were cut off."""
    sites = {site.number: site for site in await reading.sites(connection)}
    found: dict[reading.Site, list[int]] = {}
    for number, site, kept in await refused_items(connection, [*sites.values()]):
        if may_name(kept, person.worker_id):
            found.setdefault(sites[site], []).append(number)
    return found
