"""What the page looks at: what is asked for, as far as it has passed, and what lies beside it."""

from datetime import time
from zoneinfo import ZoneInfo

import pytest

from collector.metrics.asked import Question, SitePlan
from collector.metrics.outlook import Outlook, Query, outlook
from collector.metrics.shifts import Shift
from collector.metrics.windows import Window
from shared.errors import BadRequest
from shared.instants import format_instant, parse_instant

UTC, BERLIN, KOLKATA = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
SHIFTS = [Shift("morning", time(6), time(14)), Shift("late", time(14), time(22)), Shift("night", time(22), time(6))]
NOON = "2026-01-15T12:00:00Z"


def seen(question: Question, now: str, **plans: SitePlan) -> Outlook:
    """Return what the page looks at; without plans there is one site in UTC that has no shifts."""
    return outlook(question, plans=plans or {"default": SitePlan(UTC, [])}, now=parse_instant(now))


def window(start: str, end: str) -> Window:
    """Return a window by its texts."""
    return Window(parse_instant(start), parse_instant(end))


def query(start: str, end: str) -> Query:
    """Return how a window is asked for."""
    return {"from": start, "to": end}


@pytest.mark.parametrize(
    ("zone", "now", "whole", "previous"),
    [
        (UTC, NOON, ("2026-01-15T00:00:00Z", "2026-01-16T00:00:00Z"), "2026-01-14T00:00:00Z"),
        (BERLIN, NOON, ("2026-01-14T23:00:00Z", "2026-01-15T23:00:00Z"), "2026-01-13T23:00:00Z"),
        (KOLKATA, NOON, ("2026-01-14T18:30:00Z", "2026-01-15T18:30:00Z"), "2026-01-13T18:30:00Z"),
        (BERLIN, "2026-03-29T12:00:00Z", ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"), "2026-03-27T23:00:00Z"),
        (BERLIN, "2026-03-30T12:00:00Z", ("2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z"), "2026-03-28T23:00:00Z"),
        (BERLIN, "2026-10-25T12:00:00Z", ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"), "2026-10-23T22:00:00Z"),
    ],
)
def test_without_a_question_it_is_the_sites_day(
    zone: ZoneInfo, now: str, whole: tuple[str, str], previous: str
) -> None:
    """By its clock, so a day of DST change has 23 or 25 hours; beside it is the day before, and no day to come."""
    found = seen(Question(), now, default=SitePlan(zone, []))

    assert (window(*whole), parse_instant(now), True) == (found.whole, found.until, found.is_live)
    assert (query(previous, whole[0]), None) == (found.previous, found.next)


def test_without_a_question_a_site_with_shifts_shows_the_current_one() -> None:
    """In full, with the numbers up to now."""
    found = seen(Question(), NOON, default=SitePlan(BERLIN, SHIFTS))

    assert window("2026-01-15T05:00:00Z", "2026-01-15T13:00:00Z") == found.whole
    assert (window("2026-01-15T05:00:00Z", NOON), True) == (found.passed, found.is_live)
    assert ({"shift": "2026-01-14/night"}, None) == (found.previous, found.next)
    assert {
        "from": "2026-01-15T05:00:00Z",
        "to": "2026-01-15T13:00:00Z",
        "until": NOON,
        "time_zone": "Europe/Berlin",
        "shift": "2026-01-15/morning",
        "previous": {"shift": "2026-01-14/night"},
        "next": None,
        "live": True,
    } == found.row()


@pytest.mark.parametrize(
    ("plans", "site", "zone"),
    [
        ({"a": SitePlan(BERLIN, SHIFTS), "b": SitePlan(BERLIN, [])}, None, "Europe/Berlin"),
        ({"a": SitePlan(BERLIN, SHIFTS), "b": SitePlan(KOLKATA, [])}, None, "UTC"),
        ({"a": SitePlan(BERLIN, SHIFTS)}, "a", "Europe/Berlin"),
    ],
)
def test_of_several_sites_it_is_the_day_of_all(plans: dict[str, SitePlan], site: str | None, zone: str) -> None:
    """By the clock they share, else UTC; a shift belongs to one site."""
    found = seen(Question(site=site), NOON, **plans)

    assert (zone, site is not None) == (found.row()["time_zone"], found.asked.shift is not None)


@pytest.mark.parametrize(
    ("shift", "until", "live", "previous", "following"),
    [
        ("2026-01-15/morning", NOON, True, "2026-01-14/night", None),
        ("current", NOON, True, "2026-01-14/night", None),
        ("2026-01-14/night", "2026-01-15T05:00:00Z", False, "2026-01-14/late", "2026-01-15/morning"),
        ("2026-01-16/morning", "2026-01-16T05:00:00Z", False, "2026-01-15/night", None),
    ],
)
def test_a_shift_has_the_shifts_beside_it(
    shift: str, until: str, live: bool, previous: str, following: str | None
) -> None:
    """One that has not begun yet is empty, and never the next."""
    found = seen(Question(shift=shift), NOON, default=SitePlan(BERLIN, SHIFTS))

    assert (until, live) == (format_instant(found.until), found.is_live)
    assert ({"shift": previous}, following and {"shift": following}) == (found.previous, found.next)


@pytest.mark.parametrize(
    ("start", "end", "until", "live", "previous", "following"),
    [
        ("2026-01-15T09:00:00Z", "2026-01-15T11:00:00Z", "2026-01-15T11:00:00Z", False, "2026-01-15T07:00:00Z", "2026-01-15T13:00:00Z"),
        ("2026-01-15T09:00:00Z", "2026-01-15T12:00:00Z", NOON, False, "2026-01-15T06:00:00Z", None),
        ("2026-01-15T09:00:00Z", "2026-01-15T12:00:01Z", NOON, True, "2026-01-15T05:59:59Z", None),
        ("2026-01-16T00:00:00Z", "2026-01-17T00:00:00Z", "2026-01-16T00:00:00Z", False, "2026-01-15T00:00:00Z", None),
        ("2026-01-05T23:00:00Z", "2026-01-12T23:00:00Z", "2026-01-12T23:00:00Z", False, "2025-12-29T23:00:00Z", "2026-01-19T23:00:00Z"),
        ("1970-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", False, None, "2082-01-01T00:00:00Z"),
        ("1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", NOON, True, None, None),
        ("9999-12-31T23:59:58Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:58Z", False, None, None),
    ],
)  # fmt: skip
def test_any_other_window_has_as_much_time_beside_it(
    start: str, end: str, until: str, live: bool, previous: str | None, following: str | None
) -> None:
    """Whole days have as many days; nothing lies outside the calendar."""
    found = seen(Question(start, end), NOON, default=SitePlan(UTC, []))

    assert (window(start, end), until, live) == (found.whole, format_instant(found.until), found.is_live)
    assert previous == (found.previous and found.previous["from"])
    assert following == (found.next and found.next["to"])


def test_days_across_a_change_of_the_clock_stay_days() -> None:
    """The week before one with a day of 23 hours is an hour longer."""
    found = seen(
        Question("2026-03-23T00:00:00+01:00", "2026-03-30T00:00:00+02:00"),
        "2026-05-01T00:00:00Z",
        a=SitePlan(BERLIN, []),
    )

    assert query("2026-03-15T23:00:00Z", "2026-03-22T23:00:00Z") == found.previous
    assert query("2026-03-29T22:00:00Z", "2026-04-05T22:00:00Z") == found.next


@pytest.mark.parametrize(
    ("question", "until", "live"),
    [
        (Question(end="2026-01-15T10:00:00Z"), "2026-01-15T10:00:00Z", False),
        (Question(start="2026-01-15T10:00:00Z"), NOON, True),
        (Question(start="2026-01-16T10:00:00Z"), "2026-01-16T10:00:00Z", False),
        (Question(end="2026-01-16T10:00:00Z"), NOON, True),
    ],
)
def test_a_window_that_is_open_at_one_end_has_nothing_beside_it(question: Question, until: str, live: bool) -> None:
    """An end that is open, or to come, is now."""
    found = seen(question, NOON)

    assert (until, live, None, None) == (format_instant(found.until), found.is_live, found.previous, found.next)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        (Question(start="yesterday"), "from: "),
        (Question(shift="current"), "shift: site 'default' has no shifts"),
        (Question(start=NOON, shift="current"), "shift: it excludes"),
        (Question(start=NOON, end=NOON), "from must lie before to"),
    ],
)
def test_a_mistake_is_told_as_everywhere(question: Question, told: str) -> None:
    """By the name of the parameter."""
    with pytest.raises(BadRequest) as refused:
        seen(question, NOON)

    assert str(refused.value).startswith(told)
