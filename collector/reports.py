"""What the pages, the API and the commands show: snapshots of the store put through the arithmetic of work."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from collector.metrics import answers, kpis
from collector.metrics.camera_states import NEW, camera_state
from collector.metrics.spans import Rules
from collector.metrics.windows import Window
from collector.records import Camera, Registered, Snapshot
from collector.settings import CollectorSettings
from collector.storage.base import Storage
from shared.clock import Clock
from shared.errors import BadRequest
from shared.instants import SECOND, format_instant

CAMERA_COLUMNS = (
    "camera", "site", "state", "watermark", "last_contact_at", "pending", "oldest_pending_at", "clock_offset_seconds",
    "missing", "version",
)  # fmt: skip


class Reports:
    """Answers to questions about the store, as of now."""

    def __init__(self, storage: Storage, *, settings: CollectorSettings, clock: Clock) -> None:
        self._storage = storage
        self._settings = settings
        self._clock = clock
        self._rules = Rules(settings.session_gap, settings.tail)

    async def totals(self, window: Window, *, sites: Sequence[str] | None) -> kpis.Totals:
        """Return the totals of these sites (None: all) within a window.

        Raises:
            BadRequest: a site that is not known.
        """
        await self.check_sites(sites)
        snapshot = self._with_names(await self._storage.snapshot(sites))
        return kpis.totals(snapshot, window=window, rules=self._rules)

    async def cameras(self, *, sites: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Return a row for each camera that ever called, delivered, or stands in the settings."""
        await self.check_sites(sites)
        called = await self._storage.cameras(sites)
        names = {camera.name for camera in called}
        expected = [
            Camera(self._settings.site_of(name), name, None, None, 0, None, None, None, 0)
            for name in self._settings.cameras
            if name not in names and (sites is None or self._settings.site_of(name) in sites)
        ]
        now = self._clock.now()
        ordered = sorted([*called, *expected], key=lambda camera: (camera.site, camera.name))
        return [self._camera_row(camera, now=now) for camera in ordered]

    async def check_sites(self, sites: Sequence[str] | None) -> None:
        """Refuse sites that neither have anything nor stand in the settings.

        Raises:
            BadRequest: names the site.
        """
        if sites is None:
            return
        expected = {self._settings.default_site, *self._settings.sites}
        expected.update(self._settings.site_of(camera) for camera in self._settings.cameras)
        for site in sites:
            if site not in expected and site not in await self._storage.sites():
                raise BadRequest(f"site: there is no site {site!r}")

    def _with_names(self, snapshot: Snapshot) -> Snapshot:
        return replace(
            snapshot,
            workers=[self._named(worker, "workers") for worker in snapshot.workers],
            workstations=[self._named(station, "workstations") for station in snapshot.workstations],
        )

    def _named(self, registered: Registered, kind: str) -> Registered:
        site = self._settings.sites.get(registered.site)
        name = getattr(site, kind).get(registered.id) if site else None
        return registered if name is None else replace(registered, name=name)

    def _camera_row(self, camera: Camera, *, now: int) -> dict[str, Any]:
        state = camera_state(camera, now=now, heartbeat=self._settings.heartbeat)
        offset = camera.clock_offset_us
        return {
            "camera": camera.name,
            "site": camera.site,
            "state": state,
            "watermark": _shown(camera.watermark),
            "last_contact_at": _shown(camera.last_contact_at),
            "pending": camera.pending,
            "oldest_pending_at": _shown(camera.oldest_pending_at),
            "clock_offset_seconds": None if state == NEW or offset is None else round(offset / SECOND, 3),
            "missing": camera.missing,
            "version": camera.version,
        }


def exact_rows(totals: kpis.Totals, what: str) -> Any:
    """Return `workers`, `workstations` or `factory` in integer microseconds."""
    if what == "workers":
        return answers.exact_worker_rows(totals)
    return answers.exact_workstation_rows(totals) if what == "workstations" else answers.exact_factory_row(totals)


def shown_rows(totals: kpis.Totals, what: str) -> Any:
    """Return `workers`, `workstations` or `factory` as the API shows them."""
    if what == "workers":
        return answers.worker_rows(totals)
    return answers.workstation_rows(totals) if what == "workstations" else answers.factory_row(totals)


def _shown(instant: int | None) -> str | None:
    return None if instant is None else format_instant(instant)
