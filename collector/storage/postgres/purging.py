"""What has been kept long enough goes from the PostgreSQL store, in steps that are each one transaction.

A step has its site for itself: of several collectors that purge at once each takes what is then the oldest, and none takes
anything twice; deliveries to the site wait for a step, other sites go on. `collector/storage/purging.py` shows a step.
"""

from collections.abc import Mapping

from collector.measures import Kept, Purged, Settle, Stretches
from collector.records import LedgerRules
from collector.storage.nameless import MOVED_TOGETHER
from collector.storage.postgres import station_hours
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.erasing import COUNT_DOOMED, erase_bounds, erase_events
from collector.storage.postgres.holding import hold_site, note_kept, place_of
from collector.storage.postgres.nameless import drop_hours, move_hours
from collector.storage.postgres.neighbourhood import runs_within
from collector.storage.postgres.unfolding import first_hour, more_hours
from collector.storage.postgres.watching import let_go
from collector.storage.purge_plan import (
    BEGINNING,
    Place,
    PlaceHour,
    bounds,
    changing,
    earlier,
    end_of_step,
    last_closed,
    look_back,
    next_due,
    seen_within,
)
from collector.storage.station_hours import cut, merge


async def purge(connection: Connection, name: str, *, to: Kept, settle: Settle, rules: LedgerRules) -> Purged:
    """Take the oldest of what a site keeps no longer away, inside an open transaction; nothing once all is done.

    `to` names instants at which hours of the site begin.
    """
    site = await hold_site(connection, name)
    what = next_due(site.kept, to)
    if what == "events" and to.events is not None:
        return await _purge_events(connection, site, until=to.events, settle=settle, rules=rules)
    if what == "persons" and to.persons is not None:
        return await _purge_persons(connection, site, until=to.persons)
    if what == "hours" and to.hours is not None:
        rows = await drop_hours(connection, site.number, before=to.hours)
        await let_go(connection, site.number, before=to.hours)
        return await _noted(connection, site, kept=site.kept._replace(hours=to.hours), gone=(0, rows))
    return Purged(site.kept, 0, 0)


async def doomed(connection: Connection, name: str, *, to: Kept) -> tuple[int, int, int]:
    """Return how many events, hours of workers and hours of workstations would go."""
    site = await place_of(connection, name)
    events, persons, of_stations = (BEGINNING if at is None else at for at in to)
    of_events = await connection.fetchval(COUNT_DOOMED, site.number, events)
    of_persons = await connection.fetchval(
        "select count(*) from ledger where site_id = $1 and worker > 0 and hour < $2", site.number, persons
    )
    of_hours = await connection.fetchval(
        "select count(*) from ledger where site_id = $1 and hour < $2", site.number, of_stations
    )
    return (
        int(of_events),
        int(of_persons) + await more_hours(connection, site.number, before=persons),
        int(of_hours) + await more_hours(connection, site.number, before=of_stations),
    )


async def _purge_events(
    connection: Connection, site: Place, *, until: int, settle: Settle, rules: LedgerRules
) -> Purged:
    end = end_of_step(await _first_hour(connection, site, since=site.horizon), until=until)
    workers = [
        number
        for (number,) in await connection.fetch(
            "select worker from open_state where site_id = $1 order by worker", site.number
        )
    ]
    standing = await station_hours.open_rows(connection, site.number, window=(BEGINNING, end))
    low = look_back(site, standing, gap=rules.session_gap)
    runs = await runs_within(connection, site.number, workers=workers, stretch=(low, end)) if workers else {}
    settled = settle(runs.values(), (low, end))
    await _write_station_hours(connection, site, worked=settled.worked, standing=standing, until=end, rules=rules)
    seen_at = bounds(runs.values(), until=end, stayed=settled.until)
    await erase_bounds(connection, site.number, bounds=seen_at)
    seen = seen_within(runs, since=site.horizon, until=end)
    gone = await erase_events(connection, site.number, workers=seen, until=end)
    # Items that were no events hold ids all the same.
    await connection.execute("delete from rejected where site_id = $1 and received_at < $2", site.number, end)
    return await _noted(connection, site, kept=site.kept._replace(events=end), gone=(gone, 0))


async def _first_hour(connection: Connection, site: Place, *, since: int) -> int | None:
    # The first hour in which anything was counted: between two of them there is nothing to write down.
    first = await connection.fetchval(
        "select min(hour) from ledger where site_id = $1 and hour >= $2", site.number, since
    )
    return earlier(first, await first_hour(connection, site.number, since=since))


async def _write_station_hours(
    connection: Connection,
    site: Place,
    *,
    worked: Mapping[str, Stretches],
    standing: Mapping[PlaceHour, Stretches],
    until: int,
    rules: LedgerRules,
) -> None:
    pieces = cut(worked, offset=site.offset)
    place = (site.number, site.offset)
    reached = await station_hours.reached_by_open_time(connection, place, until=until, rules=rules)
    touched = changing(site, pieces, standing=standing, reached=reached, gap=rules.session_gap)
    await station_hours.write(connection, site.number, rows=merge(standing, pieces, only=touched))
    closed = last_closed(until, gap=rules.session_gap)
    await station_hours.close_rows(connection, site.number, before=closed, reached=reached)


async def _purge_persons(connection: Connection, site: Place, *, until: int) -> Purged:
    # The first hour that names somebody.
    first = await connection.fetchval(
        "select min(hour) from ledger where site_id = $1 and worker > 0 and hour < $2", site.number, until
    )
    first = earlier(first, await first_hour(connection, site.number, since=BEGINNING))
    end = end_of_step(first, until=until, together=MOVED_TOGETHER)
    rows = await move_hours(connection, site.number, before=end)
    return await _noted(connection, site, kept=site.kept._replace(persons=end), gone=(0, rows))


async def _noted(connection: Connection, site: Place, *, kept: Kept, gone: tuple[int, int]) -> Purged:
    await note_kept(connection, site.number, kept=kept)
    return Purged(kept, *gone)
