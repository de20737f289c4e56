"""How many units each hour of a site aims at: the site's target for an hour, for as much of the hour as lies in its shifts.

    shifts            [========================)
    hours     |---------|---------|---------|---------|
    target      18        60        60        24          of 60 an hour

What the window cuts of an hour aims at its own part only: of an hour that goes on, at what has passed of it. A site without
shifts aims at its target around the clock.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import timedelta
from fractions import Fraction

from collector.measures import Stretches, joined
from collector.metrics.asked import SitePlan
from collector.metrics.hourly import HourTotals
from collector.metrics.shifts import worked_on
from shared.instants import HOUR, datetime_of


def aimed_at(hours: Sequence[HourTotals], *, plans: Mapping[str, SitePlan]) -> list[HourTotals]:
    """Return hours, which ascend at each site, with their targets; those of a site without a target as they are."""
    worked = {
        site: _worked(plan, [hour for hour in hours if hour.site == site])
        for site, plan in plans.items()
        if plan.target_units_per_hour is not None
    }
    return [
        hour._replace(target=_target(hour, plan=plans[hour.site], worked=worked[hour.site]))
        if hour.site in worked
        else hour
        for hour in hours
    ]


def _target(hour: HourTotals, *, plan: SitePlan, worked: Stretches) -> int:
    """Return the target of an hour, rounded half to even."""
    first = max(0, bisect_right(worked, hour.start, key=lambda stretch: stretch[0]) - 1)
    time = 0
    for start, end in worked[first:]:
        if start >= hour.end:
            break
        time += max(0, min(end, hour.end) - max(start, hour.start))
    return round(Fraction(time * (plan.target_units_per_hour or 0), HOUR))


def _worked(plan: SitePlan, hours: Sequence[HourTotals]) -> Stretches:
    """Return when any shift is worked around some hours, each instant once."""
    if not hours:
        return []
    if not plan.shifts:
        return [(hours[0].start, hours[-1].end)]
    first, last = (datetime_of(at).astimezone(plan.zone).date() for at in (hours[0].start, hours[-1].end))
    days = [first + timedelta(days=number) for number in range(-1, (last - first).days + 1)]
    found = [worked_on(shift, day, zone=plan.zone) for day in days for shift in plan.shifts]
    return joined((one.start, one.end) for one in found if one is not None)
