"""The interface of a store: few coarse verbs, each one transaction; no cursor ever crosses it.

Every verb may raise `Busy` or `StorageFull`; then nothing of it was kept. Sequences are ordered by (site, id), ids by
Unicode code point.
"""

from collections.abc import Sequence
from typing import Protocol

from collector.records import Camera, Decide, Delivery, EventQuery, NewName, Refusal, Snapshot, Stored, StoredEvent


class Storage(Protocol):
    """A store of events, for one collector or for several."""

    async def store(self, deliveries: Sequence[Delivery], *, decide: Decide) -> list[Stored]:
        """Keep all deliveries, on disk when this returns: read what stands, let `decide` judge, write, commit.

        Events, conflicts, refusals, registries, the cameras' ranges and watermarks change together or not at all.
        """
        ...

    async def snapshot(self, sites: Sequence[str] | None = None) -> Snapshot:
        """Return all that the metrics of these sites (None: all) are made of, as of one moment."""
        ...

    async def sites(self) -> list[str]:
        """Return the names of the sites that have anything."""
        ...

    async def cameras(self, sites: Sequence[str] | None = None) -> list[Camera]:
        """Return the cameras that ever delivered or called."""
        ...

    async def events(self, query: EventQuery) -> list[StoredEvent]:
        """Return at most `query.limit` events in the order of their keys, ids by code point, after `query.after`."""
        ...

    async def refusals(self, *, most: int) -> list[tuple[int, Refusal]]:
        """Return the newest refused items, newest first, with the instant of their receipt."""
        ...

    async def name(self, names: Sequence[NewName]) -> None:
        """Give workers and workstations their names; ids not seen yet are registered."""
        ...

    async def rename_site(self, old: str, new: str) -> None:
        """Give a site another name; raises `NotFound` or `BadRequest`."""
        ...

    async def close(self) -> None:
        """Finish what runs and let go of the database."""
        ...
