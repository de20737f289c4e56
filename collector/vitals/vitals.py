"""How the collector is, for whoever asks: Prometheus (`/metrics`), a load balancer (`/readyz`), people, systemd.

Ready means that an event delivered now would be stored: the last transaction was kept, none has hung for long, the
database is not being written anew, and the collector is not about to stop. None of the answers waits longer than five
seconds for the store; what it does not tell by then is left out.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import version
from typing import Any, TypeVar

from collector.ingest import Ingest
from collector.reports import Reports
from collector.storage.opening import SQLITE_VERSION
from collector.storage.room import Room
from collector.vitals.gauges import Snapshot, exposition, exposition_of_sites
from collector.vitals.meters import Meters
from shared.clock import Clock
from shared.errors import LinesideError
from shared.instants import format_instant
from shared.service_manager import ServiceManager
from shared.spoken import counted

BEAT_SECONDS = 5.0
"""How often the service manager is given a sign of life."""
_BEATS_TO_MISS = 3
"""A transaction of the largest size takes a second; a disk that tidies up, some more."""
PATIENCE_SECONDS = 5.0
FORGIVEN_SECONDS = 120.0
"""Agents try again within a minute. If nobody has for longer, perhaps a load balancer keeps them away because we are not ready:
only a delivery can show that the disk has room again."""

Result = TypeVar("Result")


class Vitals:
    """The answers."""

    def __init__(
        self,
        *,
        ingest: Ingest,
        reports: Reports,
        meters: Meters,
        room: Callable[[], Room],
        is_scrubbing: Callable[[], bool],
        database: str,
        clock: Clock,
    ) -> None:
        self._ingest = ingest
        self._reports = reports
        self.meters = meters
        self._room = room
        self._is_scrubbing = is_scrubbing
        self._database = database
        self._clock = clock
        self._started_at = clock.now()
        self._is_stopping = False
        self._beat_seconds = BEAT_SECONDS

    def stop(self) -> None:
        """Be ready for nothing more."""
        self._is_stopping = True

    @property
    def is_working(self) -> bool:
        """Whether the process is worth keeping: a restart mends neither a full disk nor wrong events."""
        return self._ingest.is_running and not self._is_hung

    @property
    def is_scrubbing(self) -> bool:
        """Whether nothing is stored at this moment because the database is written anew."""
        return self._is_scrubbing()

    def not_ready(self) -> list[str]:
        """Return why events are not taken; nothing if they are."""
        reasons = []
        if self._is_stopping:
            reasons.append("the collector is stopping")
        if not self._ingest.is_running:
            reasons.append("what stores events has ended; the log says why")
        if self._is_scrubbing():
            reasons.append("the database is written anew after an erasure: what is delivered waits until that is done")
        if self._is_hung:
            reasons.append(f"the store has not answered for {self._busy_seconds:.0f} s")
        failed = self.meters.failed_seconds_ago
        if self._ingest.failure is not None and failed is not None and failed < FORGIVEN_SECONDS:
            reasons.append(f"the last events could not be stored: {self._ingest.failure}")
        return reasons

    def tell(self, manager: ServiceManager) -> None:
        """Give the service manager a sign of life, if the process is worth keeping."""
        if self.is_working:
            manager.alive(
                "; ".join(self.not_ready())
                or f"{counted(self.meters.taken['accepted'], 'event')} taken since the start"
            )

    async def beat(self, manager: ServiceManager) -> None:
        """Tell it every five seconds, or as often as it wants, until cancelled."""
        if manager.watchdog_seconds is not None:
            self._beat_seconds = min(BEAT_SECONDS, manager.watchdog_seconds / 3)
        while True:
            self.tell(manager)
            await self._clock.sleep(self._beat_seconds)

    async def metrics(self, *, sites: Sequence[str] | None = None) -> bytes:
        """Return everything in Prometheus' text format, or what is told of these sites; what cannot be looked at has no sample."""
        cameras = await _patiently(self._reports.cameras(sites=sites))
        warnings = await _patiently(self._reports.warnings(sites=sites))
        snapshot = Snapshot(
            version=version("lineside"),
            sqlite_version=SQLITE_VERSION,
            started_at=self._started_at,
            is_ready=not self.not_ready(),
            waiting_requests=self._ingest.waiting_requests,
            waiting_events=self._ingest.waiting_events,
            busy_seconds=self._busy_seconds,
            room=self._room_seen(),
            cameras=cameras,
            warnings=None if warnings is None else len(warnings),
            purged_at=self.meters.purged_at,
            is_purge_held=self.meters.is_purge_held,
        )
        return exposition(self.meters.registry, snapshot) if sites is None else exposition_of_sites(snapshot)

    async def status(self) -> dict[str, Any]:
        """Return what `collector status` shows."""
        room, taken = self._room_seen(), self.meters.taken
        return {
            "state": "not ready" if self.not_ready() else "ready",
            "not_ready": self.not_ready(),
            "version": version("lineside"),
            "started_at": format_instant(self._started_at),
            "database": self._database,
            "size_bytes": None if room is None else room.size_bytes,
            "log_bytes": None if room is None else room.log_bytes,
            "free_disk_bytes": None if room is None else room.free_disk_bytes,
            "accepted": taken["accepted"],
            "duplicates": taken["duplicate"],
            "conflicts": taken["conflict"],
            "rejected": taken["rejected"],
            "waiting_events": self._ingest.waiting_events,
            "cameras": await _patiently(self._reports.cameras()),
            "warnings": await _patiently(self._reports.warnings()),
        }

    @property
    def _is_hung(self) -> bool:
        return self._busy_seconds > self._beat_seconds * _BEATS_TO_MISS

    @property
    def _busy_seconds(self) -> float:
        # A transaction that waits for a scrub does not run, and a kill would let the scrub begin anew, for ever.
        return 0.0 if self._is_scrubbing() else self.meters.busy_seconds

    def _room_seen(self) -> Room | None:
        try:
            return self._room()
        except LinesideError:
            return None


async def _patiently(asked: Awaitable[Result]) -> Result | None:
    """Return an answer, None if there is none in time."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await asked
    except (LinesideError, TimeoutError):
        return None
