"""Who shared a workstation with whom, from the ledger of the PostgreSQL store: the only hours whose events must be read.

`occupied` counts time once however many work at a station, so it cannot be added up from amounts. But an hour in which one
worker was there alone is that worker's time. The others are gone through hour by hour; `collector/storage/company.py` shows
it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import groupby
from operator import attrgetter, itemgetter

from collector import hours
from collector.measures import Company, Occupied, Stretches, joined
from collector.records import LedgerRules
from collector.storage.blocks import worked_with_blocks
from collector.storage.postgres import station_hours
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.ledger_blocks import blocks_within
from collector.storage.postgres.outlines import outlines_of_site
from collector.storage.postgres.reading import Site
from collector.storage.purge_plan import PlaceHour
from collector.storage.station_hours import cut, merge
from shared.events import EventType

_There = Mapping[str, Mapping[int, int]]
"""By workstation: how long each worker worked there."""
_station = attrgetter("station_id")
_Open = Mapping[tuple[str, int], set[int]]
"""By (workstation, hour): the workers who may be working there in open time."""


async def tell_company(
    connection: Connection, into: Company, *, site: Site, question: Occupied, rules: LedgerRules
) -> bool:
    """Add what a site's workstations saw in a window; False if that takes more states than the company has left.

    Before the site's horizon, of which the window has whole hours only, it is written down.
    """
    start, end = question.window
    horizon = site.kept.events
    if horizon is not None and start < horizon:
        written = replace(question, window=(start, min(end, horizon)))
        if not await _tell_hours_without_events(connection, into, site=site, question=written, rules=rules):
            return False
        question = replace(question, window=(min(end, horizon), end))
    return await _tell_hours_with_events(connection, into, site=site, question=question, rules=rules)


async def _tell_hours_with_events(
    connection: Connection, into: Company, *, site: Site, question: Occupied, rules: LedgerRules
) -> bool:
    start, end = question.window
    erased = await _erased_there(connection, site, window=question.window)
    open_there = await _open_there(connection, site, window=question.window, rules=rules)
    rows = await _worked(connection, site, window=(hours.hour_of(start, offset=site.hour_offset), end))
    for hour, in_hour in groupby(rows, itemgetter(0)):
        stretch = (max(hour, start), min(hour + hours.LENGTH, end))
        is_whole = stretch == (hour, hour + hours.LENGTH)
        there = _by_station(in_hour)
        alone = {
            station: sum(times.values())
            for station, times in there.items()
            if is_whole
            and len(times) == 1
            and open_there.get((station, hour), times.keys()) == times.keys()
            and (station, hour) not in erased
        }
        for station, time in alone.items():
            into.count((site.name, station), time)
        shared = {station: times for station, times in there.items() if station not in alone}
        if not shared:
            continue
        found = await outlines_of_site(
            connection,
            site,
            stretch=stretch,
            gap=rules.session_gap,
            most=into.left,
            workers=set().union(*shared.values()),
        )
        if found is None:
            return False
        runs, states = found
        into.left -= states
        told = question.tell(runs.values(), stretch)
        for station in shared:
            of_station = joined([*told.get(station, ()), *erased.get((station, hour), ())])
            into.add((site.name, station), of_station, may_overlap=(station, hour) in open_there)
    return True


async def _erased_there(
    connection: Connection, site: Site, *, window: tuple[int, int]
) -> Mapping[PlaceHour, Stretches]:
    """Return when somebody who was erased worked where, of the hours that a window has whole.

    Of an hour that the window cuts, time that names nobody is left out here as everywhere.
    """
    start, end = window
    rows = await station_hours.open_rows(connection, site.number, window=window)
    return {
        place: stretches for place, stretches in rows.items() if start <= place[1] and place[1] + hours.LENGTH <= end
    }


async def _tell_hours_without_events(
    connection: Connection, into: Company, *, site: Site, question: Occupied, rules: LedgerRules
) -> bool:
    """Add what is written down of whole hours, and what the last events before the horizon tell of them by now."""
    window = question.window
    closed = await station_hours.closed_rows(connection, site.number, window=window)
    for (station, _), occupied in closed.items():
        into.count((site.name, station), occupied)
    standing = await station_hours.open_rows(connection, site.number, window=window)
    # Since the last purge events may have come that are no more than a gap behind the horizon.
    found = await outlines_of_site(connection, site, stretch=window, gap=rules.session_gap, most=into.left)
    if found is None:
        return False
    runs, states = found
    into.left -= states
    pieces = cut(question.tell(runs.values(), window), offset=site.hour_offset)
    changing = {*standing, *pieces} - closed.keys()
    for (station, _), stretches in merge(standing, pieces, only=changing).items():
        into.add((site.name, station), stretches, may_overlap=True)
    return True


async def _worked(
    connection: Connection, site: Site, *, window: tuple[int, int]
) -> Iterable[tuple[int, str, int, int]]:
    # Who worked where in which hour.
    rows = await connection.fetch(
        """
        select l.hour, st.station_id, l.worker, l.working
        from ledger as l
        join workstation as st on st.site_id = $1 and st.number = l.workstation
        where l.site_id = $1 and l.hour >= $2 and l.hour < $3 and l.working <> 0
        order by l.hour
        """,
        site.number,
        *window,
    )
    blocks = await blocks_within(connection, site.number, window=window)
    return worked_with_blocks(rows, blocks, within=window, station=_station) if blocks.all else map(tuple, rows)


def _by_station(rows: Iterable[tuple[int, str, int, int]]) -> _There:
    """Return by workstation how long each worker worked there."""
    result: dict[str, dict[int, int]] = {}
    for _, station, worker, working in rows:
        result.setdefault(station, {})[worker] = working
    return result


async def _open_there(connection: Connection, site: Site, *, window: tuple[int, int], rules: LedgerRules) -> _Open:
    """Return where and when somebody may still be working after their last sighting.

    As far as the camera's watermark, if that is no more than a session gap away, or the tail of the state's event.
    """
    start, end = window
    rows = await connection.fetch(
        """
        select *
        from (
            select st.station_id, o.worker, o.last_at, greatest(
                o.state_at + $2::bigint,
                case when c.watermark <= o.last_at + $3::bigint then c.watermark else o.last_at end
            ) as until
            from open_state as o
            join workstation as st on st.site_id = $1 and st.number = o.state_workstation
            left join camera as c on c.site_id = $1 and c.number = o.state_camera
            where o.site_id = $1 and o.state_type = $4 and o.last_at < $6
        ) as reaching
        where until > $5
        """,
        site.number,
        rules.tail,
        rules.session_gap,
        int(EventType.working),
        start,
        end,
    )
    result: dict[tuple[str, int], set[int]] = {}
    for station, worker, last_at, until in rows:
        for hour, _, _ in hours.by_hour(max(last_at, start), min(until, end), offset=site.hour_offset):
            result.setdefault((station, hour), set()).add(worker)
    return result
