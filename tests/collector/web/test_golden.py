"""The golden example of SEMANTICS §8 through the API, number by number, however its events arrive."""

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.collector.web.golden import EVENTS, FACTORY, WORKERS, WORKSTATIONS
from tests.support.collector import RunningCollector, envelope, running_collector
from tests.support.postgres import Server

SHUFFLED = random.Random(7).sample(EVENTS, len(EVENTS))
WAYS: dict[str, list[Any]] = {
    "one by one": [*EVENTS],
    "one by one, shuffled": [*SHUFFLED],
    "one by one, backwards": [*reversed(EVENTS)],
    "in one array": [EVENTS],
    "in one array, shuffled": [SHUFFLED],
    "in two arrays that overlap": [EVENTS[:6], EVENTS[3:]],
    "twice, in one array each": [EVENTS, EVENTS],
    "twice, in one array": [EVENTS + SHUFFLED],
    "in an envelope": [envelope(EVENTS)],
    "in an envelope and again one by one": [envelope(SHUFFLED), *EVENTS],
}


@pytest.fixture(params=["sqlite", "postgres"])
async def collector(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RunningCollector]:
    """Return a collector that listens, its database empty, of either kind."""
    given = {}
    if request.param == "postgres":
        server: Server = request.getfixturevalue("postgres")
        given["database"] = await server.emptied_database()
    async with running_collector(tmp_path, **given) as running:
        yield running


@pytest.mark.parametrize("way", WAYS)
async def test_the_golden_example_has_these_numbers(collector: RunningCollector, way: str) -> None:
    """Every number of the three routes, whatever the order, the batching and the repetition."""
    for body in WAYS[way]:
        answer = await collector.post(body)
        assert 200 == answer.status, answer.text

    assert WORKERS == await collector.metrics("workers")
    assert WORKSTATIONS == await collector.metrics("workstations")
    assert FACTORY == await collector.metrics("factory")
    assert 8 == len(await collector.stored())


async def test_windows_cut_the_golden_example(collector: RunningCollector) -> None:
    """From 10:10 to 10:20: ten minutes of W1, the end of W2's tail not in it, five of W4."""
    await collector.post(EVENTS)
    query = "?from=2026-01-15T10:10:00Z&to=2026-01-15T11:20:00%2B01:00"
    workers = {row["worker_id"]: row for row in await collector.metrics("workers", query)}
    stations = {row["station_id"]: row for row in await collector.metrics("workstations", query)}

    assert [10.0, 0.0, 0.0, 5.0, 0.0, 0.0] == [row["working_minutes"] for row in workers.values()]
    assert [0.0, 10.0, 10.0, 5.0, 10.0, 10.0] == [row["no_data_minutes"] for row in workers.values()]
    assert (0, 5) == (workers["W1"]["units_produced"], workers["W3"]["units_produced"])
    assert (100.0, 50.0, 30.0) == (
        stations["S1"]["utilization_percent"],
        stations["S4"]["utilization_percent"],
        stations["S3"]["throughput_per_hour"],
    )


async def test_a_watermark_carries_the_last_state_on(collector: RunningCollector) -> None:
    """W1's camera has watched until 11:00, so its last state lasts until then; nobody else's does."""
    await collector.post(envelope([EVENTS[0]], watermark="2026-01-15T11:00:00Z"))
    await collector.post(EVENTS[1:])
    workers = {row["worker_id"]: row for row in await collector.metrics("workers")}

    assert (30.0, 0.0) == (workers["W1"]["working_minutes"], workers["W1"]["assumed_minutes"])
    await collector.post(envelope([EVENTS[3]], watermark="2026-01-15T11:00:00Z", seqs=[[2, 2]]))
    (row,) = [row for row in await collector.metrics("workers") if row["worker_id"] == "W1"]
    assert (60.0, 0.0, 3.0) == (row["working_minutes"], row["assumed_minutes"], row["units_per_hour"])
