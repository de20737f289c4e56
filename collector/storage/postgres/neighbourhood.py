"""What stands around arriving events in the PostgreSQL store: the runs that `decide` works on (DESIGN §4).

Around each late arrival: the state in force and the last sighting before it, and after it nothing if its key stands already;
the next event for a new count; what tells the time up to and including the next state for a new state, where counts in a
time that is unbroken without them are left out (`collector/storage/neighbourhood.py` shows it). A round trip costs more than
a look-up, so all late arrivals of all workers of a site are looked up together, in three statements, or five if there are
states among them. Look-ups go by whole instants, so ties are never cut in two; overlapping neighbourhoods become one run.

Each look-up is a subquery of its own (`offset 0` keeps it one): joined freely, the server at times reads all events of a site,
by statistics that a table which grows by millions a day has outrun.

Whoever asks holds the rows of these workers: nobody else adds to what stands there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from collector.records import Entry, EntryKey, OpenState, Run, State
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.standing import stored_rules
from shared.events import EventType

_COUNT = int(EventType.product_count)
_ORDER = itemgetter(0, 1, 2)
_new = tuple.__new__
"""Makes an `Entry` from its fields in a third of the time that calling the class takes."""
Late = Mapping[int, Sequence[EntryKey]]
"""By worker: the keys that arrive at or before the worker's last sighting, in order."""

_STATION = "(select st.station_id from workstation as st where st.site_id = $1 and st.number = e.workstation)"
_CAMERA = "(select c.name from camera as c where c.site_id = $1 and c.number = e.camera)"
# Where the neighbourhood of each late key ends, and the stations whose events of that kind stand at its instant.
_ENDS = f"""
    select array(
        select {_STATION}
        from event as e
        where e.site_id = $1 and e.worker = k.worker and e.at = k.at and e.type = k.type
    ), case when k.type < 3
        then (select min(at) from event where site_id = $1 and worker = k.worker and at > k.at and type < 3)
        else (select min(at) from event where site_id = $1 and worker = k.worker and at > k.at)
    end
    from unnest($2::integer[], $3::bigint[], $4::smallint[]) with ordinality as k (worker, at, type, place)
    order by k.place
"""  # noqa: S608 - texts of ours
# The events of each stretch, both ends included, in the order of SEMANTICS §3.
_WITHIN = f"""
    select k.place, e.at, e.type, {_STATION} as station_id, e.count, e.confidence, {_CAMERA}
    from unnest($2::integer[], $3::bigint[], $4::bigint[]) with ordinality as k (worker, start, until, place)
    cross join lateral (
        select * from event where site_id = $1 and worker = k.worker and at between k.start and k.until offset 0
    ) as e
    order by k.place, e.at, e.type, station_id
"""  # noqa: S608 - texts of ours
# The events of each stretch at the instants that are read.
_AT = f"""
    select k.place, e.at, e.type, {_STATION}, e.count, e.confidence, {_CAMERA}
    from unnest($2::integer[], $3::integer[], $4::bigint[]) as k (place, worker, at)
    cross join lateral (
        select * from event where site_id = $1 and worker = k.worker and at = k.at offset 0
    ) as e
"""  # noqa: S608 - texts of ours
# Within each stretch, in turn the next event, and the last one that no silence can part from it.
_TELLING_TIME = """
    with recursive hop (place, worker, start, until, at, is_next) as (
        select k.place, k.worker, k.start, k.until, k.start, false
        from unnest($2::integer[], $3::integer[], $4::bigint[], $5::bigint[]) as k (place, worker, start, until)
        union all
        select place, worker, start, until, case when is_next
            then (
                select max(e.at) from event as e
                where e.site_id = $1 and e.worker = hop.worker and e.at <= least(hop.at + $6::bigint, hop.until)
            )
            else (select min(e.at) from event as e where e.site_id = $1 and e.worker = hop.worker and e.at > hop.at)
        end, not is_next
        from hop
        where is_next or at < until
    )
    select place, at from hop where at > start
"""
# What stands before each stretch; of the states at one instant the last row is the last in that order.
_BEFORE = f"""
    select k.place, k.last_at, e.at, e.type, {_STATION} as station_id, {_CAMERA}
    from (
        select k.worker, k.place,
            (select max(at) from event where site_id = $1 and worker = k.worker and at < k.start) as last_at,
            (select max(at) from event where site_id = $1 and worker = k.worker and at < k.start and type < 3) as state_at
        from unnest($2::integer[], $3::bigint[]) with ordinality as k (worker, start, place)
        offset 0
    ) as k
    left join lateral (
        select * from event where site_id = $1 and worker = k.worker and at = k.state_at and type < 3 offset 0
    ) as e on true
    order by k.place, e.type, station_id
"""  # noqa: S608 - texts of ours


@dataclass(slots=True)
class _Stretch:
    """A neighbourhood of a worker while it grows: `[start, end]`, the instants in it that are read, and where time is told."""

    worker: int
    start: int
    end: int
    read: set[int]
    told: list[tuple[int, int]]
    """From where to where silences matter."""
    ends_in_state: bool = False
    """No state stands between the start and the end."""


