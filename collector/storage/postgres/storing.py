"""The write transaction of the PostgreSQL store: lock the workers of the arrivals, read what stands, let `decide` judge, write.

Statements only; `store.py` opens the transaction and commits it. Sites are gone through one after the other, and every
statement names the site it is about. Of the order in which locks are taken see `locks.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from collector.records import Decide, Delivery, Entry, Outcome, Splice, Stored
from collector.storage.postgres import workers
from collector.storage.postgres.connecting import Connection
from collector.storage.postgres.event_rows import EventRows
from collector.storage.postgres.ledger_rows import LedgerRows
from collector.storage.postgres.neighbourhood import runs_around
from collector.storage.postgres.numbering import Call, Known, hold_cameras, note_calls
from collector.storage.postgres.refusals import keep_refusals
from collector.storage.postgres.registry import CAMERA, STATION, WORKER, Registry

_new = tuple.__new__
"""Makes an `Entry` from its fields in a third of the time that calling the class takes."""


@dataclass(slots=True)
class _Site:
    """What arrives at a site, in the order of arrival."""

    number: int
    arrivals: dict[str, tuple[list[int], list[Entry]]] = field(default_factory=dict)
    """By worker: the places in the answer, and what came."""
    stations: set[str] = field(default_factory=set)
    deliveries: list[int] = field(default_factory=list)


async def store(
    connection: Connection, registry: Registry, *, deliveries: Sequence[Delivery], decide: Decide
) -> list[Stored]:
    """Write deliveries inside an open transaction; return what became of each."""
    places = await registry.place(connection, deliveries)
    sites = _by_site(places, deliveries)
    for site in sites:
        await registry.register(
            connection,
            site.number,
            of=(
                (WORKER, site.arrivals.keys()),
                (STATION, site.stations),
                (CAMERA, {name for each in site.deliveries if (name := deliveries[each].camera) is not None}),
            ),
        )
    outcomes: list[Outcome] = [Outcome.accepted] * sum(len(delivery.events) for delivery in deliveries)
    for site in sites:
        await workers.hold(connection, site.number, workers=_numbers(registry, site))
    kept = [await _judge(connection, registry, site=site, decide=decide, outcomes=outcomes) for site in sites]
    for site, events in zip(sites, kept, strict=True):
        await events.widen(connection, site.number)
    known: dict[int, Known] = {}
    for site in sites:
        known |= await _write_senders(connection, registry, site=site, deliveries=deliveries)
    return _answers(deliveries, outcomes, known=known)


def _answers(
    deliveries: Sequence[Delivery], outcomes: Sequence[Outcome], *, known: Mapping[int, Known]
) -> list[Stored]:
    answers, begin = [], 0
    for place, delivery in enumerate(deliveries):
        end = begin + len(delivery.events)
        lacking, last_seq = known.get(place, ((), None))
        answers.append(Stored(outcomes[begin:end], lacking, last_seq=last_seq))
        begin = end
    return answers


def _by_site(places: Sequence[int], deliveries: Sequence[Delivery]) -> list[_Site]:
    """Return what arrives at each site, sites ascending."""
    sites: dict[int, _Site] = {}
    place = 0
    for index, (number, delivery) in enumerate(zip(places, deliveries, strict=True)):
        site = sites.setdefault(number, _Site(number))
        site.deliveries.append(index)
        camera = delivery.camera
        for at, worker_id, workstation_id, kind, count, confidence in delivery.events:
            group = site.arrivals.get(worker_id)
            if group is None:
                group = site.arrivals[worker_id] = ([], [])
            group[0].append(place)
            group[1].append(_new(Entry, (at, kind, workstation_id, count, confidence, camera)))
            site.stations.add(workstation_id)
            place += 1
    return [sites[number] for number in sorted(sites)]


def _numbers(registry: Registry, site: _Site) -> list[int]:
    known = registry.numbers(site.number, kind=WORKER)
    return sorted(known[worker_id] for worker_id in site.arrivals)


async def _judge(
    connection: Connection, registry: Registry, *, site: _Site, decide: Decide, outcomes: list[Outcome]
) -> EventRows:
    """Write what becomes of the arrivals of a site, whose workers are locked; return what workstations have seen."""
    known = registry.numbers(site.number, kind=WORKER)
    arrivals = {known[worker_id]: group for worker_id, group in site.arrivals.items()}
    entries = {worker: arrivals[worker][1] for worker in sorted(arrivals)}
    stands = await workers.open_states(connection, site.number, workers=[*entries])
    around = await runs_around(connection, site.number, arrivals=entries, stands=stands)
    offset = registry.offsets()[site.number]
    splices: dict[int, Splice] = {}
    for worker, of_worker in entries.items():
        splice = splices[worker] = decide(around[worker], of_worker, offset=offset)
        if splice.outcomes.count(Outcome.accepted) < len(of_worker):
            for place, outcome in zip(arrivals[worker][0], splice.outcomes, strict=True):
                outcomes[place] = outcome
    await _know_named(connection, registry, site=site.number, splices=splices)
    stations, cameras = (registry.numbers(site.number, kind=kind) for kind in (STATION, CAMERA))
    events = EventRows(stations=stations, cameras=cameras)
    ledger = LedgerRows(stations=stations, cameras=cameras, offset=offset)
    for worker, splice in splices.items():
        events.add(worker, splice)
        ledger.add(worker, splice)
    await events.write(connection, site.number)
    await ledger.write(connection, site.number)
    return events


async def _know_named(connection: Connection, registry: Registry, *, site: int, splices: Mapping[int, Splice]) -> None:
    """Let the numbers be known of what stood there already: another collector may have registered it."""
    states = [each.open_state.state for each in splices.values() if each.open_state and each.open_state.state]
    stations = {station for each in splices.values() for _, station in each.hours}
    stations |= {found.workstation_id for each in splices.values() for found in each.hour_ranges}
    stations |= {station for each in splices.values() for found in each.moved for station, _ in (found.was, found.now)}
    cameras = {entry.camera for each in splices.values() for entry in each.survivors}
    cameras |= {state.camera for state in states}
    await registry.know(connection, site, kind=STATION, ids=stations | {state.workstation_id for state in states})
    await registry.know(connection, site, kind=CAMERA, ids={name for name in cameras if name is not None})


async def _write_senders(
    connection: Connection, registry: Registry, *, site: _Site, deliveries: Sequence[Delivery]
) -> dict[int, Known]:
    """Write what a site's deliveries say of their senders; return what is then known of their epochs, by their place."""
    known = registry.numbers(site.number, kind=CAMERA)
    of_site = [(place, deliveries[place]) for place in site.deliveries]
    await keep_refusals(connection, site.number, deliveries=[each for _, each in of_site])
    marked = {name: bool(each.events) for _, each in of_site if (name := each.camera) is not None}
    for _, each in of_site:
        if each.camera is not None and each.events:
            marked[each.camera] = True
    held = await hold_cameras(connection, site.number, cameras={known[name]: has for name, has in marked.items()})
    called = [
        (place, Call(known[each.camera], each.contact, each.received_at))
        for place, each in of_site
        if each.contact is not None and each.camera is not None
    ]
    found = await note_calls(connection, site.number, calls=[call for _, call in called], watching=held)
    return {place: known_of_epoch for (place, _), known_of_epoch in zip(called, found, strict=True)}
