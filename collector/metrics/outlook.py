"""Which stretch of time the page looks at, how far of it has passed, and which lie beside it.

Unlike the API the page never looks beyond now: a stretch that goes on ends there for the numbers. Where nothing is asked
for, it is the current shift of a site that has shifts, else the site's day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from collector.metrics.asked import CURRENT, AskedWindow, Question, SitePlan, understand
from collector.metrics.shifts import Shift, WorkedShift, following, previous, worked_on
from collector.metrics.windows import Window
from shared.instants import HOUR, LAST_INSTANT, datetime_of, format_instant

UTC_ZONE = ZoneInfo("UTC")
_DAY = Shift("day", time(), time())
_YEAR = 366 * 24 * HOUR
_FAR = LAST_INSTANT - 2 * _YEAR
"""Behind it the calendar ends too soon for neighbours."""

Query = dict[str, str]
"""What to ask for a stretch of time, as in an address."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """A stretch of time as the page shows it."""

    asked: AskedWindow
    whole: Window
    """The stretch in full."""
    until: int
    """Where the numbers end: at the end of the stretch, or now."""
    is_live: bool
    """Now lies within it."""
    previous: Query | None
    """What to ask for the stretch before it."""
    next: Query | None
    """What to ask for the one after it; None if it has not begun."""

    @property
    def passed(self) -> Window:
        """What the numbers are about."""
        return Window(self.whole.start, self.until)

    def row(self) -> dict[str, Any]:
        """Return it as the page gets it."""
        start, end, zone = self.whole.start, self.whole.end, self.asked.zone
        return {
            "from": None if start is None else format_instant(start),
            "to": None if end is None else format_instant(end),
            "until": format_instant(self.until),
            "time_zone": None if zone is None else zone.key,
            "shift": None if self.asked.shift is None else str(self.asked.shift),
            "previous": self.previous,
            "next": self.next,
            "live": self.is_live,
        }


def outlook(question: Question, *, plans: Mapping[str, SitePlan], now: int) -> Outlook:
    """Return what the page looks at when it is asked a question where these sites are known.

    Raises:
        BadRequest: names the parameter and what is wrong with it.
    """
    asked = _asked(question, plans=plans, now=now)
    whole = asked.window if asked.shift is None else asked.shift.window
    until = now if whole.end is None else min(whole.end, now)
    if whole.start is not None:
        until = max(until, whole.start)
    is_live = (whole.start is None or whole.start <= now) and (whole.end is None or now < whole.end)
    before, after = _beside(asked, plans)
    return Outlook(
        asked,
        whole,
        until,
        is_live,
        previous=None if before is None else before.query,
        next=None if after is None or now <= after.start else after.query,
    )


def _asked(question: Question, *, plans: Mapping[str, SitePlan], now: int) -> AskedWindow:
    if (question.start, question.end, question.shift) != (None, None, None):
        return understand(question, plans=plans, now=now)
    # An open window says which site is meant and where it lives.
    everything = understand(question, plans=plans, now=now)
    site = everything.site if everything.site is not None or len(plans) != 1 else next(iter(plans))
    if site is not None and site in plans and plans[site].shifts:
        return understand(Question(site=site, shift=CURRENT), plans=plans, now=now)
    zone = everything.zone or UTC_ZONE
    today = worked_on(_DAY, datetime_of(now).astimezone(zone).date(), zone=zone)
    return AskedWindow(everything.window if today is None else today.window, everything.site, zone)


class _Neighbour(NamedTuple):
    """A stretch that lies before or after another."""

    start: int
    query: Query


def _beside(asked: AskedWindow, plans: Mapping[str, SitePlan]) -> tuple[_Neighbour | None, _Neighbour | None]:
    """Return what lies before and after: the next shift, as many days, or the same length."""
    start, end, zone = asked.window.start, asked.window.end, asked.zone or UTC_ZONE
    if asked.shift is not None and asked.site is not None:
        shifts = plans[asked.site].shifts
        return (
            _of_shift(previous(shifts, asked.shift, zone=zone)),
            _of_shift(following(shifts, asked.shift, zone=zone)),
        )
    if start is None or end is None or end > _FAR:
        return None, None
    if end - start > _YEAR:
        return _stretch(2 * start - end, start), _stretch(end, 2 * end - start)
    first, last = _day_begun_at(start, zone), _day_begun_at(end, zone)
    if first is None or last is None:
        return _stretch(2 * start - end, start), _stretch(end, 2 * end - start)
    days = last - first
    return _stretch(_midnight(first - days, zone), start), _stretch(end, _midnight(last + days, zone))


def _of_shift(shift: WorkedShift | None) -> _Neighbour | None:
    return None if shift is None else _Neighbour(shift.start, {"shift": str(shift)})


def _stretch(start: int | None, end: int | None) -> _Neighbour | None:
    if start is None or end is None or start < 0 or end > LAST_INSTANT:
        return None
    return _Neighbour(start, {"from": format_instant(start), "to": format_instant(end)})


def _day_begun_at(instant: int, zone: ZoneInfo) -> date | None:
    """Return the day whose first instant this is at a place; None if it is another time of day."""
    day = datetime_of(instant).astimezone(zone).date()
    return day if _midnight(day, zone) == instant else None


def _midnight(day: date, zone: ZoneInfo) -> int | None:
    worked = worked_on(_DAY, day, zone=zone)
    return None if worked is None else worked.start