async def runs_around(
    connection: Connection, site: int, *, arrivals: Mapping[int, Sequence[Entry]], stands: Mapping[int, OpenState]
) -> dict[int, list[Run]]:
    """Return the runs that cover the arrivals of each worker of a site, whose time stands at `stands` (none: no event yet)."""
    late = {
        worker: sorted([entry[:3] for entry in entries if entry[0] <= stands[worker].last_at])
        for worker, entries in arrivals.items()
        if worker in stands
    }
    found = await _runs(connection, site, late={worker: keys for worker, keys in late.items() if keys}, stands=stands)
    return {
        worker: _with_the_end(
            found.get(worker, []), late=late.get(worker, ()), arrivals=entries, stands=stands.get(worker)
        )
        for worker, entries in arrivals.items()
    }


def _with_the_end(
    runs: list[Run], *, late: Sequence[EntryKey], arrivals: Sequence[Entry], stands: OpenState | None
) -> list[Run]:
    if stands is None:
        return [Run(None, None, (), is_last=True)]
    # Another camera of the state in force tells how long it goes on, however many counts follow it.
    reaches_end = len(late) < len(arrivals) or (stands.state is not None and stands.state[:3] in late)
    if reaches_end and not (runs and runs[-1].is_last):
        return [*runs, Run(stands.state, stands.last_at, (), is_last=True)]
    return runs


async def _runs(
    connection: Connection, site: int, *, late: Late, stands: Mapping[int, OpenState]
) -> dict[int, list[Run]]:
    if not late:  # nearly always
        return {}
    stretches = await _stretches(connection, site, late=late, stands=stands)
    events = await _events(connection, site, of=stretches)
    starts = [each.start for each in stretches]
    before: dict[int, tuple[int | None, State | None]] = {}
    for place, last_at, *state in await connection.fetch(_BEFORE, site, [each.worker for each in stretches], starts):
        before[place - 1] = (last_at, None if state[0] is None else State._make(state))
    runs: dict[int, list[Run]] = {}
    for place, stretch in enumerate(stretches):
        last_at, state_before = before[place]
        is_last = stretch.end >= stands[stretch.worker].last_at
        runs.setdefault(stretch.worker, []).append(Run(state_before, last_at, events[place], is_last=is_last))
    return runs


async def _events(connection: Connection, site: int, *, of: Sequence[_Stretch]) -> list[list[Entry]]:
    """Return the events of each stretch that are read, and bare sightings that tell the time between, in order."""
    events: list[list[Entry]] = [[] for _ in of]
    read = [(place, each.worker, at) for place, each in enumerate(of) for at in each.read]
    for place, *event in await connection.fetch(_AT, site, *map(list, zip(*read, strict=True))):
        events[place].append(Entry._make(event))
    told = [(place, each.worker, *between) for place, each in enumerate(of) for between in each.told]
    if told:
        gap = (await stored_rules(connection)).session_gap
        for place, at in await connection.fetch(_TELLING_TIME, site, *map(list, zip(*told, strict=True)), gap):
            events[place].append(_new(Entry, (at, _COUNT, "", 0, None, None)))
    for of_stretch in events:
        of_stretch.sort(key=_ORDER)
    return events


async def _stretches(
    connection: Connection, site: int, *, late: Late, stands: Mapping[int, OpenState]
) -> list[_Stretch]:
    """Return the neighbourhoods in order, those that overlap or touch as one."""
    keys = [(worker, *key) for worker, of_worker in late.items() for key in of_worker]
    workers, ats, kinds, _ = map(list, zip(*keys, strict=True))
    rows = await connection.fetch(_ENDS, site, workers, ats, kinds)
    stretches: list[_Stretch] = []
    for (worker, at, kind, station_id), (standing, following) in zip(keys, rows, strict=True):
        if not stretches or stretches[-1].worker != worker or at > stretches[-1].end:
            stretches.append(_Stretch(worker, at, at, set(), []))
        end = at if station_id in standing else (stands[worker].last_at if following is None else following)
        _grow(stretches[-1], at=at, end=end, is_state=kind < _COUNT)
    return stretches


def _grow(stretch: _Stretch, *, at: int, end: int, is_state: bool) -> None:
    """Let a stretch hold the neighbourhood `[at, end]` of an arrival too, which begins within it."""
    stretch.read.add(at)
    # Before the end of an earlier one's neighbourhood there is nothing that it does not hold already.
    if end == at or (at < stretch.end and (not is_state or stretch.ends_in_state)):
        return
    stretch.ends_in_state = is_state
    if end <= stretch.end:
        return
    if is_state:
        stretch.told.append((stretch.end, end))
    stretch.read.add(end)
    stretch.end = end


async def runs_within(
    connection: Connection, site: int, *, workers: Sequence[int], stretch: tuple[int, int]
) -> dict[int, Run]:
    """Return for each of these workers the run that tells the time in `[start, end)`: to the first instant after it."""
    start, end = stretch
    rows = await connection.fetch(
        """
        select w.worker, (select min(at) from event where site_id = $1 and worker = w.worker and at >= $3)
        from unnest($2::integer[]) as w (worker)
        """,
        site,
        list(workers),
        end,
    )
    following = dict(map(tuple, rows))
    ends = [end if following[worker] is None else following[worker] for worker in workers]
    starts = [start] * len(workers)
    events: list[list[Entry]] = [[] for _ in workers]
    for place, *event in await connection.fetch(_WITHIN, site, list(workers), starts, ends):
        events[place - 1].append(Entry._make(event))
    runs: dict[int, Run] = {}
    for place, last_at, *state in await connection.fetch(_BEFORE, site, list(workers), starts):
        worker = workers[place - 1]
        before = None if state[0] is None else State._make(state)
        runs[worker] = Run(before, last_at, events[place - 1], is_last=following[worker] is None)
    return runs
