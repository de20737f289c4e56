"""The write transaction of the PostgreSQL store: lock the workers of the arrivals, read what stands, let `decide` judge, write.

Statements only; `store.py` opens the transaction and commits it. Sites are gone through one after the other, and every
statement names the site it is about. Of the order in which locks are taken see `locks.py`.
"""

from collections.abc import Mapping, Sequence

from collector.records import Decide, Delivery, Outcome, Splice, Stored
from collector.storage.named_in_items import kept_where_erased
from collector.storage.postgres import workers
from collector.storage.postgres.arrivals import Arrivals, by_site, outcomes_of
from collector.storage.postgres.connecting import Connection, overtaken
from collector.storage.postgres.event_rows import EventRows
from collector.storage.postgres.holding import held_is_told
from collector.storage.postgres.ledger_rows import LedgerRows
from collector.storage.postgres.neighbourhood import runs_around
from collector.storage.postgres.numbering import Call, Known, hold_cameras, note_calls
from collector.storage.postgres.refusals import keep_refusals
from collector.storage.postgres.registry import CAMERA, STATION, WORKER, Registry
from collector.storage.refused import refused


async def store(
    connection: Connection, registry: Registry, *, deliveries: Sequence[Delivery], decide: Decide
) -> list[Stored]:
    """Write deliveries inside an open transaction; return what became of each."""
    places = await registry.place(connection, deliveries)
    sites, names = by_site(places, deliveries), registry.names()
    outcomes: list[Outcome] = [Outcome.accepted] * sum(len(delivery.events) for delivery in deliveries)
    for site in sites:
        with held_is_told(names[site.site], number=site.site, of=site.deliveries):
            erased = await registry.erased(connection, site.site, ids=site.by_worker)
            site.leave_out(erased, outcomes)
            site.leave_out_before(registry.horizon(site.site), outcomes)
            await registry.register(
                connection,
                site.site,
                of=(
                    (WORKER, site.by_worker.keys()),
                    (STATION, site.stations),
                    (CAMERA, {name for each in site.deliveries if (name := deliveries[each].camera) is not None}),
                ),
            )
    for site in sites:
        with held_is_told(names[site.site], number=site.site, of=site.deliveries):
            await workers.hold(connection, site.site, workers=_numbers(registry, site))
    kept = []
    for site in sites:
        with held_is_told(names[site.site], number=site.site, of=site.deliveries):
            kept.append(await _judge(connection, registry, site=site, decide=decide, outcomes=outcomes))
    for site, events in zip(sites, kept, strict=True):
        with held_is_told(names[site.site], number=site.site, of=site.deliveries):
            await events.widen(connection, site.site)
    became = [*outcomes_of(deliveries, outcomes)]
    known: dict[int, Known] = {}
    for site in sites:
        of_site = {place: (deliveries[place], became[place]) for place in site.deliveries}
        with held_is_told(names[site.site], number=site.site, of=site.deliveries):
            known |= await _write_senders(connection, registry, site=site.site, of_site=of_site)
    return [
        Stored(each, lacking, registry.horizon(places[place]), last_seq, names[places[place]])
        for place, each in enumerate(became)
        for lacking, last_seq in [known.get(place, ((), None))]
    ]


def _numbers(registry: Registry, site: Arrivals) -> list[int]:
    known = registry.numbers(site.site, kind=WORKER)
    return sorted(known[worker_id] for worker_id in site.by_worker)


async def _judge(
    connection: Connection, registry: Registry, *, site: Arrivals, decide: Decide, outcomes: list[Outcome]
) -> EventRows:
    """Write what becomes of the arrivals of a site, whose workers are locked; return what workstations have seen."""
    if not site.by_worker:  # a call of an agent that has nothing to tell
        return EventRows(stations={}, cameras={})
    known, held = registry.numbers(site.site, kind=WORKER), _numbers(registry, site)
    stands, horizon = await workers.standing(connection, site.site, workers=held)
    # A purge may have come first: nobody moves the horizon any more while workers of the site are held.
    registry.move_horizon(site.site, horizon)
    if site.has_before(horizon):  # what it names must not have been registered
        raise overtaken("a purge of the site")
    arrivals = {known[worker_id]: group for worker_id, group in site.by_worker.items()}
    entries = {worker: arrivals[worker][1] for worker in sorted(arrivals)}
    around = await runs_around(connection, site.site, arrivals=entries, stands=stands)
    offset = registry.offsets()[site.site]
    splices: dict[int, Splice] = {}
    for worker, of_worker in entries.items():
        splice = splices[worker] = decide(around[worker], of_worker, offset=offset)
        if splice.outcomes.count(Outcome.accepted) < len(of_worker):
            for place, outcome in zip(arrivals[worker][0], splice.outcomes, strict=True):
                outcomes[place] = outcome
    await _know_named(connection, registry, site=site.site, splices=splices)
    stations, cameras = (registry.numbers(site.site, kind=kind) for kind in (STATION, CAMERA))
    events = EventRows(stations=stations, cameras=cameras)
    ledger = LedgerRows(stations=stations, cameras=cameras, offset=offset)
    for worker, splice in splices.items():
        events.add(worker, splice)
        ledger.add(worker, splice)
    await events.write(connection, site.site)
    await ledger.write(connection, site.site)
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
    connection: Connection, registry: Registry, *, site: int, of_site: Mapping[int, tuple[Delivery, Sequence[Outcome]]]
) -> dict[int, Known]:
    """Write what a site's deliveries say of their senders; return what is then known of their epochs, by their place."""
    known = registry.numbers(site, kind=CAMERA)
    horizon = registry.horizon(site)
    delivered = [each for each, _ in of_site.values()]
    marks = await registry.marks(connection, site)
    refusals = [
        (each, [*each.refusals, *refused(each.events, became, horizon=horizon)]) for each, became in of_site.values()
    ]
    if marks.made:
        # Whatever the verdict: of somebody who was erased nothing comes back, also not as what was refused.
        refusals = [(each, [*kept_where_erased(told, is_forgotten=marks.bears)]) for each, told in refusals]
    await keep_refusals(connection, site, refusals=refusals)
    marked = {name: False for each in delivered if (name := each.camera) is not None}
    marked |= {each.camera: True for each in delivered if each.camera is not None and each.events}
    held = await hold_cameras(connection, site, cameras={known[name]: has for name, has in marked.items()})
    called = [
        (place, Call(known[each.camera], each.contact, each.received_at))
        for place, (each, _) in of_site.items()
        if each.contact is not None and each.camera is not None
    ]
    found = await note_calls(connection, site, calls=[call for _, call in called], watching=held)
    return {place: of_epoch for (place, _), of_epoch in zip(called, found, strict=True)}
