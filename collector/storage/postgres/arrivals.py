"""What arrives at one site in a transaction of the PostgreSQL store, and what of it is not taken."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from collector.records import Delivery, Entry, Outcome

_new = tuple.__new__
"""Makes an `Entry` from its fields in a third of the time that calling the class takes."""


@dataclass(slots=True)
class Arrivals:
    """What arrives at a site, in the order of arrival."""

    site: int
    by_worker: dict[str, tuple[list[int], list[Entry]]] = field(default_factory=dict)
    """The places in the answer, and what came."""
    deliveries: list[int] = field(default_factory=list)
    """Which of the transaction."""
    _stations: set[str] | None = field(default_factory=set)

    @property
    def stations(self) -> set[str]:
        """The workstations that are named."""
        if self._stations is None:
            of_all = chain.from_iterable(entries for _, entries in self.by_worker.values())
            self._stations = {entry.workstation_id for entry in of_all}
        return self._stations

    def leave_out(self, workers: Collection[str], outcomes: list[Outcome]) -> None:
        """Take nothing of workers who were erased; `outcomes` tells so."""
        for worker_id in workers:
            for place in self.by_worker.pop(worker_id)[0]:
                outcomes[place] = Outcome.forgotten
            self._stations = None

    def has_before(self, horizon: int | None) -> bool:
        """Say whether anything lies before an instant."""
        return horizon is not None and any(
            entry[0] < horizon for _, entries in self.by_worker.values() for entry in entries
        )

    def leave_out_before(self, horizon: int | None, outcomes: list[Outcome]) -> None:
        """Take nothing that lies before an instant; `outcomes` tells so."""
        if horizon is None:
            return
        for worker_id, (places, entries) in [*self.by_worker.items()]:
            if min(entry[0] for entry in entries) >= horizon:
                continue
            self._stations = None
            kept = []
            for place, entry in zip(places, entries, strict=True):
                if entry.at < horizon:
                    outcomes[place] = Outcome.too_old
                else:
                    kept.append((place, entry))
            if kept:
                self.by_worker[worker_id] = ([place for place, _ in kept], [entry for _, entry in kept])
            else:
                del self.by_worker[worker_id]


def by_site(places: Sequence[int], deliveries: Sequence[Delivery]) -> list[Arrivals]:
    """Return what arrives at each site, sites ascending; `places` are the sites of the deliveries, by number."""
    sites: dict[int, Arrivals] = {}
    place = 0
    for index, (number, delivery) in enumerate(zip(places, deliveries, strict=True)):
        site = sites.setdefault(number, Arrivals(number))
        site.deliveries.append(index)
        camera, by_worker, stations = delivery.camera, site.by_worker, site.stations
        for at, worker_id, workstation_id, kind, count, confidence in delivery.events:
            group = by_worker.get(worker_id)
            if group is None:
                group = by_worker[worker_id] = ([], [])
            group[0].append(place)
            group[1].append(_new(Entry, (at, kind, workstation_id, count, confidence, camera)))
            stations.add(workstation_id)
            place += 1
    return [sites[number] for number in sorted(sites)]


def outcomes_of(deliveries: Sequence[Delivery], outcomes: Sequence[Outcome]) -> Iterator[Sequence[Outcome]]:
    """Yield what became of each delivery's events."""
    begin = 0
    for delivery in deliveries:
        end = begin + len(delivery.events)
        yield outcomes[begin:end]
        begin = end
