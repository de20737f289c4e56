"""The write transaction of the SQLite store: read what stands around the arrivals, let `decide` judge, write.

Statements only; `sqlite.py` opens the transaction, commits it and lends the thread. Workers are independent of each other:
each is judged once a transaction, with all its arrivals from whatever deliveries.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

from sqlite_utils.utils import sqlite3

from collector.records import Decide, Delivery, Entry, Outcome, Splice, Stored
from collector.storage import bulk
from collector.storage.base import KEPT_REFUSALS
from collector.storage.ledger_query import rules
from collector.storage.ledger_rows import LedgerRows
from collector.storage.named_in_items import kept_where_erased
from collector.storage.neighbourhood import Worker, runs_around
from collector.storage.numbering import note_contact
from collector.storage.refused import refused
from collector.storage.registry import NO_HORIZON, Registry
from shared.errors import BadRequest, NotFound

# A survivor replaces what stands: `decide` has seen it.
_KEEP_EVENTS = """
    insert into event (site, worker, at, type, workstation, count, confidence, camera)
    values {rows}
    on conflict (site, worker, at, type, workstation) do update
    set count = excluded.count, confidence = excluded.confidence, camera = excluded.camera
"""
# Each distinct losing version is kept once.
_KEEP_LOSERS = """
    insert into conflict (site, worker, at, type, workstation, count, confidence)
    values {rows}
    on conflict do nothing
"""
_new = tuple.__new__
"""Makes an `Entry` from its fields in a third of the time that calling the class takes."""


def store(
    connection: sqlite3.Connection, registry: Registry, *, deliveries: Sequence[Delivery], decide: Decide
) -> list[Stored]:
    """Write deliveries inside an open transaction; return what became of each."""
    names = [registry.place_camera(delivery) for delivery in deliveries]
    sites = [registry.site(name) for name in names]
    outcomes: list[Outcome] = [Outcome.accepted] * sum(len(delivery.events) for delivery in deliveries)
    arrivals = _by_worker(registry, sites, deliveries=deliveries, outcomes=outcomes)
    events, ledger = _EventRows(registry), LedgerRows(connection, registry)
    gap = rules(connection).session_gap
    for worker, (places, entries) in sorted(arrivals.items()):
        runs = runs_around(connection, worker, arrivals=entries, stands=registry.open_state(worker), gap=gap)
        splice = decide(runs, entries, offset=registry.hour_offset(worker[0]))
        if splice.outcomes.count(Outcome.accepted) < len(places):
            for place, outcome in zip(places, splice.outcomes, strict=True):
                outcomes[place] = outcome
        events.add(worker, splice)
        ledger.add(worker, splice)
    events.write(connection)
    ledger.write()
    registry.write_bounds()
    remaining = iter(outcomes)
    return [
        _stored(connection, registry, site=name, of=delivery, became=list(islice(remaining, len(delivery.events))))
        for name, delivery in zip(names, deliveries, strict=True)
    ]


def rename_site(connection: sqlite3.Connection, *, old: str, new: str) -> None:
    """Give a site another name."""
    taken = connection.execute("select 1 from site where name = ?", (new,)).fetchone()
    if taken:
        raise BadRequest(f"there is a site {new} already", hint="sites cannot be merged")
    if connection.execute("update site set name = ? where name = ?", (new, old)).rowcount == 0:
        raise NotFound(f"there is no site {old}")


def _by_worker(
    registry: Registry, sites: Iterable[int], *, deliveries: Iterable[Delivery], outcomes: list[Outcome]
) -> dict[Worker, tuple[list[int], list[Entry]]]:
    """Return the arrivals of each worker, with their places in the order of arrival; `outcomes` tells of those left out."""
    grouped: dict[tuple[int, str], tuple[list[int], list[Entry]]] = {}
    place = 0
    for site, delivery in zip(sites, deliveries, strict=True):
        camera, horizon = delivery.camera, registry.horizon(site)
        for at, worker_id, workstation_id, kind, count, confidence in delivery.events:
            if at < horizon:
                # Of an erased person nothing is kept, not even that the event is too old.
                is_erased = registry.is_forgotten(site, worker_id)
                outcomes[place] = Outcome.forgotten if is_erased else Outcome.too_old
                place += 1
                continue
            group = grouped.get((site, worker_id))
            if group is None:
                group = grouped[site, worker_id] = ([], [])
            group[0].append(place)
            group[1].append(_new(Entry, (at, kind, workstation_id, count, confidence, camera)))
            place += 1
    result: dict[Worker, tuple[list[int], list[Entry]]] = {}
    for (site, worker_id), group in grouped.items():
        if registry.is_forgotten(site, worker_id):
            for place in group[0]:
                outcomes[place] = Outcome.forgotten
        else:
            result[site, registry.worker(site, worker_id)] = group
    return result


class _EventRows:
    """Events and losing versions of one transaction, written once: a statement for each worker would cost more."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._events: list[tuple[object, ...]] = []
        self._conflicts: list[tuple[object, ...]] = []
        self._seen: dict[int, dict[str, list[int]]] = {}

    def add(self, worker: Worker, splice: Splice) -> None:
        """Take in what changes for a worker; workers come in the order of their numbers."""
        site, number = worker
        seen = self._seen.setdefault(site, {})
        camera_number, of_camera = None, None
        for at, kind, station, count, confidence, camera in splice.survivors:
            place = seen.get(station)
            if place is None:
                place = seen[station] = [self._registry.workstation(site, station), at, at]
            elif at < place[1]:
                place[1] = at
            elif at > place[2]:
                place[2] = at
            if camera != of_camera:
                camera_number, of_camera = self._registry.camera(site, camera), camera
            self._events.append((site, number, at, kind, place[0], count, confidence, camera_number))
        if splice.losers:
            self._conflicts.extend(
                (
                    site,
                    number,
                    at,
                    kind,
                    self._registry.workstation(site, station),
                    count,
                    -1.0 if known is None else known,
                )
                for at, kind, station, count, known, _ in splice.losers
            )

    def write(self, connection: sqlite3.Connection) -> None:
        """Write all of them."""
        for site, places in self._seen.items():
            for workstation, first, last in places.values():
                self._registry.saw((site, workstation), first, last=last)
        # They come in the order of the key, so that neighbours share pages.
        bulk.execute(connection, _KEEP_EVENTS, rows=self._events)
        bulk.execute(connection, _KEEP_LOSERS, rows=self._conflicts)


