"""`shift` over HTTP: the window it stands for, the headers that say so, and what is refused."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from shared.instants import parse_instant
from tests.collector.web.test_windows import TIMES, window_in
from tests.support.collector import envelope, item, running_collector

BERLIN: dict[str, Any] = {
    "time_zone": "Europe/Berlin",
    "shifts": [
        {"name": "morning", "start": "06:00", "end": "14:00"},
        {"name": "late", "start": "14:00", "end": "22:00", "weekdays": ["mon", "tue", "wed", "thu", "fri"]},
        {"name": "night", "start": "22:00", "end": "06:00"},
        {"name": "Frühschicht 1/2", "start": "06:00", "end": "10:00"},
    ],
}
KOLKATA = {"time_zone": "Asia/Kolkata", "shifts": [{"name": "day", "start": "09:00", "end": "17:30"}]}
PATHS = [f"/api/metrics/{what}{end}" for what in ("workers", "workstations", "factory") for end in ("/", ".csv")]


@pytest.mark.parametrize(
    ("shift", "start", "end", "times"),
    [
        pytest.param("2026-01-15/morning", "05:00:00Z", "13:00:00Z", (180.0, 0.0, 300.0), id="a morning"),
        pytest.param("2026-01-15/late", "13:00:00Z", "21:00:00Z", (300.0, 180.0, 0.0), id="an afternoon"),
        pytest.param("2026-01-14/night", "21:00:00Z", "05:00:00Z", (0.0, 0.0, 480.0), id="the night before"),
        pytest.param("2026-01-15/night", "21:00:00Z", "05:00:00Z", (0.0, 120.0, 360.0), id="a night"),
        pytest.param("2026-01-15/Fr%C3%BChschicht%201/2", "05:00:00Z", "09:00:00Z", (0.0, 0.0, 240.0), id="any name"),
    ],
)
async def test_a_shift_is_a_window(tmp_path: Path, shift: str, start: str, end: str, times: tuple[float, ...]) -> None:
    """The numbers are those of its ends, on every route; the headers name them, the zone and the shift."""
    async with running_collector(tmp_path, sites={"default": BERLIN}) as collector:
        await collector.post(
            [item("10:00", "W1", "working"), item("18:00", "W1", "idle"), item("23:00", "W1", "absent")]
        )
        (row,) = await collector.metrics("workers", f"?shift={shift}")
        for path in PATHS:
            by_name = await collector.get(f"{path}?shift={shift}")
            window = window_in(by_name)
            by_ends = await collector.get(f"{path}?from={window['Window-From']}&to={window['Window-To']}")

            assert {
                "Window-From": by_name.headers["Lineside-Window-From"][:11] + start,
                "Window-To": by_name.headers["Lineside-Window-To"][:11] + end,
                "Window-Time-Zone": "Europe/Berlin",
                "Window-Shift": shift,
            } == window
            assert (200, by_name.content) == (by_ends.status, by_ends.content)
            assert "Window-Shift" not in window_in(by_ends)
        assert times == (row["working_minutes"], row["idle_minutes"], row["no_data_minutes"] + row["absent_minutes"])


@pytest.mark.parametrize(
    ("zone", "shift", "events", "times"),
    [
        pytest.param(
            "Europe/Berlin",
            "2026-03-28/night",
            [("2026-03-28T20:00:00Z", "working"), ("2026-03-29T03:30:00Z", "idle"), ("2026-03-29T05:00:00Z", "absent")],
            (390.0, 30.0, 0.0, 0.0, 0.0),
            id="seven hours",
        ),
        pytest.param(
            "Europe/Berlin",
            "2026-10-24/night",
            [("2026-10-24T19:00:00Z", "working"), ("2026-10-25T04:00:00Z", "idle"), ("2026-10-25T06:00:00Z", "absent")],
            (480.0, 60.0, 0.0, 0.0, 0.0),
            id="nine hours",
        ),
        pytest.param(
            "Asia/Kolkata",
            "2026-01-15/morning",
            [("2026-01-15T00:00:00Z", "working"), ("2026-01-15T08:00:00Z", "idle"), ("2026-01-15T09:00:00Z", "absent")],
            (450.0, 30.0, 0.0, 0.0, 0.0),
            id="from half past to half past",
        ),
    ],
)
async def test_a_night_has_the_hours_that_the_clocks_leave_it(
    tmp_path: Path, zone: str, shift: str, events: list[tuple[str, str]], times: tuple[float, ...]
) -> None:
    """And the work in them is the work that was done."""
    async with running_collector(tmp_path, sites={"default": BERLIN | {"time_zone": zone}}) as collector:
        collector.clock.set(parse_instant("2026-11-01T00:00:00Z"))
        await collector.post([item("10:00", "W1", kind, timestamp=text) for text, kind in events])
        (row,) = await collector.metrics("workers", f"?shift={shift}")

        assert times == tuple(row[key] for key in TIMES)


async def test_only_the_current_shift_ends_now(tmp_path: Path) -> None:
    """It grows with the clock, is over at its end, and stays until the next one has begun; a named one is never cut."""
    found = []
    async with running_collector(tmp_path, sites={"default": KOLKATA}) as collector:
        for clock_time in ("03:30:00", "03:30:01", "06:00:00", "12:00:00", "20:00:00"):
            collector.clock.set(parse_instant(f"2026-01-16T{clock_time}Z"))
            window = window_in(await collector.get("/api/metrics/factory/?shift=current"))
            found.append((window["Window-To"], window["Window-Shift"]))
        collector.clock.set(parse_instant("2026-01-16T06:00:00Z"))
        named = window_in(await collector.get("/api/metrics/factory/?shift=2026-01-16/day"))

        assert [
            ("2026-01-15T12:00:00Z", "2026-01-15/day"),
            ("2026-01-16T03:30:01Z", "2026-01-16/day"),
            ("2026-01-16T06:00:00Z", "2026-01-16/day"),
            ("2026-01-16T12:00:00Z", "2026-01-16/day"),
            ("2026-01-16T12:00:00Z", "2026-01-16/day"),
        ] == found
        assert "2026-01-16T12:00:00Z" == named["Window-To"]


async def test_each_site_has_its_own_shifts(tmp_path: Path) -> None:
    """So one has to be named as soon as there are several; the answer is about that one alone."""
    sites = {"north": BERLIN, "south": KOLKATA}
    cameras = {"C1": {"site": "north"}, "C2": {"site": "south"}}
    async with running_collector(tmp_path, sites=sites, cameras=cameras) as collector:
        for camera in cameras:
            await collector.post(envelope([item("06:00", "W1", "working"), item("06:30", "W1", "idle")], camera=camera))
        unnamed = await collector.get("/api/metrics/workers/?shift=current")
        north = await collector.get("/api/metrics/workers/?shift=2026-01-15/morning&site=north")
        south = await collector.get("/api/metrics/workers/?shift=2026-01-15/day&site=south")
        foreign = await collector.get("/api/metrics/workers/?shift=2026-01-15/day&site=north")

        assert (400, "site: name the one whose shift it is; there are north, south") == (
            unnamed.status,
            unnamed.json["error"],
        )
        assert [("north", "05:00:00Z", 30.0), ("south", "03:30:00Z", 30.0)] == [
            (answer.json[0]["site"], answer.headers["Lineside-Window-From"][11:], answer.json[0]["working_minutes"])
            for answer in (north, south)
        ]
        assert [1, 1] == [len(answer.json) for answer in (north, south)]
        assert (400, "shift: there is none called 'day' (there are morning, late, night, Frühschicht 1/2)") == (
            foreign.status,
            foreign.json["error"],
        )


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("shift=2026-01-15/evening", "shift: there is none called 'evening' (there are morning, late, night"),
        ("shift=2026-01-15", "shift: there is none called ''"),
        ("shift=", "shift: it must be current, or a day and a name such as 2026-01-15/morning"),
        ("shift=now", "shift: it must be current"),
        ("shift=2026-02-30/morning", "shift: it must be current"),
        ("shift=2026-01-15T00:00:00Z/morning", "shift: it must be current"),
        ("shift=%FF/morning", "shift: it must be current"),
        ("shift=2026-01-15/%ED%A0%80", "shift: there is none called"),
        ("shift=2026-01-15/%00", "shift: there is none called"),
        ("shift=0001-01-01/morning", "shift: the year must lie between"),
        ("shift=9999-12-31/night", "shift: the year must lie between"),
        ("shift=2026-01-17/late", "shift: 'late' is not worked on Saturday, 2026-01-17 (that day has morning, night"),
        ("shift=current&from=2026-01-15T10:00:00Z", "shift: it excludes from and to"),
        ("shift=2026-01-15/morning&to=2026-01-15T10:00:00Z", "shift: it excludes from and to"),
        ("shift=current&shift=current", "shift: given more than once"),
        ("shift=current&site=nowhere", "site: there is no site 'nowhere'"),
        ("shift=current&site=", "site: there is no site ''"),
        ("Shift=current", "Shift: no such parameter here"),
    ],
)
async def test_a_mistaken_shift_is_told(tmp_path: Path, query: str, told: str) -> None:
    """The parameter, what is wrong with it, and what there is instead; on every route, and no window is claimed."""
    async with running_collector(tmp_path, sites={"default": BERLIN}) as collector:
        for path in PATHS:
            answer = await collector.get(f"{path}?{query}")

            assert 400 == answer.status, answer.text
            assert answer.json["error"].startswith(told)
            assert {} == window_in(answer)


async def test_a_site_without_shifts_says_where_they_are_set(tmp_path: Path) -> None:
    """Nothing is guessed; and a list of events, which has no shifts, says that it takes none."""
    async with running_collector(tmp_path) as collector:
        answer = await collector.get("/api/metrics/workers/?shift=current")
        events = await collector.get("/api/events/?shift=current")

        assert (
            "shift: site 'default' has no shifts (its settings can: [[sites.default.shifts]])" == answer.json["error"]
        )
        assert (400, 400) == (answer.status, events.status)
        assert events.json["error"].startswith("shift: no such parameter here")


async def test_a_shift_in_a_header_is_ascii_and_can_be_asked_for(tmp_path: Path) -> None:
    """Whatever people call it."""
    async with running_collector(tmp_path, sites={"default": BERLIN}) as collector:
        answer = await collector.get("/api/metrics/workers/?shift=2026-01-15/Fr%C3%BChschicht+1%2F2")
        name = answer.headers["Lineside-Window-Shift"]
        again = await collector.get(f"/api/metrics/workers/?shift={name}")

        assert (True, "2026-01-15/Frühschicht 1/2") == (name.isascii(), unquote(name))
        assert window_in(answer) == window_in(again)
