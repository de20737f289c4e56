"""What the pages, the API and the commands show: snapshots of the store put through the arithmetic of work.

Everything that grows with what is asked is computed away from the loop: meanwhile the others are answered.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from collector.measures import EVERYTHING, Measure, Station
from collector.metrics import answers, drift, hourly, kpis, measured, targets
from collector.metrics.asked import AskedWindow, Question, SitePlan, understand
from collector.metrics.camera_states import NEW, camera_state
from collector.metrics.occupancy import occupied_in
from collector.metrics.parts import split
from collector.metrics.shifts import Shift
from collector.metrics.sight import unseen_of
from collector.metrics.timeline import (
    MOST_SPANS,
    Piece,
    Timeline,
    counts_of,
    kept_since,
    pieces,
    watermarks_of,
    within,
)
from collector.metrics.windows import Window
from collector.records import Camera, Registered
from collector.settings import CollectorSettings
from collector.storage.base import Storage
from shared.clock import Clock
from shared.errors import BadRequest, NotFound
from shared.instants import HOUR, SECOND, format_instant

MOST_OCCUPIED = 31 * 24 * HOUR
MOST_EVENTS = 500_000
"""Of one worker in a timeline: a second of reading."""
Named = TypeVar("Named", Registered, Station)
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

    async def totals(
        self,
        window: Window,
        *,
        sites: Sequence[str] | None,
        stations: bool = True,
        occupied_by_states: int | None = None,
    ) -> kpis.Totals:
        """Return the totals of these sites (None: all) within a window, without workstations if they are not asked for.

        `occupied_by_states` asks for the time of workstations counted once, and says how many states may be read for it; it
        is told for closed windows of 31 days at most.

        Raises:
            BadRequest: a site that is not known, or a window too long or too full for `occupied`.
        """
        await self.check_sites(sites)
        rules, most = self._storage.rules, occupied_by_states
        if most is not None and not may_tell_occupied(window):
            raise BadRequest(
                "include: occupied is told for windows of at most 31 days, closed at both ends", field="include"
            )
        question = None if most is None else occupied_in(window, rules=rules, most=most)
        measure = await self._storage.measure(sites, split=partial(split, window), stays=stations, occupied=question)
        if question is not None and measure.company is None:
            raise BadRequest(
                f"include: more than {most:,} states lie in those hours of this window in which several people shared a"
                " workstation; ask for a smaller window",
                field="include",
            )
        found = await asyncio.to_thread(lambda: measured.totals(self._with_names(measure), window=window, rules=rules))
        return found if stations else replace(found, stations=())

    async def facts(self, window: Window, *, sites: Sequence[str] | None, by_hour: bool = True) -> Measure:
        """Return what the numbers of a window are made of, hours apart, with the names that the settings give."""
        measure = await self._storage.measure(sites, split=partial(split, window), by_hour=by_hour)
        return await asyncio.to_thread(self._with_names, measure)

    async def hours(
        self, window: Window, *, sites: Sequence[str] | None, most: int | None = None
    ) -> list[hourly.HourTotals]:
        """Return what happened in each hour of these sites (None: all) within a window, by (site, hour).

        Raises:
            BadRequest: a site that is not known, or more than `most` hours.
        """
        await self.check_sites(sites)
        measure = await self._storage.measure(sites, split=partial(split, window), by_hour=True, stays=False)
        offsets = await self.hour_offsets(sites)
        rules = self._storage.rules

        def tell() -> list[hourly.HourTotals]:
            check_hours(sum(map(any, measure.by_hour.values())), most)  # before the work that they would be
            found = measured.hours(measure, window=window, rules=rules, offsets=offsets)
            told = hourly.in_order(found, window=window, offsets=offsets, watched=measure.watched)
            check_hours(len(told), most)
            return targets.aimed_at(told, plans={site: self.plan_of(site) for site in offsets})

        return await asyncio.to_thread(tell)

    async def hour_offsets(self, sites: Sequence[str] | None) -> dict[str, int]:
        """Return where the hours of these sites (None: all that have anything) begin, past the full hour of UTC."""
        stored = await self._storage.hour_offsets(sites)
        if sites is None:
            return stored
        return {site: stored.get(site, self._settings.hour_offset_of(site)) for site in sites}

    async def timeline(self, worker_id: str, *, window: Window, sites: Sequence[str] | None) -> Timeline:
        """Return how a worker spent a window.

        Raises:
            NotFound: no such worker at these sites (None: all).
            BadRequest: a site that is not known, a worker of several sites, a window too long to be told.
        """
        await self.check_sites(sites)
        stretch = (window.start, window.end)
        told = await self._storage.runs(sites, worker_id=worker_id, stretch=stretch, most=MOST_EVENTS)
        if told is None:
            raise BadRequest(
                f"from, to: more than {MOST_EVENTS:,} events lie in this window; ask for a smaller one", field="from"
            )
        worker = self._named(_lone(told.workers, worker_id), "workers")
        run = told.runs.get((worker.site, worker.id))
        rules, watermarks = self._storage.rules, watermarks_of(told.cameras, site=worker.site)

        kept_from = kept_since(told.kept.get(worker.site, EVERYTHING).events, window)
        timeline = Timeline(worker, window, (), kept_from=kept_from, unseen=unseen_of(told, worker.site, window=window))

        def tell() -> list[Piece]:
            kept = timeline.kept_window
            return within(
                kept, [] if run is None or kept.length == 0 else pieces(run, rules=rules, watermarks=watermarks)
            )

        shown = await asyncio.to_thread(tell)
        if len(shown) > MOST_SPANS:
            raise BadRequest(
                f"from, to: more than {MOST_SPANS:,} spans lie in this window; ask for a smaller one", field="from"
            )
        counts = [] if run is None else counts_of(run, timeline.kept_window)
        offset = (await self.hour_offsets([worker.site]))[worker.site]
        return replace(timeline, pieces=shown, counts=counts, hour_offset=offset)

    async def window_asked(self, question: Question, *, sites: Sequence[str] | None = None) -> AskedWindow:
        """Return which window a question means to somebody who sees these sites (None: all).

        Raises:
            BadRequest: names the parameter and what is wrong with it.
        """
        if question.site is not None:
            await self.check_sites([question.site])
            there = {question.site}
        else:
            there = self.sites_there(await self._storage.sites())
        seen = there if sites is None else there.intersection(sites)
        return understand(question, plans={site: self.plan_of(site) for site in seen}, now=self._clock.now())

    def plan_of(self, site: str) -> SitePlan:
        """Return when people work at a site."""
        known = self._settings.sites.get(site)
        shifts = [Shift(one.name, one.start, one.end, one.weekdays) for one in known.shifts] if known else []
        return SitePlan(self._settings.zone_of(site), shifts, known.target_units_per_hour if known else None)

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

    async def warnings(self, *, sites: Sequence[str] | None = None) -> list[str]:
        """Return what people must know of the numbers of these sites: which settings they do not follow, a sentence each."""
        return self.warnings_by(await self._storage.hour_offsets(sites), sites=sites)

    def warnings_by(self, stored_offsets: Mapping[str, int], *, sites: Sequence[str] | None) -> list[str]:
        """Return the same, given where the stored hours of all sites begin."""
        return drift.warnings(
            self._storage.rules,
            self._settings.ledger_rules,
            stored_offsets={site: at for site, at in stored_offsets.items() if sites is None or site in sites},
            wanted_offset_of=self._settings.hour_offset_of,
        )

    async def check_sites(self, sites: Sequence[str] | None) -> None:
        """Refuse sites that neither have anything nor stand in the settings.

        Raises:
            BadRequest: names the site.
        """
        if sites is None:
            return
        expected = {self._settings.default_site, *self._settings.sites}
        expected.update(self._settings.site_of(camera) for camera in self._settings.cameras)
        asked = [site for site in sites if site not in expected]
        there = await self._storage.sites(asked) if asked else []
        for site in asked:
            if site not in there:
                raise BadRequest(f"site: there is no site {site!r}", field="site")

    def sites_there(self, stored: Iterable[str]) -> set[str]:
        """Return the sites that have anything or stand in the settings; the default one alone if there are none."""
        expected = {*self._settings.sites, *(self._settings.site_of(camera) for camera in self._settings.cameras)}
        return expected.union(stored) or {self._settings.default_site}

    def _with_names(self, measure: Measure) -> Measure:
        return replace(
            measure,
            workers=[self._named(worker, "workers") for worker in measure.workers],
            stations=[self._named(station, "workstations") for station in measure.stations],
        )

    def _named(self, registered: Named, kind: str) -> Named:
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


def _lone(workers: Sequence[Registered], worker_id: str) -> Registered:
    if not workers:
        raise NotFound(f"worker_id: there is no worker {worker_id!r}", field="worker_id")
    if len(workers) > 1:
        sites = ", ".join(worker.site for worker in workers)
        raise BadRequest(f"site: worker {worker_id!r} is known at {sites}; name one", field="site")
    return workers[0]


def may_tell_occupied(window: Window) -> bool:
    """Say whether a window is closed and short enough for time that has to be counted from events."""
    return window.length is not None and window.length <= MOST_OCCUPIED


def check_hours(number: int, most: int | None) -> None:
    """Refuse more hours than `most`.

    Raises:
        BadRequest: says how to ask for fewer.
    """
    if most is not None and number > most:
        raise BadRequest(
            f"from, to: more than {most:,} hours lie in this window; ask for a smaller one, for one site, or for a file",
            field="from",
            hint="/api/metrics/hours.csv has them all",
        )


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
