"""Outlines of workers' time in the PostgreSQL store: runs that leave out the counts which change nothing in it.

Time belongs to states; a count matters only where it breaks a silence longer than `session_gap`. So the states of a stretch
are read, and counts only where two sightings would lie too far apart without them: of all workers of a site together, in one
statement for each round, since a round trip costs more than a look-up. The time of an outline is that of the whole run, to the
microsecond; units and what ended a state it does not know.

    run        W ... c ... c ... I ... c ........ c ........ c ...... W
    outline    W ............... I ............... c ............... W        nowhere more than a session_gap apart
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

from collector.measures import Person
from collector.records import Entry, Run, State
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.reading import Site
from shared.events import EventType

_COUNT = int(EventType.product_count)
# What holds at the start, and the first sighting after the end. Of states at one instant the last row is the last one.
_BOUNDS = """
    with known as materialized (
        select o.worker, o.last_at,
            (select max(at) from event where site_id = $1 and worker = o.worker and at < $3) as seen_at,
            (select max(at) from event where site_id = $1 and worker = o.worker and at < $3 and type < 3) as state_at,
            case when o.last_at >= $4
                then (select min(at) from event where site_id = $1 and worker = o.worker and at >= $4)
            end as next_at
        from open_state as o
        where o.site_id = $1 and ($2::integer[] is null or o.worker = any($2))
    )
    select w.worker_id, k.worker, k.last_at, k.seen_at, k.next_at, e.at, e.type, st.station_id, c.name
    from known as k
    join worker as w on w.site_id = $1 and w.number = k.worker
    left join lateral (
        select * from event where site_id = $1 and worker = k.worker and at = k.state_at and type < 3 offset 0
    ) as e on true
    left join workstation as st on st.site_id = $1 and st.number = e.workstation
    left join camera as c on c.site_id = $1 and c.number = e.camera
    order by w.worker_id, e.type, st.station_id
"""
_STATES = """
    select e.worker, e.at, e.type, st.station_id, c.name
    from open_state as o
    cross join lateral (
        select * from event where site_id = $1 and worker = o.worker and at >= $3 and at < $4 and type < 3 offset 0
    ) as e
    join workstation as st on st.site_id = $1 and st.number = e.workstation
    left join camera as c on c.site_id = $1 and c.number = e.camera
    where o.site_id = $1 and ($2::integer[] is null or o.worker = any($2)) and o.last_at >= $3
    limit $5::bigint + 1
"""
# From each instant on: the last sighting within a gap, or where there is none the next one.
_NEXT = """
    select coalesce(
        (select max(at) from event where site_id = $1 and worker = k.worker and at > k.at and at <= k.at + $4::bigint),
        (select min(at) from event where site_id = $1 and worker = k.worker and at > k.at)
    )
    from unnest($2::integer[], $3::bigint[]) with ordinality as k (worker, at, place)
    order by k.place
"""


async def outlines_of_site(
    connection: Connection,
    site: Site,
    *,
    stretch: tuple[int, int],
    gap: int,
    most: int,
    workers: Iterable[int] | None = None,
) -> tuple[dict[Person, Run], int] | None:
    """Return the outline of each of these workers (None: all) of a site within `[start, end)`, and how many states.

    None if they have more than `most` states there.
    """
    start = stretch[0]
    these = None if workers is None else list(workers)
    rows = await connection.fetch(_STATES, site.number, these, *stretch, most)
    if len(rows) > most:
        return None
    states = _by_worker(rows)
    bounds = {row[0]: row[1:] for row in await connection.fetch(_BOUNDS, site.number, these, *stretch)}
    told: dict[int, Sequence[Entry]] = {}
    for worker, last_at, _, next_at, *_ in bounds.values():
        events = states.get(worker, [])
        if next_at is not None or last_at >= start:
            events.append(sighting(last_at if next_at is None else next_at))
        told[worker] = events
    seen = {row[0]: row[2] for row in bounds.values()}
    told = await filled(connection, site.number, events=told, seen=seen, gap=gap)
    result: dict[Person, Run] = {}
    for worker_id, (worker, _, seen_at, next_at, *before) in bounds.items():
        state = None if before[0] is None else State._make(before)
        result[site.name, worker_id] = Run(state, seen_at, told[worker], is_last=next_at is None)
    return result, len(rows)


def _by_worker(rows: Iterable[Sequence[object]]) -> dict[int, list[Entry]]:
    """Return the states of each worker, in order."""
    result: dict[int, list[Entry]] = {}
    make = tuple.__new__  # a third of the time of Entry(…), and a page is made of 20,000 of them
    for worker, of_worker in groupby(sorted(map(tuple, rows)), itemgetter(0)):
        result[worker] = [
            make(Entry, (at, kind, station, 0, None, camera)) for _, at, kind, station, camera in of_worker
        ]
    return result


class _Silence(NamedTuple):
    """Where two sightings of a worker lie too far apart."""

    worker: int
    at: int
    until: int


async def filled(
    connection: Connection,
    site: int,
    *,
    events: Mapping[int, Sequence[Entry]],
    seen: Mapping[int, int | None],
    gap: int,
) -> dict[int, Sequence[Entry]]:
    """Return the events of each worker, and between those that lie too far apart as many sightings as it takes.

    `seen` is the last sighting before them.
    """
    silences = [
        _Silence(worker, before, after)
        for worker, of_worker in events.items()
        for before, after in pairwise([*_known(seen[worker]), *(entry.at for entry in of_worker)])
        if after - before > gap
    ]
    more: dict[int, list[Entry]] = {}
    while silences:  # every round goes on by a gap, or over a silence, in each of them
        workers, ats = [each.worker for each in silences], [each.at for each in silences]
        rows = await connection.fetch(_NEXT, site, workers, ats, gap)
        found = [(each, row[0]) for each, row in zip(silences, rows, strict=True)]
        silences = []
        for (worker, _, until), at in found:
            if at is None or at >= until:
                continue
            more.setdefault(worker, []).append(sighting(at))
            if until - at > gap:
                silences.append(_Silence(worker, at, until))
    return {worker: _merged(of_worker, more.get(worker, ())) for worker, of_worker in events.items()}


def _known(seen_at: int | None) -> tuple[int, ...]:
    return () if seen_at is None else (seen_at,)


def _merged(events: Sequence[Entry], more: Sequence[Entry]) -> Sequence[Entry]:
    # No two of them are at one instant; those of one instant among the events stay in their order.
    return sorted([*events, *more], key=itemgetter(0)) if more else events


def sighting(at: int) -> Entry:
    """Return a sighting of which nothing counts but its instant."""
    return Entry(at, _COUNT, "", 0, None, None)
