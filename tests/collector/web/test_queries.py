"""Questions to the API: windows, sites, filters, pages; and the answer to a question that makes no sense."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.collector.web.golden import EVENTS
from tests.support.collector import RunningCollector, envelope, item, running_collector

METRICS = ("workers", "workstations", "factory")


def cursor(*parts: Any) -> str:
    """Return a cursor as a page gives it, with anything in it."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize("what", METRICS)
@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("from=yesterday", "from: it must look like"),
        ("to=2026-01-15", "to: it must look like"),
        ("from=2026-01-15T10:00:00", "from: it has no offset"),
        ("from=", "from: it must look like"),
        ("from=%FF", "from: it must look like"),
        ("from=0000-01-01T00:00:00Z", "from: "),
        ("from=2026-01-15T10:00:00Z&to=2026-01-15T10:00:00Z", "from must lie before to"),
        ("from=2026-01-15T11:00:00Z&to=2026-01-15T10:00:00Z", "from must lie before to"),
        ("site=nowhere", "site: there is no site 'nowhere'"),
        ("site=", "site: there is no site ''"),
        ("site=a&site=b", "site: given more than once"),
        ("From=2026-01-15T10:00:00Z", "From: no such parameter here"),
        ("limit=5", "limit: no such parameter here"),
    ],
)
async def test_a_mistaken_metrics_query_is_told(collector: RunningCollector, what: str, query: str, told: str) -> None:
    """A typing mistake must not look like an answer, in JSON and in CSV."""
    await collector.post(EVENTS)
    for path in (f"/api/metrics/{what}/?{query}", f"/api/metrics/{what}.csv?{query}"):
        answer = await collector.get(path)

        assert 400 == answer.status, answer.text
        assert answer.json["error"].startswith(told)
        assert re.split("[: ]", told)[0] == answer.json["field"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("site=nowhere", "site: there is no site 'nowhere'"),
        ("worker_id=", "worker_id: it is empty"),
        ("workstation_id=%07", "workstation_id: it holds the control character U+0007"),
        ("event_type=lunch", "event_type: must be"),
        ("event_type=2", "event_type: must be"),
        ("conflicts=yes", "conflicts: must be true or false"),
        ("limit=0", "limit: must be a number from 1 to 10,000"),
        ("limit=10001", "limit: "),
        ("limit=-1", "limit: "),
        ("limit=1.0", "limit: "),
        ("limit=", "limit: "),
        ("limit=%D9%A1", "limit: "),
        (f"limit={'9' * 5000}", "limit: "),
        ("worker=W1", "worker: no such parameter here"),
        ("worker_id=W1&worker_id=W2", "worker_id: given more than once"),
        ("from=2026-01-15T10:00:00Z&to=2026-01-15T09:00:00Z", "from must lie before to"),
        ("after=", "after: "),
        ("after=x", "after: "),
        ("after=%C3%A9", "after: "),
        ("after=AAAA", "after: "),
        (f"after={cursor()}", "after: "),
        (f"after={cursor('default', 'W1', 1, 2)}", "after: "),
        (f"after={cursor('default', 'W1', '1', 2, 'S1')}", "after: "),
        (f"after={cursor('default', 'W1', 1, 9, 'S1')}", "after: "),
        (f"after={cursor('default', 'W1', 1, [], 'S1')}", "after: "),
        (f"after={cursor(1, 'W1', 1, 2, 'S1')}", "after: "),
        (f"after={cursor('default', 'W1', 10**30, 2, 'S1')}", "after: "),
        (f"after={cursor('default', 'W1', -1, 2, 'S1')}", "after: "),
        (f"after={cursor('default', 'W1', float('inf'), 2, 'S1')}", "after: "),
        (f"after={cursor('default', 'W1', float('nan'), 2, 'S1')}", "after: "),
        (f"after={cursor('default', chr(0xD800), 1, 2, 'S1')}", "after: "),
        (f"after={cursor(chr(0xDFFF), 'W1', 1, 2, 'S1')}", "after: "),
        (f"after={cursor(*('default', 'W1', True, 2, 'S1'))}", "after: "),
    ],
    ids=lambda text: text[:60],
)
async def test_a_mistaken_events_query_is_told(collector: RunningCollector, query: str, told: str) -> None:
    """Also a cursor that nobody gave out, whatever is in it."""
    await collector.post(EVENTS)
    for path in (f"/api/events/?{query}", f"/api/events.csv?{query}"):
        answer = await collector.get(path)

        assert 400 == answer.status, answer.text
        assert answer.json["error"].startswith(told.split(" must be", maxsplit=1)[0] if "csv" in path else told)
        assert re.split("[: ]", told)[0] == answer.json["field"]


