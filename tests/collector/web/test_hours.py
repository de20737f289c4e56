"""`/api/metrics/hours/`: what happened when, by the clock of a site."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from shared.instants import HOUR, MINUTE, format_instant, parse_instant
from tests.collector.web.golden import EVENTS
from tests.support.collector import RunningCollector, at, envelope, running_collector

DAY = "from=2026-01-15T09:00:00Z&to=2026-01-15T12:00:00Z"
SHIFTS: dict[str, Any] = {
    "time_zone": "Europe/Berlin",
    "shifts": [{"name": "morning", "start": "06:00", "end": "14:00"}],
    "workers": {"W1": "Zoë"},
}


async def test_hours_are_those_of_the_sites_clock(tmp_path: Path) -> None:
    """In Kolkata they begin at half past; those without anything are there; a cut one says which part it is."""
    async with running_collector(tmp_path, sites={"default": {"time_zone": "Asia/Kolkata"}}) as collector:
        await collector.post(EVENTS)
        rows = (await collector.get("/api/metrics/hours/?from=2026-01-15T09:00:00Z&to=2026-01-15T11:00:00Z")).json

        assert [
            ("2026-01-15T09:00:00Z", "2026-01-15T09:30:00Z", 0, 0.0, 0.0, 0.0),
            ("2026-01-15T09:30:00Z", "2026-01-15T10:30:00Z", 13, 35.0, 5.0, 5.0),
            ("2026-01-15T10:30:00Z", "2026-01-15T11:00:00Z", 3, 0.0, 0.0, 0.0),
        ] == [
            (row["from"], row["to"], row["units_produced"], row["working_minutes"], row["idle_minutes"], row["absent_minutes"])
            for row in rows
        ]  # fmt: skip
        assert {"default"} == {row["site"] for row in rows}


@pytest.mark.parametrize("query", [DAY, "", "from=2026-01-15T10:07:00Z", "to=2026-01-15T10:12:00Z&site=default"])
async def test_hours_add_up_to_the_factory(collector: RunningCollector, query: str) -> None:
    """In any window; as a file too."""
    await collector.post(envelope(EVENTS, watermark="2026-01-15T10:26:00Z"))
    rows = (await collector.get(f"/api/metrics/hours/?{query}")).json
    file = await collector.get(f"/api/metrics/hours.csv?{query}")
    factory = await collector.metrics("factory", f"?{query}")

    assert [
        factory["total_productive_minutes"],
        factory["total_idle_minutes"],
        factory["total_absent_minutes"],
        factory["total_units_produced"],
    ] == [
        round(sum(row[name] for row in rows), 2)
        for name in ("working_minutes", "idle_minutes", "absent_minutes", "units_produced")
    ]
    assert [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows] == [
        *csv.DictReader(io.StringIO(file.text))
    ]
    assert 'attachment; filename="hours.csv"' == file.headers["Content-Disposition"]


async def test_hours_of_a_site_without_events_are_empty(tmp_path: Path) -> None:
    """By the clock that its settings give it."""
    async with running_collector(tmp_path, sites={"west": {"time_zone": "Asia/Kolkata"}}) as collector:
        rows = (await collector.get(f"/api/metrics/hours/?site=west&{DAY}")).json
        nowhere = await collector.get(f"/api/metrics/hours/?site=nowhere&{DAY}")

        assert (["09:00:00Z", "09:30:00Z", "10:30:00Z", "11:30:00Z"], 400) == (
            [row["from"][11:] for row in rows],
            nowhere.status,
        )


async def test_hours_say_how_long_cameras_watched(tmp_path: Path) -> None:
    """Added up over the cameras of the site; a silent camera adds nothing."""
    calls = [
        ("C1", "09:50", "09:50"),
        ("C2", "10:15", "10:15"),
        ("C1", "10:30", "10:30"),
        ("C2", "10:40", "10:40"),
        ("C1", "10:50", "10:30"),
        ("C1", "10:55", "10:55"),
    ]
    window = "from=2026-01-15T09:30:00Z&to=2026-01-15T11:00:00Z"
    async with running_collector(tmp_path) as collector:
        for camera, now, watermark in calls:
            collector.clock.set(at(now))
            await collector.post(envelope(camera=camera, watermark=format_instant(at(watermark))))
        rows = (await collector.get(f"/api/metrics/hours/?{window}")).json
        floor = (await collector.get(f"/api/floor/?{window}")).json

        assert [("09:30:00Z", 10.0), ("10:00:00Z", 55.0)] == [
            (row["from"][11:], row["watched_minutes"]) for row in rows
        ]
        assert [10 * MINUTE, 55 * MINUTE] == [row["watched_us"] for row in floor["hours"]]


async def test_more_hours_than_an_answer_holds_are_refused(collector: RunningCollector) -> None:
    """Whoever wants them all gets a file."""
    first = parse_instant("2010-01-01T00:00:00Z")
    counts = [
        {"timestamp": format_instant(first + 10 * number * HOUR)}
        | {"worker_id": "W1", "workstation_id": "S1", "event_type": "product_count"}
        for number in range(10_001)
    ]
    for part in (counts[:10_000], counts[10_000:]):
        assert 200 == (await collector.post(part)).status
    refused = await collector.get("/api/metrics/hours/")
    fewer = await collector.metrics("hours", f"?from={counts[1]['timestamp']}")
    file = await collector.get("/api/metrics/hours.csv")

    assert 400 == refused.status
    assert refused.json["error"].startswith(
        "from, to: more than 10,000 hours lie in this window; ask for a smaller one"
    )
    assert (10_000, 10_001 + 1) == (len(fewer), file.text.count("\r\n"))
