"""The page's one request: what it looks at, whether anything of it has changed, and the page itself, made once for all.

Whether something changed is told without reading anything that a write would have changed: what stands still until the next
write is remembered together with the store's version. What moves by itself (the cameras' states, the end of a stretch that
goes on) is judged anew each time, so that a camera that falls silent changes the page though nothing arrives.
"""

import asyncio
import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from collector.known_sites import KnownSites, SitesThere
from collector.measures import Histories, Measure
from collector.metrics import floor, hourly, measured, targets
from collector.metrics.asked import Question, SitePlan
from collector.metrics.camera_states import camera_state
from collector.metrics.completeness import Completeness, completeness, completeness_row
from collector.metrics.emptiness import watch_kept
from collector.metrics.kpis import without_names
from collector.metrics.outlook import Outlook, outlook
from collector.metrics.watch_rows import watch_rows
from collector.metrics.windows import Window
from collector.metrics.written import written
from collector.pages import Page, Pages
from collector.records import Camera, LedgerRules
from collector.reports import Reports
from collector.settings import CollectorSettings
from collector.storage.base import Storage
from shared.clock import Clock
from shared.instants import HOUR, SECOND, format_instant

LIVE_STEP = 15 * SECOND
"""How often a page of which only the end moves is made anew: as often as cameras call."""
MOST_DRAWN = 31 * 24 * HOUR
MOST_STATES = 200_000
"""Of all workers in one page: half a second of reading and drawing."""
LOOK_BACK = 12 * HOUR
"""How far before the present moment a state that began earlier is looked for, where the window is not drawn."""
MOST_COUNTED = 1_000
"""Of conflicts and of refused items: more are as good as many."""
GZIP_LEVEL = 1
"""Higher levels take three times as long for a tenth less."""


@dataclass(frozen=True, slots=True)
class View:
    """What somebody looks at, as of now."""

    etag: str
    outlook: Outlook
    sites: Sequence[str] | None
    places: Sequence[str]
    """All sites that somebody could look at."""
    now: int
    completeness: Completeness
    never_called: int
    """Cameras from which nobody has ever heard."""
    warnings: Sequence[str]
    shows_persons: bool
    shows_names: bool


@dataclass(frozen=True, slots=True)
class _Cameras:
    """The cameras of the sites that somebody looks at."""

    called: Sequence[Camera]
    never_called: int
    """How many have never called, with those that only the settings know."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What stands still until the next write, but for the sites where they are many (known_sites.py)."""

    version: str
    sites: SitesThere
    cameras: dict[tuple[str, ...] | None, _Cameras] = field(default_factory=dict)
    """Of the sites that were looked at since (None: all)."""


