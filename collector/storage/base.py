"""The interface of a store: few coarse verbs, each one transaction; no cursor ever crosses it.

Every verb may raise `Busy` or `StorageFull`; then nothing of it was kept. Sequences are ordered by (site, id), ids by
Unicode code point.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from collector.measures import (
    Forgotten,
    Histories,
    Home,
    Kept,
    Look,
    Measure,
    Occupied,
    Purged,
    Settle,
    Split,
    Stretch,
    TellAll,
)
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
from collector.storage.access_base import AccessStorage

KEPT_REFUSALS = 10_000
"""The newest: of all sites together in a file, of each site on a server."""
FEW_SITES = 10
"""The cameras of so few are told between two posts; those of a thousand take a second, and wait in the other line."""


class Storage(Protocol):
    """A store of events, for one collector or for several."""

    @property
    def rules(self) -> LedgerRules:
        """What the stored amounts were made with, whatever the settings say now."""
        ...

    @property
    def access(self) -> AccessStorage:
        """Who may write and who may look."""
        ...

    async def store(self, deliveries: Sequence[Delivery], *, decide: Decide) -> list[Stored]:
        """Keep all deliveries, on disk when this returns: read what stands, let `decide` judge, write, commit.

        Events, conflicts, refusals, registries, the cameras' ranges and watermarks change together or not at all. Raises
        `SiteHeld` where others hold one site in the database, and `NamesHeld` where they register one: the others may be stored
        without it.
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

    async def sites(self, sites: Sequence[str] | None = None) -> list[str]:
        """Return the names of those of these sites (None: all) that have anything."""
        ...

    async def hour_offsets(self, sites: Sequence[str] | None = None) -> dict[str, int]:
        """Return where the stored hours of each begin, in microseconds past the full hour of UTC."""
        ...

    async def cameras(self, sites: Sequence[str] | None = None) -> list[Camera]:
        """Return the cameras that ever delivered or called."""
        ...

    async def homes(self, cameras: Sequence[str]) -> dict[str, Home]:
        """Return where each of these cameras is known; those that nobody has heard of are left out."""
        ...

    async def events(self, query: EventQuery) -> list[StoredEvent]:
        """Return at most `query.limit` events in the order of their keys, ids by code point, after `query.after`."""
        ...

    async def lost_versions(self, sites: Sequence[str] | None = None, *, stretch: Stretch, most: int) -> int:
        """Return how many versions of events within a stretch have lost against another, counted up to so many."""
        ...

    async def refusals(
        self, sites: Sequence[str] | None = None, *, stretch: Stretch = (None, None), most: int
    ) -> list[KeptRefusal]:
        """Return the newest refused items of these sites (None: all) that were received within a stretch, newest first."""
        ...

    async def refused(self, sites: Sequence[str] | None = None, *, stretch: Stretch, most: int) -> int:
        """Return how many items that are kept were received within a stretch and refused, counted up to so many."""
        ...

    async def server_now(self) -> int | None:
        """Return what time it is by the clock of the database's server; None where the store is a file."""
        ...

    async def kept(self) -> dict[str, Kept]:
        """Return from when on each site still has what; whoever asks for more is told `BeforeHorizon`."""
        ...

    async def purge(self, site: str, *, to: Kept, settle: Settle) -> Purged:
        """Take the oldest hour away that a site shall no longer keep; nothing once it has no more than `to`.

        Bounded, so that deliveries are stored between two steps. Raises `NotFound`.
        """
        ...

    async def doomed(self, site: str, *, to: Kept) -> tuple[int, int, int]:
        """Return how many events, hours of workers and hours of workstations a purge would take."""
        ...

    async def forgettable(self, worker_id: str, *, site: str | None) -> Forgotten:
        """Return what there is to erase of a worker; raises `NotFound`, or `BadRequest` where several sites have one."""
        ...

    async def person(self, worker_id: str, *, site: str | None) -> dict[str, Any]:
        """Return what is stored of a worker beside the events; raises as `forgettable`."""
        ...

    async def forget(self, worker_id: str, *, site: str | None, tell: TellAll, now: int) -> Forgotten:
        """Erase a worker, whose events are refused from now on; raises as `forgettable`."""
        ...

    async def note_look(self, look: Look) -> bool:
        """Write down who looked at whose data, the same within an hour once; False where nobody is there to be seen."""
        ...

    async def looks(self, *, worker_id: str | None, site: str | None) -> list[Look]:
        """Return who looked, the newest first: at anything, or at a worker or a site."""
        ...

    async def scrub(self) -> bool:
        """Write over what was erased, wherever it lay on the disk; say whether there was anything.

        Takes as long as writing the database anew. Raises `Busy` where somebody reads meanwhile, or it is given up: try again.
        """
        ...

    @property
    def is_scrubbing(self) -> bool:
        """Whether nothing is stored at this moment because a scrub writes the database anew; never where others store beside it."""
        ...

    async def is_unscrubbed(self) -> bool:
        """Say whether bytes of what was erased may still lie on the disk."""
        ...

    async def name(self, names: Sequence[NewName]) -> None:
        """Give workers and workstations their names; ids not seen yet are registered."""
        ...

    async def rename_site(self, old: str, new: str) -> None:
        """Give a site another name; raises `NotFound` or `BadRequest`."""
        ...

    def interrupt(self) -> None:
        """Give up what is being read at length, and a scrub; whoever waits for it is told `Busy`."""
        ...

    async def close(self) -> None:
        """Give up what is being read and a scrub, finish what is being written, and let go of the database."""
        ...
