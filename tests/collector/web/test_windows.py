"""Windows over HTTP: where they cut states, where they hold nothing, and which one an answer is about (SEMANTICS §5)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.instants import parse_instant
from tests.support.collector import Answer, RunningCollector, at, envelope, item, running_collector

HEADERS = ("Lineside-Window-From", "Lineside-Window-To", "Lineside-Window-Time-Zone", "Lineside-Window-Shift")
TIMES = ("working_minutes", "idle_minutes", "absent_minutes", "assumed_minutes", "no_data_minutes")

# 40 minutes of work with 3 units in the middle, 20 idle, then absent, of which 5 are assumed.
DAY = [
    item("10:00", "W1", "working"),
    item("10:20", "W1", "product_count", count=3),
    item("10:40", "W1", "idle"),
    item("11:00", "W1", "absent"),
]


def window_in(answer: Answer) -> dict[str, str]:
    """Return the headers that say which window an answer is about, without their common beginning."""
    return {name.removeprefix("Lineside-"): answer.headers[name] for name in HEADERS if name in answer.headers}


# Their hours begin at different minutes, which changes no number.
ZONES = {"berlin": "Europe/Berlin", "kolkata": "Asia/Kolkata", "kathmandu": "Asia/Kathmandu"}


@pytest.fixture
async def zoned(tmp_path: Path) -> AsyncIterator[RunningCollector]:
    """Return a collector of a site in each zone, each of which had the same day."""
    sites = {site: {"time_zone": zone} for site, zone in ZONES.items()}
    async with running_collector(tmp_path, sites=sites, cameras={site: {"site": site} for site in ZONES}) as running:
        for site in ZONES:
            await running.post(envelope(DAY, camera=site))
        yield running


@pytest.mark.parametrize(
    ("start", "end", "times", "units"),
    [
        pytest.param("10:10", "10:50", (30.0, 10.0, 0.0, 0.0, 0.0), 3, id="begins inside a state"),
        pytest.param("09:50", "10:30", (30.0, 0.0, 0.0, 0.0, 10.0), 3, id="ends inside a state"),
        pytest.param("10:05", "10:15", (10.0, 0.0, 0.0, 0.0, 0.0), 0, id="lies inside a state"),
        pytest.param("10:00", "11:00", (40.0, 20.0, 0.0, 0.0, 0.0), 3, id="whole hours of UTC"),
        pytest.param("10:30", "11:30", (10.0, 20.0, 5.0, 5.0, 25.0), 0, id="whole hours of Kolkata"),
        pytest.param("06:17", "13:03", (40.0, 20.0, 5.0, 5.0, 341.0), 3, id="whole hours and ragged edges"),
        pytest.param("11:02", "11:04", (0.0, 0.0, 2.0, 2.0, 0.0), 0, id="lies inside what is assumed"),
        pytest.param("08:00", "09:00", (0.0, 0.0, 0.0, 0.0, 60.0), 0, id="holds none, before all"),
        pytest.param("12:00", "13:00", (0.0, 0.0, 0.0, 0.0, 60.0), 0, id="holds none, after all"),
        pytest.param("10:20", "10:40", (20.0, 0.0, 0.0, 0.0, 0.0), 3, id="begins with a count"),
        pytest.param("10:00", "10:20", (20.0, 0.0, 0.0, 0.0, 0.0), 0, id="ends with a count"),
        pytest.param("10:20", "10:20:00.000001", (0.0, 0.0, 0.0, 0.0, 0.0), 3, id="a microsecond with a count"),
        pytest.param("10:19:59.999999", "10:20", (0.0, 0.0, 0.0, 0.0, 0.0), 0, id="the microsecond before"),
        pytest.param(None, "10:30", (30.0, 0.0, 0.0, 0.0, None), 3, id="open at its beginning"),
        pytest.param("10:50", None, (0.0, 10.0, 5.0, 5.0, None), 0, id="open at its end"),
        pytest.param(None, None, (40.0, 20.0, 5.0, 5.0, None), 3, id="open at both ends"),
    ],
)
async def test_a_window_counts_what_lies_in_it(
    zoned: RunningCollector, start: str | None, end: str | None, times: tuple[float | None, ...], units: int
) -> None:
    """States reach in and are cut, a count belongs to its instant; in every zone, and the answer says which window it is."""
    ends = {name: _rfc(text) for name, text in (("from", start), ("to", end)) if text is not None}
    for site, zone in ZONES.items():
        query = "&".join(f"{name}={text}" for name, text in (ends | {"site": site}).items())
        answer = await zoned.get(f"/api/metrics/workers/?{query}")
        (row,) = answer.json

        assert (times, units) == (tuple(row[key] for key in TIMES), row["units_produced"])
        assert {f"Window-{name.title()}": text for name, text in ends.items()} | {
            "Window-Time-Zone": zone
        } == window_in(answer)


async def test_a_microsecond_of_work_is_all_work(zoned: RunningCollector) -> None:
    """Ratios come from the exact times, however little is left of them when shown."""
    query = f"?from={_rfc('10:20')}&to={_rfc('10:20:00.000001')}&site=kolkata"
    (worker,) = await zoned.metrics("workers", query)
    (station,) = await zoned.metrics("workstations", query)
    factory = await zoned.metrics("factory", query)

    assert (100.0, 10_800_000_000.0) == (worker["utilization_percent"], worker["units_per_hour"])
    assert (100.0, 10_800_000_000.0) == (station["utilization_percent"], station["throughput_per_hour"])
    assert (100.0, 1) == (factory["average_utilization_percent"], factory["active_workers"])


async def test_a_window_in_the_future_is_not_changed(zoned: RunningCollector) -> None:
    """Neither is one that only ends there: what has not happened yet is no data."""
    future = await zoned.get("/api/metrics/workers/?site=berlin&from=2030-01-01T00:00:00Z&to=2030-01-01T01:00:00Z")
    half = await zoned.get("/api/metrics/workers/?site=berlin&from=2026-01-16T11:00:00Z&to=2026-01-16T13:00:00Z")

    assert (60.0, "2030-01-01T01:00:00Z") == (
        future.json[0]["no_data_minutes"],
        future.headers["Lineside-Window-To"],
    )
    assert (120.0, "2026-01-16T13:00:00Z") == (half.json[0]["no_data_minutes"], half.headers["Lineside-Window-To"])


async def test_a_window_is_told_in_utc_and_ends_that_are_given_together(tmp_path: Path) -> None:
    """Whatever offset it was asked in; several sites in several zones have none in common."""
    sites = {"north": {"time_zone": "Europe/Berlin"}, "west": {"time_zone": "Europe/Berlin"}}
    query = "?from=2026-01-15T15:30:00.25%2B05:30&to=2026-01-15T11:00:00Z"
    window = {"Window-From": "2026-01-15T10:00:00.250000Z", "Window-To": "2026-01-15T11:00:00Z"}
    async with running_collector(tmp_path, sites=sites) as collector:
        alike = await collector.get(f"/api/metrics/factory/{query}")
        await collector.post(DAY)  # from a sender at the default site, which lives in UTC
        different = await collector.get(f"/api/metrics/factory/{query}")
        one = await collector.get(f"/api/metrics/workers.csv{query}&site=west")

        assert window | {"Window-Time-Zone": "Europe/Berlin"} == window_in(alike) == window_in(one)
        assert window == window_in(different)


@pytest.mark.parametrize(
    ("zone", "events", "start", "end", "times"),
    [
        pytest.param(
            "Europe/Berlin",
            [("2026-03-28T21:30:00Z", "working"), ("2026-03-29T02:15:00Z", "idle"), ("2026-03-29T05:00:00Z", "absent")],
            "2026-03-28T22:00:00+01:00",
            "2026-03-29T06:00:00+02:00",
            (285.0, 105.0, 0.0, 0.0, 30.0),
            id="the night of 7 hours",
        ),
        pytest.param(
            "Europe/Berlin",
            [("2026-10-24T19:30:00Z", "working"), ("2026-10-25T01:30:00Z", "idle"), ("2026-10-25T06:00:00Z", "absent")],
            "2026-10-24T22:00:00+02:00",
            "2026-10-25T06:00:00+01:00",
            (330.0, 210.0, 0.0, 0.0, 0.0),
            id="the night of 9 hours",
        ),
        pytest.param(
            "Europe/Berlin",
            [("2026-10-25T00:00:00Z", "working"), ("2026-10-25T00:45:00Z", "idle"), ("2026-10-25T01:45:00Z", "absent")],
            "2026-10-25T02:30:00+02:00",
            "2026-10-25T02:30:00+01:00",
            (15.0, 45.0, 0.0, 0.0, 0.0),
            id="the hour that comes twice",
        ),
        pytest.param(
            "Asia/Kolkata",
            [("2026-01-15T00:00:00Z", "working"), ("2026-01-15T04:45:00Z", "idle"), ("2026-01-15T09:00:00Z", "absent")],
            "2026-01-15T06:00:00+05:30",
            "2026-01-15T14:00:00+05:30",
            (255.0, 225.0, 0.0, 0.0, 0.0),
            id="hours that begin at half past",
        ),
        pytest.param(
            "Asia/Kolkata",
            [("2026-01-15T00:10:00Z", "working"), ("2026-01-15T00:40:00Z", "idle"), ("2026-01-15T02:00:00Z", "absent")],
            "2026-01-15T00:20:00Z",
            "2026-01-15T01:10:00Z",
            (20.0, 30.0, 0.0, 0.0, 0.0),
            id="a ragged window about an hour at half past",
        ),
    ],
)
async def test_a_change_of_clocks_changes_no_time(
    tmp_path: Path,
    zone: str,
    events: list[tuple[str, str]],
    start: str,
    end: str,
    times: tuple[float, ...],
) -> None:
    """Times are differences of instants; what the clocks on the wall do in between is nothing to them."""
    async with running_collector(tmp_path, sites={"default": {"time_zone": zone}}) as collector:
        collector.clock.set(parse_instant("2026-11-01T00:00:00Z"))
        await collector.post([item("10:00", "W1", kind, timestamp=text) for text, kind in events])
        query = f"?from={start.replace('+', '%2B')}&to={end.replace('+', '%2B')}"
        (row,) = await collector.metrics("workers", query)
        (station,) = await collector.metrics("workstations", query)
        window = (parse_instant(end) - parse_instant(start)) / 60_000_000

        assert times == tuple(row[key] for key in TIMES)
        assert window == sum(times)
        assert (times[0], round(100 * times[0] / window, 2)) == (
            station["occupancy_minutes"],
            station["utilization_percent"],
        )


MORNING = {"time_zone": "Europe/Berlin", "shifts": [{"name": "morning", "start": "06:00", "end": "14:00"}]}


@pytest.mark.parametrize(
    ("query", "start", "end"),
    [
        ("from=2026-01-15T07:00:00Z&to=2026-01-15T15:00:00Z", "2026-01-15T07:00:00Z", "2026-01-15T08:00:00Z"),
        ("from=2026-01-15T07:00:00Z", "2026-01-15T07:00:00Z", "2026-01-15T08:00:00Z"),
        ("shift=2026-01-15/morning", "2026-01-15T05:00:00Z", "2026-01-15T08:00:00Z"),
        ("to=2026-01-15T07:00:00Z", None, "2026-01-15T07:00:00Z"),
        ("from=2026-01-15T09:00:00Z", "2026-01-15T09:00:00Z", "2026-01-15T09:00:00Z"),
    ],
)
async def test_a_floor_names_the_window_of_its_numbers(tmp_path: Path, query: str, start: str | None, end: str) -> None:
    """Which ends now, or where it was when the page was made that is sent."""
    async with running_collector(tmp_path, sites={"default": MORNING}) as collector:
        collector.clock.set(at("08:00"))
        for _ in range(2):
            answer = await collector.get(f"/api/floor/?{query}")
            collector.clock.advance(5)

            assert (start, end, end) == (
                answer.headers.get("Lineside-Window-From"),
                answer.headers["Lineside-Window-To"],
                answer.json["window"]["until"],
            )


def _rfc(clock_time: str) -> str:
    seconds = clock_time if clock_time.count(":") == 2 else f"{clock_time}:00"
    return f"2026-01-15T{seconds}Z"