def _stored(
    connection: sqlite3.Connection, registry: Registry, *, site: str, of: Delivery, became: Sequence[Outcome]
) -> Stored:
    number = registry.site(site)
    horizon = registry.horizon(number)
    known_horizon = None if horizon == NO_HORIZON else horizon
    refusals = [*of.refusals, *refused(of.events, became, horizon=known_horizon)]
    marks = registry.marks(number)
    if refusals and marks.made:
        # Whatever the verdict: of somebody who was erased nothing comes back, also not as what was refused.
        refusals = list(kept_where_erased(refusals, is_forgotten=marks.bears))
    _write_refusals(connection, number, delivery=replace(of, refusals=refusals))
    camera = registry.camera(number, of.camera)
    lacking, last_seq = ((), None) if camera is None else note_contact(connection, (number, camera), delivery=of)
    return Stored(became, lacking, known_horizon, last_seq, site)


def _write_refusals(connection: sqlite3.Connection, site: int, *, delivery: Delivery) -> None:
    if not delivery.refusals:
        return
    connection.executemany(
        "insert into rejected (site, received_at, camera, code, error, item) values (?, ?, ?, ?, ?, ?)",
        [
            (site, delivery.received_at, delivery.camera, refusal.code, refusal.error, refusal.item)
            for refusal in delivery.refusals
        ],
    )
    # Only the newest stay, so that a broken camera cannot fill the disk.
    connection.execute("delete from rejected where number <= (select max(number) from rejected) - ?", (KEPT_REFUSALS,))
