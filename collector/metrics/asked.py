"""Which window a question means: `from` and `to` as they are, or a `shift` of a site (SEMANTICS §5).

Nothing that was asked is ever changed, but for `shift=current`, whose end is not after now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from collector.metrics.shifts import Shift, WorkedShift, current, worked_on
from collector.metrics.windows import Window, read_window
from shared.errors import BadRequest

CURRENT = "current"
_FORM = f"it must be {CURRENT}, or a day and a name such as 2026-01-15/morning"
_FIRST_YEAR, _LAST_YEAR = 1971, 9998
"""Whole years of instants, wherever the site is."""


class Question(NamedTuple):
    """The texts of a query, None where nothing was said."""

    start: str | None = None
    end: str | None = None
    site: str | None = None
    shift: str | None = None


class SitePlan(NamedTuple):
    """When people work at a site."""

    zone: ZoneInfo
    shifts: Sequence[Shift]
    target_units_per_hour: int | None = None
    """While a shift is worked; of all its workers together."""


@dataclass(frozen=True, slots=True)
class AskedWindow:
    """What a question means."""

    window: Window
    site: str | None
    """The site that was named, or that the shift belongs to; None: all."""
    zone: ZoneInfo | None
    """The zone of that site, or of all; None: they live in several."""
    shift: WorkedShift | None = None
    """Its own stretch may go on after the window: of `current` only what has passed was asked for."""


def understand(question: Question, *, plans: Mapping[str, SitePlan], now: int) -> AskedWindow:
    """Return what a question means where these sites are known.

    Raises:
        BadRequest: names the parameter, what is wrong with it, and what there is instead.
    """
    if question.shift is None:
        window = read_window(question.start, question.end)
        return AskedWindow(window, question.site, _zone_of(question.site, plans))
    if question.start is not None or question.end is not None:
        raise BadRequest("shift: it excludes from and to", field="shift")
    site = question.site if question.site is not None else _lone(plans)
    if site not in plans:
        raise BadRequest(f"site: there is no site {site!r}", field="site")
    zone, shifts, _ = plans[site]
    if not shifts:
        raise BadRequest(
            f"shift: site {site!r} has no shifts", field="shift", hint=f"its settings can: [[sites.{site}.shifts]]"
        )
    found = _find(question.shift, shifts, zone=zone, now=now)
    end = min(found.end, now) if question.shift == CURRENT else found.end
    return AskedWindow(Window(found.start, end), site, zone, found)


def _find(text: str, shifts: Sequence[Shift], *, zone: ZoneInfo, now: int) -> WorkedShift:
    if text == CURRENT:
        found = current(shifts, now=now, zone=zone)
        if found is None:
            raise BadRequest("shift: none has begun yet", field="shift")
        return found
    day_text, _, name = text.partition("/")
    day = _read_day(day_text)
    shift = next((shift for shift in shifts if shift.name == name), None)
    if shift is None:
        raise BadRequest(f"shift: there is none called {name!r}", field="shift", hint=f"there are {_names(shifts)}")
    worked = worked_on(shift, day, zone=zone)
    if worked is None:
        others = [other for other in shifts if worked_on(other, day, zone=zone)]
        raise BadRequest(
            f"shift: {name!r} is not worked on {day:%A}, {day}",
            field="shift",
            hint=f"that day has {_names(others)}" if others else "nor is any other",
        )
    return worked


def _read_day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise BadRequest(f"shift: {_FORM}", field="shift") from error
    if day.isoformat() != text:  # the calendar also knows 20260115 and 2026-W03-4
        raise BadRequest(f"shift: {_FORM}", field="shift")
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise BadRequest(f"shift: the year must lie between {_FIRST_YEAR} and {_LAST_YEAR}", field="shift")
    return day


def _lone(plans: Mapping[str, SitePlan]) -> str:
    if len(plans) != 1:
        raise BadRequest(f"site: name the one whose shift it is; there are {', '.join(sorted(plans))}", field="site")
    return next(iter(plans))


def _zone_of(site: str | None, plans: Mapping[str, SitePlan]) -> ZoneInfo | None:
    if site is not None:
        return plans[site].zone if site in plans else None
    zones = {plan.zone.key: plan.zone for plan in plans.values()}
    return next(iter(zones.values())) if len(zones) == 1 else None


def _names(shifts: Iterable[Shift]) -> str:
    return ", ".join(shift.name for shift in shifts)