@pytest.mark.parametrize("query", ["limit=2", "after=x"])
async def test_a_file_of_events_has_no_pages(collector: RunningCollector, query: str) -> None:
    """It is always whole, so a parameter that would cut it is refused and not ignored."""
    answer = await collector.get(f"/api/events.csv?{query}")

    assert 400 == answer.status
    assert answer.json["error"].startswith(f"{query.partition('=')[0]}: no such parameter here")


@pytest.mark.parametrize("query", ["worker_id=%FF", "worker_id=%ED%A0%80"])
async def test_an_id_that_cannot_be_has_no_events(collector: RunningCollector, query: str) -> None:
    """Whatever bytes it is written with."""
    await collector.post(EVENTS)

    assert [] == await collector.stored(f"?{query}")


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 9, 10_000])
async def test_pages_of_events_make_the_whole_list(collector: RunningCollector, limit: int) -> None:
    """`next` leads from page to page and is null at the end."""
    await collector.post(EVENTS)
    whole = await collector.stored()
    found: list[Any] = []
    after = ""
    for _ in range(20):
        page = (await collector.get(f"/api/events/?limit={limit}{after}")).json
        found += page["events"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"

    assert (8, whole) == (len(whole), found)
    assert (await collector.get("/api/events/?limit=9")).json["next"] is None


async def test_a_stored_event_is_shown_with_what_lost(collector: RunningCollector) -> None:
    """Canonical, with its camera, and each version that lost."""
    first = item("10:00:00.25", "W1", "product_count", count=3, confidence=0.5)
    await collector.post(envelope([first, first | {"count": 5}, first | {"confidence": None}]))

    assert [
        {
            "site": "default",
            "timestamp": "2026-01-15T10:00:00.250000Z",
            "worker_id": "W1",
            "workstation_id": "S1",
            "event_type": "product_count",
            "count": 5,
            "confidence": 0.5,
            "camera": "C1",
            "conflicts": [{"count": 3, "confidence": 0.5}, {"count": 3, "confidence": None}],
        }
    ] == await collector.stored()


async def test_events_are_filtered(collector: RunningCollector) -> None:
    """By worker, station, type, window and conflict; the window is half-open."""
    await collector.post(EVENTS)
    await collector.post(EVENTS[2] | {"count": 4})
    counts = {
        query: len(await collector.stored(f"?{query}"))
        for query in (
            "worker_id=W1",
            "workstation_id=S4",
            "event_type=product_count",
            "from=2026-01-15T10:10:00Z&to=2026-01-15T10:20:00Z",
            "to=2026-01-15T10:00:00Z",
            "conflicts=true",
            "conflicts=1",
            "conflicts=false",
            "site=default",
            "worker_id=W1&event_type=working&limit=1",
        )
    }

    assert [3, 1, 3, 3, 0, 1, 1, 8, 8, 1] == list(counts.values())


async def test_the_metrics_of_a_site_are_its_own(tmp_path: Path) -> None:
    """Sites stand in the settings by camera; one that is expected has an answer before its first event."""
    cameras = {"C1": {"site": "north"}, "C2": {"site": "south"}}
    async with running_collector(tmp_path, cameras=cameras, sites={"west": {}}) as collector:
        await collector.post(envelope(EVENTS))
        await collector.post(envelope(EVENTS[:1], camera="C2"))
        both = await collector.metrics("workers")
        north = await collector.metrics("factory", "?site=north")
        west = await collector.get("/api/metrics/workers/?site=west")
        default = await collector.get("/api/metrics/workers/?site=default")

        assert [("north", 6), ("south", 1)] == [
            (site, sum(row["site"] == site for row in both)) for site in ("north", "south")
        ]
        assert (16, 35.0) == (north["total_units_produced"], north["total_productive_minutes"])
        assert (200, [], 200, []) == (west.status, west.json, default.status, default.json)
        assert ["south"] == [event["site"] for event in await collector.stored("?site=south")]


async def test_names_of_the_settings_are_shown(tmp_path: Path) -> None:
    """In the rows, not in the ids."""
    sites = {"default": {"workers": {"W1": "Zoë"}, "workstations": {"S1": "=Press"}}}
    async with running_collector(tmp_path, sites=sites) as collector:
        await collector.post(EVENTS)
        workers = await collector.metrics("workers")
        csv = await collector.get("/api/metrics/workstations.csv")

        assert [("W1", "Zoë"), ("W2", "W2")] == [(row["worker_id"], row["name"]) for row in workers[:2]]
        assert "default,S1,'=Press,30.0,100.0,3,6.0\r\n" in csv.text


async def test_gap_and_tail_are_settings(tmp_path: Path) -> None:
    """With a gap of ten minutes and a tail of one, W1's fifteen minutes of silence are no data."""
    async with running_collector(tmp_path, session_gap="10m", tail="1m") as collector:
        await collector.post(EVENTS)
        (row,) = [row for row in await collector.metrics("workers") if row["worker_id"] == "W1"]

        assert (2.0, 2.0) == (row["working_minutes"], row["assumed_minutes"])
