"""Who is at work now: what no camera vouches for yet is not claimed, though it is stored."""

import pytest

from tests.support.collector import RunningCollector, at, envelope, item

EVENTS = [
    item("09:00", "W1", "working"),
    item("10:00", "W1", "idle"),
    item("11:59", "W1", "working", workstation_id="S2"),
    item("12:03", "W1", "absent"),
]


@pytest.mark.parametrize(
    ("watermark", "counted", "shown"),
    [
        ("12:00:00", {"working": 1, "idle": 0, "late": 0}, ("working", "2026-01-15T11:59:00Z", "S2")),
        ("11:58:00", {"working": 0, "idle": 1, "late": 0}, ("idle", "2026-01-15T10:00:00Z", "S1")),
        ("11:57:59", {"working": 0, "idle": 0, "late": 1}, (None, None, None)),
        ("09:30:00", {"working": 0, "idle": 0, "late": 1}, (None, None, None)),
    ],
    ids=["a clock that is ahead", "just behind", "late", "catching up"],
)
async def test_the_state_now_is_the_one_at_the_watermark(
    collector: RunningCollector,
    watermark: str,
    counted: dict[str, int],
    shown: tuple[str | None, str | None, str | None],
) -> None:
    """Also where a camera sends its newest events first, or one of three minutes from now; of a late one no row tells it."""
    collector.clock.set(at("12:00"))
    await collector.post(envelope(EVENTS, watermark=f"2026-01-15T{watermark}Z"))
    floor = (await collector.get("/api/floor/")).json
    worker = floor["workers"][0]

    assert shown == (worker["state"], worker["state_since"], worker["workstation_id"])
    assert counted | {"seen": 1} == floor["at_work_now"]
    late = [row["station_id"] for row in floor["workstations"] if row["workers_late"]]
    assert ["S1"] * counted["late"] == late


async def test_a_state_to_come_is_not_now(collector: RunningCollector) -> None:
    """There is nothing before it."""
    collector.clock.set(at("12:00"))
    await collector.post(item("12:03", "W1", "working"))
    floor = (await collector.get("/api/floor/")).json

    assert (None, None) == (floor["workers"][0]["state"], floor["workers"][0]["state_since"])
    assert {"working": 0, "idle": 0, "late": 0, "seen": 0} == floor["at_work_now"]


@pytest.mark.parametrize("start", ["from=2025-12-01T00:00:00Z", "to=2026-02-01T00:00:00Z", "shift=current"])
async def test_the_state_now_is_told_also_where_nothing_is_drawn(collector: RunningCollector, start: str) -> None:
    """In a window of more than a month, or one that is open, the state at the watermark is looked up."""
    collector.clock.set(at("12:00"))
    await collector.post(envelope(EVENTS[:-1], watermark="2026-01-15T11:58:30Z"))
    query = "" if start == "shift=current" else f"?{start}"
    floor = (await collector.get(f"/api/floor/{query}")).json
    (worker,) = floor["workers"]

    assert (start == "shift=current") is floor["has_timelines"]
    assert ("idle", "2026-01-15T10:00:00Z", "S1") == (
        worker["state"],
        worker["state_since"],
        worker["workstation_id"],
    )
    assert {"working": 0, "idle": 1, "late": 0, "seen": 1} == floor["at_work_now"]


async def test_a_state_that_begins_now_is_told_also_where_nothing_is_drawn(collector: RunningCollector) -> None:
    """To the microsecond, though somebody was seen later by a clock that is ahead."""
    collector.clock.set(at("12:00"))
    later = [item("10:00", "W1", "working"), item("12:00", "W1", "idle"), item("12:03", "W1", "absent")]
    await collector.post(later)
    floor = (await collector.get("/api/floor/?from=2025-12-01T00:00:00Z")).json

    assert ("idle", "2026-01-15T12:00:00Z") == (floor["workers"][0]["state"], floor["workers"][0]["state_since"])
