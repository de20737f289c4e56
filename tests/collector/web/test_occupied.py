"""`include=occupied`: the time of a workstation counted once, however many people work there."""

import pytest

from collector.web import metrics_api
from shared.instants import MINUTE
from tests.support.collector import RunningCollector, item

HOUR = "from=2026-01-15T10:00:00Z&to=2026-01-15T11:00:00Z"
TOGETHER = [
    item("10:00", "W1", "working", workstation_id="S1"),
    item("10:10", "W2", "working", workstation_id="S1"),
    item("10:20", "W1", "idle", workstation_id="S1"),
    item("10:40", "W2", "working", workstation_id="S2"),
    item("10:50", "W2", "absent", workstation_id="S2"),
]


async def test_time_at_a_workstation_is_counted_once(collector: RunningCollector) -> None:
    """Two people overlap for ten minutes at S1; nobody else is at S2."""
    await collector.post(TOGETHER)
    answer = await collector.get(f"/api/metrics/workstations/?{HOUR}&include=occupied")

    assert [("S1", 50.0, 40.0, 40 * MINUTE), ("S2", 10.0, 10.0, 10 * MINUTE)] == [
        (row["station_id"], row["occupancy_minutes"], row["occupied_minutes"], row["occupied_us"])
        for row in answer.json
    ]


async def test_a_window_with_too_many_states_is_refused(
    collector: RunningCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A smaller window is told, and so is everything else."""
    monkeypatch.setattr(metrics_api, "MOST_STATES", 4)
    await collector.post(TOGETHER)
    whole = await collector.get(f"/api/metrics/workstations/?{HOUR}&include=occupied")
    smaller = await collector.get(
        "/api/metrics/workstations/?from=2026-01-15T10:00:00Z&to=2026-01-15T10:30:00Z&include=occupied"
    )

    assert 400 == whole.status
    assert whole.json["error"].startswith("include: more than 4 states lie in those hours of this window")
    assert [30.0, 0.0] == [row["occupied_minutes"] for row in smaller.json]
    assert 200 == (await collector.get(f"/api/metrics/workstations/?{HOUR}")).status


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("include=everything", "include: only occupied can be included"),
        ("include=occupied", "include: occupied is told for windows of at most 31 days"),
        ("include=occupied&from=2026-01-01T00:00:00Z&to=2026-02-02T00:00:00Z", "include: occupied is told for windows"),
    ],
)
async def test_what_cannot_be_told_is_refused(collector: RunningCollector, query: str, told: str) -> None:
    """The parameter is named."""
    answer = await collector.get(f"/api/metrics/workstations/?{query}")

    assert 400 == answer.status
    assert answer.json["error"].startswith(told)
