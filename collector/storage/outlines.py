"""Outlines of workers' time in the SQLite store: runs that leave out the counts which change nothing in it.

Time belongs to states; a count matters only where it breaks a silence longer than `session_gap`. So the states of a stretch
are read from their own index, which holds all that is wanted of them, and counts only where two sightings would lie too
far apart without them. The time of an outline is that of the whole run, to the microsecond; units and what ended a state it
does not know.

    run        W ... c ... c ... I ... c ........ c ........ c ...... W
    outline    W ............... I ............... c ............... W        nowhere more than a session_gap apart
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, zip_longest
from operator import itemgetter, sub
from typing import Any

from sqlite_utils.utils import sqlite3

from collector.measures import Person
from collector.records import Entry, Run, State
from shared.events import EventType

_COUNT = int(EventType.product_count)
_BOUNDS = """
    with known as materialized (
        select o.site, o.worker, o.last_at,
            (select max(at) from event where site = o.site and worker = o.worker and at < :start) as seen_at,
            (select max(at) from event where site = o.site and worker = o.worker and at < :start and type < 3) as state_at,
            iif(o.last_at < :end, null,
                (select min(at) from event where site = o.site and worker = o.worker and at >= :end)) as next_at
        from open_state as o
        where o.site = :site and (:workers is null or o.worker in (select value from json_each(:workers)))
    )
    select w.worker_id, k.worker, k.last_at, k.seen_at, k.next_at, e.at, e.type, st.station_id, c.name
    from known as k
    join worker as w on w.site = k.site and w.number = k.worker
    left join event as e on e.site = k.site and e.worker = k.worker and e.at = k.state_at and e.type < 3
    left join workstation as st on st.site = e.site and st.number = e.workstation
    left join camera as c on c.site = e.site and c.number = e.camera
    order by w.worker_id, e.type, st.station_id
"""
_STATES = """
    select e.worker, e.at, e.type, e.workstation, e.camera
    from open_state as o
    join event as e indexed by event_state on e.site = o.site and e.worker = o.worker
    where o.site = :site and (:workers is null or o.worker in (select value from json_each(:workers)))
        and o.last_at >= :start and e.at >= :start and e.at < :end and e.type < 3
    order by o.worker, e.at
    limit :most + 1
"""
_LAST_WITHIN = "select max(at) from event where site = ? and worker = ? and at <= ?"
_NEXT = "select min(at) from event where site = ? and worker = ? and at > ?"


def outlines_of_site(
    connection: sqlite3.Connection,
    site: tuple[str, int],
    *,
    stretch: tuple[int, int],
    gap: int,
    most: int,
    workers: Iterable[int] | None = None,
) -> tuple[dict[Person, Run], int] | None:
    """Return the outline of each of these workers (None: all) of a site within `[start, end)`, and how many states.

    None if they have more than `most` states there.
    """
    name, number = site
    start, end = stretch
    these = None if workers is None else json.dumps([*workers])
    bound = {"site": number, "workers": these, "start": start, "end": end, "most": most}
    states = _states(connection, bound)
    if states is None:
        return None
    number_of_states = sum(map(len, states.values()))
    # What holds at the start, and the first sighting after the end. Of states at one instant the last one stays.
    rows = connection.execute(_BOUNDS, bound).fetchall()
    bounds = {row[0]: row[1:] for row in rows}
    result: dict[Person, Run] = {}
    for worker_id, (worker, last_at, seen_at, next_at, *before) in bounds.items():
        events = states.get(worker, [])
        if next_at is not None or last_at >= start:
            events.append(_sighting(last_at if next_at is None else next_at))
        told = filled(connection, (number, worker), seen_at=seen_at, events=events, gap=gap)
        state = None if before[0] is None else State._make(before)
        result[name, worker_id] = Run(state, seen_at, told, is_last=next_at is None)
    return result, number_of_states


def _states(connection: sqlite3.Connection, bound: dict[str, Any]) -> dict[int, list[Entry]] | None:
    """Return the states of each worker, in order; None if there are too many."""
    # The states of everybody, from their index alone.
    rows = connection.execute(_STATES, bound).fetchall()
    if len(rows) > bound["most"]:
        return None
    stations = _station_ids(connection, bound["site"], numbers={row[3] for row in rows})
    cameras = _camera_names(connection, bound["site"])
    result: dict[int, list[Entry]] = {}
    make = tuple.__new__  # a third of the time of Entry(…), and a page is made of 20,000 of them
    for worker, of_worker in groupby(rows, itemgetter(0)):
        entries = [
            make(Entry, (at, kind, stations[station], 0, None, cameras[camera]))
            for _, at, kind, station, camera in of_worker
        ]
        entries.sort()  # the index orders ties by the station's number, SEMANTICS §3 by its id
        result[worker] = entries
    return result


def _station_ids(connection: sqlite3.Connection, site: int, *, numbers: Iterable[int]) -> dict[int, str]:
    # Which stations these numbers are.
    return dict(
        connection.execute(
            """
            select number, station_id
            from workstation
            where site = ? and number in (select value from json_each(?))
            """,
            (site, json.dumps([*numbers])),
        ).fetchall()
    )


def _camera_names(connection: sqlite3.Connection, site: int) -> dict[int | None, str | None]:
    # The cameras of the site by their numbers; None told what no camera told.
    rows = connection.execute("select number, name from camera where site = ?", (site,)).fetchall()
    return {None: None, **dict(rows)}


def filled(
    connection: sqlite3.Connection, worker: tuple[int, int], *, seen_at: int | None, events: Sequence[Entry], gap: int
) -> Sequence[Entry]:
    """Return the events, and between those that lie too far apart as many sightings as it takes."""
    ats = [*map(itemgetter(0), events)]
    result: list[Entry] = []
    if seen_at is not None and ats and ats[0] - seen_at > gap:  # every worker, every morning
        result += map(_sighting, _between(connection, worker, after=seen_at, before=ats[0], gap=gap))
    if max(map(sub, ats[1:], ats), default=0) <= gap:
        return [*result, *events] if result else events
    for entry, following in zip_longest(events, events[1:]):
        result.append(entry)
        if following is not None and following.at - entry.at > gap:
            result += map(_sighting, _between(connection, worker, after=entry.at, before=following.at, gap=gap))
    return result


def _between(
    connection: sqlite3.Connection, worker: tuple[int, int], *, after: int, before: int, gap: int
) -> Iterator[int]:
    """Yield sightings no more than a gap apart; where that cannot be, both ends of the silence."""
    at = after
    while before - at > gap:
        (found,) = connection.execute(_NEXT, (*worker, at)).fetchone()
        if found is None or found >= before:
            return
        if found - at <= gap:  # and from there as far as a gap reaches
            (found,) = connection.execute(_LAST_WITHIN, (*worker, at + gap)).fetchone()
        yield found
        at = found


def _sighting(at: Any) -> Entry:
    return Entry(at, _COUNT, "", 0, None, None)
