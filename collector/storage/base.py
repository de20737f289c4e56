"""The interface of a store: few coarse verbs, each one transaction; no cursor ever crosses it.

Every verb may raise `Busy` or `StorageFull`; then nothing of it was kept. Sequences are ordered by (site, id), ids by
Unicode code point.
"""

from collections.abc import Sequence
from typing import Protocol

from collector.measures import Histories, Measure, Occupied, Split, Stretch
from collector.records import (
    Camera,
    Decide,
    Delivery,
    EventQuery,
    KeptRefusal,
    LedgerRules,
    NewName,
    Snapshot,
    Stored,
    StoredEvent,
)

KEPT_REFUSALS = 10_000
"""The newest, of all sites together."""


class Storage(Protocol):
    """A store of events, for one collector or for several."""

    @property
    def rules(self) -> LedgerRules:
        """What the stored amounts were made with, whatever the settings say now."""
        ...

    async def store(self, deliveries: Sequence[Delivery], *, decide: Decide) -> list[Stored]:
        """Keep all deliveries, on disk when this returns: read what stands, let `decide` judge, write, commit.

        Events, conflicts, refusals, registries, the cameras' ranges and watermarks change together or not at all.
        """
        ...

    async def measure(
        self,
        sites: Sequence[str] | None = None,
        *,
        split: Split,
        by_hour: bool = False,
        stays: bool = True,
        occupied: Occupied | None = None,
    ) -> Measure:
        """Return what the numbers of a window are made of, as of one moment.

        Hours apart with when cameras watched, and the last stays at workstations, only if asked for; likewise how long
        workstations were occupied, which is left open if it takes more states than the question allows.
        """
        ...

    async def version(self) -> str:
        """Return a name for what is stored: it changes with every committed write, and never comes again.

        Collectors over one database say the same; what is read after asking is at least as new.
        """
        ...

    async def runs(
        self, sites: Sequence[str] | None = None, *, worker_id: str, stretch: Stretch, most: int
    ) -> Histories | None:
        """Return how everybody of that id spent a stretch; None if that takes more than so many events of one."""
        ...

    async def outlines(self, sites: Sequence[str] | None = None, *, stretch: Stretch, most: int) -> Histories | None:
        """Return how all workers spent a stretch; None if they have more than so many states in it.

        Counts that change nothing in the time of the stretch are left out.
        """
        ...

    async def snapshot(self, sites: Sequence[str] | None = None) -> Snapshot:
        """Return all that the metrics of these sites (None: all) are made of, as of one moment."""
        ...

    async def sites(self) -> list[str]:
        """Return the names of the sites that have anything."""
        ...

    async def hour_offsets(self) -> dict[str, int]:
        """Return where the stored hours of each site begin, in microseconds past the full hour of UTC."""
        ...

    async def cameras(self, sites: Sequence[str] | None = None) -> list[Camera]:
        """Return the cameras that ever delivered or called."""
        ...

    async def events(self, query: EventQuery) -> list[StoredEvent]:
        """Return at most `query.limit` events in the order of their keys, ids by code point, after `query.after`."""
        ...

    async def refusals(self, sites: Sequence[str] | None = None, *, most: int) -> list[KeptRefusal]:
        """Return the newest refused items of these sites (None: all), newest first."""
        ...

    async def name(self, names: Sequence[NewName]) -> None:
        """Give workers and workstations their names; ids not seen yet are registered."""
        ...

    async def rename_site(self, old: str, new: str) -> None:
        """Give a site another name; raises `NotFound` or `BadRequest`."""
        ...

    def interrupt(self) -> None:
        """Give up what is being read at length; whoever waits for it is told `Busy`."""
        ...

    async def close(self) -> None:
        """Give up what is being read, finish what is being written, and let go of the database."""
        ...