class Floors:
    """Looks at stretches of time for people, and keeps the last pages."""

    def __init__(self, storage: Storage, *, reports: Reports, settings: CollectorSettings, clock: Clock) -> None:
        self._storage = storage
        self._reports = reports
        self._settings = settings
        self._settings_version = hashlib.sha256(settings.model_dump_json().encode()).hexdigest()
        self._clock = clock
        self._sites = KnownSites(storage, reports=reports, clock=clock)
        self._known: _Known | None = None
        self._pages = Pages()

    async def look(
        self, question: Question, *, seen: Sequence[str] | None, shows_persons: bool, shows_names: bool = True
    ) -> View:
        """Return what somebody looks at who sees these sites (None: all), and persons, by name, or none; little is read.

        Raises:
            BadRequest: names the parameter and what is wrong with it.
        """
        known = await self._what_is_known()
        now = self._clock.now()
        if question.site is not None and question.site not in known.sites.hour_offsets:
            await self._reports.check_sites([question.site])
        there = [question.site] if question.site is not None else known.sites.names
        plans = {site: self._reports.plan_of(site) for site in there if seen is None or site in seen}
        found = outlook(question, plans=plans, now=now)
        sites = seen if found.asked.site is None else [site for site in plans if site == found.asked.site]
        cameras = await self._cameras(known, sites)
        places, warnings, digest = self._sites.told(known.sites, seen)
        shows = (shows_persons, shows_names)
        told = (*shows, digest)
        etag = self._etag(known, found, sites=sites, told=told, states=self._states(cameras.called, now=now))
        judged = completeness(cameras.called, now=now, heartbeat=self._settings.heartbeat)
        return View(etag, found, sites, places, now, judged, cameras.never_called, warnings, *shows)

    async def page(self, view: View) -> Page:
        """Return the page of a view; whoever asks for the same at the same time waits for the same one."""
        return await self._pages.page(view.etag, partial(self._make, view))

    async def _what_is_known(self) -> _Known:
        version = (
            await self._storage.version()
        )  # before reading: what is read may be newer, but never older than it says
        if self._known is None or self._known.version != version:
            self._known = _Known(version, await self._sites.there())
        elif self._sites.are_due():
            self._known = replace(self._known, sites=await self._sites.there())
        return self._known

    async def _cameras(self, known: _Known, sites: Sequence[str] | None) -> _Cameras:
        key = None if sites is None else tuple(sites)
        if key not in known.cameras:
            called = await self._storage.cameras(sites)
            known.cameras[key] = _Cameras(called, await self._never_called(called, sites=sites))
        return known.cameras[key]

    def _states(self, cameras: Sequence[Camera], *, now: int) -> list[tuple[str, str, str]]:
        heartbeat = self._settings.heartbeat
        return [(camera.site, camera.name, camera_state(camera, now=now, heartbeat=heartbeat)) for camera in cameras]

    async def _never_called(self, cameras: Sequence[Camera], *, sites: Sequence[str] | None) -> int:
        called = {camera.name for camera in cameras}
        placed = [name for name in self._settings.cameras if name not in called]
        if sites is not None:
            # One that the settings place here may be known elsewhere.
            placed = [name for name in placed if self._settings.site_of(name) in sites]
            elsewhere = await self._storage.homes(placed) if placed else {}
            placed = [name for name in placed if name not in elsewhere]
        return len(placed) + sum(camera.last_contact_at is None for camera in cameras)

    def _etag(
        self, known: _Known, found: Outlook, *, sites: Sequence[str] | None, told: tuple[object, ...], states: object
    ) -> str:
        # `told` is what two who look at the same sites may be told differently: nobody is given a page of somebody else's.
        row = found.row() | {"until": found.until // LIVE_STEP}
        text = json.dumps([known.version, self._settings_version, told, sites, found.asked.site, row, states])
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    async def _make(self, view: View) -> Page:
        window = view.outlook.passed
        histories = None
        if window.length is not None and window.length <= MOST_DRAWN:
            stretch = (window.start, window.end)
            histories = await self._storage.outlines(view.sites, stretch=stretch, most=MOST_STATES)
        offsets = await self._reports.hour_offsets(view.sites)
        by_hour = hourly.can_be_filled(window, sites=len(offsets))
        # After the outlines, so that every workstation they name is known.
        measure = await self._reports.facts(window, sites=view.sites, by_hour=by_hour)
        recent = None if histories is not None else await self._recent(view, measure)
        conflicts = await self._storage.lost_versions(view.sites, stretch=(window.start, window.end), most=MOST_COUNTED)
        refused = await self._storage.refused(view.sites, stretch=(window.start, window.end), most=MOST_COUNTED)
        make = partial(
            floor_answer,
            view,
            measure=measure,
            histories=histories,
            recent=recent,
            counts={"conflicts": conflicts, "rejected": refused},
            rules=self._storage.rules,
            offsets=offsets,
            plans=(plans := {site: self._reports.plan_of(site) for site in view.places}),
        )
        # Away from the loop: others are answered while this is computed.
        answer = await asyncio.to_thread(make)
        answer |= {"sites": site_rows(plans), "watch_kept": None}
        if not floor.has_anything(answer["factory"]):
            answer["watch_kept"] = await self._watch_kept(view, measure if by_hour else None)
        return await asyncio.to_thread(_page, answer, window=window)

    async def _watch_kept(self, view: View, measure: Measure | None) -> dict[str, int]:
        """Return how a window was watched in which nothing happened, which makes reading it by the hour cheap."""
        window = view.outlook.passed
        told = await self._reports.facts(window, sites=view.sites) if measure is None else measure
        expected = [
            (one.site, one.name) for one in told.cameras if one.last_contact_at is not None and not one.is_paused
        ]
        return watch_kept(told.watched, window=window, expected=expected)._asdict()

    async def _recent(self, view: View, measure: Measure) -> Histories | None:
        """Return what tells the present states of a window that is not drawn, if where everybody's time stands does not."""
        since = floor.untold_since(measure, now=view.now) if view.outlook.is_live else None
        if since is None:
            return None
        stretch = (since - LOOK_BACK, view.now + 1)  # what begins at this very instant is now, too
        return await self._storage.outlines(view.sites, stretch=stretch, most=MOST_STATES)


def floor_answer(
    view: View,
    *,
    measure: Measure,
    histories: Histories | None,
    recent: Histories | None,
    counts: Mapping[str, int],
    rules: LedgerRules,
    offsets: Mapping[str, int],
    plans: Mapping[str, SitePlan],
) -> dict[str, Any]:
    """Return the floor as the API shows it."""
    window = view.outlook.passed
    totals = measured.totals(measure, window=window, rules=rules)
    totals = totals if view.shows_names else without_names(totals)
    shown = floor.stations_shown(totals)
    in_line = floor.in_line(totals, shown)
    now = view.now if view.outlook.is_live else None
    drawing = floor.draw(
        measure, histories, recent=recent, stations=floor.numbered(in_line), window=window, rules=rules, now=now
    )
    is_told = now is not None and (
        histories is not None or recent is not None or floor.untold_since(measure, now=now) is None
    )
    has_hours = hourly.can_be_filled(window, sites=len(offsets))
    tells_sight = has_hours and histories is not None
    workers = floor.worker_rows(totals, drawing, tells_sight=tells_sight) if view.shows_persons else []
    return {
        "window": view.outlook.row(),
        "completeness": completeness_row(view.completeness) | {"never_called": view.never_called},
        "warnings": view.warnings,
        "factory": floor.factory_row(totals),
        **counts,
        "at_work_now": floor.at_work_row(totals, drawing) if is_told else None,
        "workers": workers,
        "shows_persons": view.shows_persons,
        "workers_left_out": len(totals.workers) - len(workers) if view.shows_persons else 0,
        "timelines_from": _shown(floor.timelines_from(measure, window)),
        "persons_from": _shown(totals.persons_from),
        "has_timelines": histories is not None and view.shows_persons,
        "workstations": floor.station_rows(shown, drawing, is_live=view.outlook.is_live),
        "workstations_left_out": len(totals.stations) - len(shown),
        "stations": floor.named_in(workers, [station.name for station in in_line], shown=len(shown)),
        "has_hours": has_hours,
        "watches": (watches := watch_rows(measure, window=window)),
        "watches_left_out": sum(map(len, measure.watched.values())) - len(watches),
        "hours": _hour_rows(measure, window=window, rules=rules, offsets=offsets, plans=plans) if has_hours else [],
    }


def _hour_rows(
    measure: Measure,
    *,
    window: Window,
    rules: LedgerRules,
    offsets: Mapping[str, int],
    plans: Mapping[str, SitePlan],
) -> list[dict[str, Any]]:
    found = measured.hours(measure, window=window, rules=rules, offsets=offsets)
    told = hourly.in_order(found, window=window, offsets=offsets, watched=measure.watched)
    return hourly.exact_hour_rows(targets.aimed_at(told, plans=plans))


def site_rows(plans: Mapping[str, SitePlan]) -> list[dict[str, Any]]:
    """Return what a page can be asked about: each site, where it lives in time, and what its shifts are called."""
    return [
        {"site": site, "time_zone": plan.zone.key, "shifts": [shift.name for shift in plan.shifts]}
        for site, plan in sorted(plans.items())
    ]


def _page(answer: dict[str, Any], *, window: Window) -> Page:
    content = written(answer, is_compact=True)
    return Page(content, gzip.compress(content, GZIP_LEVEL, mtime=0), window)


def _shown(instant: int | None) -> str | None:
    return None if instant is None else format_instant(instant)
