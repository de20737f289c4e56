"""Which window a question means, and what is said where it means none (SEMANTICS §5)."""

from datetime import time
from zoneinfo import ZoneInfo

import pytest

from collector.metrics.asked import AskedWindow, Question, SitePlan, understand
from collector.metrics.shifts import Shift
from collector.metrics.windows import Window
from shared.errors import BadRequest
from shared.instants import parse_instant
from tests.support.collector import at

BERLIN, UTC = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
MORNING = Shift("morning", time(6), time(14), frozenset(range(5)))
NIGHT = Shift("a/b", time(22), time(6))
NORTH = {"north": SitePlan(BERLIN, [MORNING, NIGHT])}
BOTH = NORTH | {"south": SitePlan(UTC, [])}


def asked(plans: dict[str, SitePlan], *, now: str = "10:00", **question: str) -> AskedWindow:
    """Return what a question means at a clock time of 2026-01-15, a Thursday."""
    return understand(Question(**question), plans=plans, now=at(now))


@pytest.mark.parametrize(
    ("site", "plans", "zone"),
    [
        (None, NORTH, BERLIN),
        (None, NORTH | {"west": SitePlan(BERLIN, [])}, BERLIN),
        (None, BOTH, None),
        (None, {}, None),
        ("south", BOTH, UTC),
        ("north", {}, None),
    ],
)
def test_ends_are_taken_as_they_are(site: str | None, plans: dict[str, SitePlan], zone: ZoneInfo | None) -> None:
    """Also where one lies in the future; the zone is told if there is one."""
    question = Question("2026-01-15T09:00:00Z", "2030-01-01T00:00:00Z", site)
    window = Window(at("09:00"), parse_instant("2030-01-01T00:00:00Z"))

    assert AskedWindow(window, site, zone) == understand(question, plans=plans, now=at("10:00"))


@pytest.mark.parametrize("plans", [NORTH, BOTH])
def test_a_shift_of_a_day_is_never_cut(plans: dict[str, SitePlan]) -> None:
    """Whatever the time is; a name may hold a slash."""
    morning = asked(plans, site="north", shift="2026-01-15/morning")
    night = asked(plans, site="north", shift="2026-01-15/a/b")

    assert (Window(at("05:00"), at("13:00")), "north", BERLIN) == (morning.window, morning.site, morning.zone)
    assert (at("21:00"), "2026-01-15/a/b") == (night.window.start, str(night.shift))


@pytest.mark.parametrize(
    ("now", "window", "name"),
    [
        ("10:00", ("05:00", "10:00"), "2026-01-15/morning"),
        ("05:00:00.000001", ("05:00", "05:00:00.000001"), "2026-01-15/morning"),
        ("13:00", ("05:00", "13:00"), "2026-01-15/morning"),
        ("20:00", ("05:00", "13:00"), "2026-01-15/morning"),
        ("22:30", ("21:00", "22:30"), "2026-01-15/a/b"),
    ],
)
def test_the_current_shift_ends_now(now: str, window: tuple[str, str], name: str) -> None:
    """Or has ended; the lone site need not be named, and its whole stretch is known."""
    found = asked(NORTH, now=now, shift="current")
    start, end = window

    assert (Window(at(start), at(end)), "north", name) == (found.window, found.site, str(found.shift))
    assert found.shift is not None
    assert found.shift.start == at(start)
    assert found.shift.end >= at(end)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ({"shift": "2026-01-15/morning", "start": "2026-01-15T09:00:00Z"}, "shift: it excludes from and to"),
        ({"shift": "current", "end": ""}, "shift: it excludes from and to"),
        ({"shift": "current"}, "site: name the one whose shift it is; there are north, south"),
        ({"shift": "current", "site": "west"}, "site: there is no site 'west'"),
        ({"shift": "current", "site": "south"}, "shift: site 'south' has no shifts (its settings can: [[sites.south."),
        ({"shift": "", "site": "north"}, "shift: it must be current, or a day and a name"),
        ({"shift": "morning", "site": "north"}, "shift: it must be current, or a day and a name"),
        ({"shift": "2026-01-32/morning", "site": "north"}, "shift: it must be current, or a day and a name"),
        ({"shift": "20260115/morning", "site": "north"}, "shift: it must be current, or a day and a name"),
        ({"shift": "2026-W03-4/morning", "site": "north"}, "shift: it must be current, or a day and a name"),
        ({"shift": "2026-01-15T00:00:00Z/morning", "site": "north"}, "shift: it must be current, or a day and a name"),
        ({"shift": "١٩٧١-01-15/morning", "site": "north"}, "shift: it must be current, or a day and a name"),
        ({"shift": "1970-12-31/morning", "site": "north"}, "shift: the year must lie between 1971 and 9998"),
        ({"shift": "9999-01-01/morning", "site": "north"}, "shift: the year must lie between 1971 and 9998"),
        ({"shift": "2026-01-15", "site": "north"}, "shift: there is none called '' (there are morning, a/b)"),
        ({"shift": "2026-01-15/Morning", "site": "north"}, "shift: there is none called 'Morning' (there are morning"),
        ({"shift": "2026-01-15/morning/", "site": "north"}, "shift: there is none called 'morning/' (there are"),
        (
            {"shift": "2026-01-17/morning", "site": "north"},
            "shift: 'morning' is not worked on Saturday, 2026-01-17 (that day has a/b)",
        ),
    ],
    ids=lambda value: "&".join(f"{name}={text}" for name, text in value.items()) if isinstance(value, dict) else "",
)
def test_what_cannot_be_meant_is_told(question: dict[str, str], told: str) -> None:
    """The parameter, what is wrong with it, and what there is instead."""
    with pytest.raises(BadRequest) as refused:
        asked(BOTH, **question)

    assert str(refused.value).startswith(told)


def test_a_day_without_any_work_is_told() -> None:
    """There is nothing else to name."""
    with pytest.raises(BadRequest, match="on Saturday, 2026-01-17 \\(nor is any other"):
        asked({"north": SitePlan(BERLIN, [MORNING])}, shift="2026-01-17/morning")


def test_every_day_that_may_be_named_has_its_instants() -> None:
    """At both ends of the calendar, east and west of everybody."""
    for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
        plans = {"north": SitePlan(ZoneInfo(zone), [NIGHT])}
        for day in ("1971-01-01", "9998-12-31"):
            assert str(asked(plans, shift=f"{day}/a/b").shift) == f"{day}/a/b"
