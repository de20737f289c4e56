"""How large a floor can become: what a page cannot hold is left out, and counted."""

from tests.collector.web.golden import EVENTS
from tests.support.collector import RunningCollector, item

GOLDEN_HOUR = "from=2026-01-15T10:00:00Z&to=2026-01-15T11:00:00Z"


async def test_windows_of_months_have_numbers_and_neither_timelines_nor_hours(collector: RunningCollector) -> None:
    """Nobody could see anything in them."""
    await collector.post(EVENTS)
    found = [
        (
            floor["has_timelines"],
            bool(floor["workers"][0]["timeline"]),
            floor["has_hours"],
            len(floor["hours"]),
            floor["factory"]["total_units_produced"],
        )
        for query in ("from=2025-12-15T10:20:00Z&to=2026-01-15T10:20:00Z", "from=2025-12-15T10:19:59Z&to=2026-01-15T10:20:00Z", "to=2026-01-15T10:20:00Z")
        if (floor := (await collector.get(f"/api/floor/?{query}")).json)
    ]  # fmt: skip

    assert [(True, True, True, 745, 5), (False, False, False, 0, 5), (False, False, False, 0, 5)] == found


async def test_more_workers_than_a_page_can_hold_are_counted(collector: RunningCollector) -> None:
    """Those who were seen are shown first."""
    hours_ago = [item("06:00", f"W{number:04}", "product_count", workstation_id="S1") for number in range(2_001)]
    await collector.post(hours_ago)
    await collector.post([item("10:00", "W2000", "working", workstation_id="S1")])
    floor = (await collector.get(f"/api/floor/?{GOLDEN_HOUR}")).json
    shown = [row["worker_id"] for row in floor["workers"]]

    assert (2_000, 1, True, sorted(shown)) == (len(shown), floor["workers_left_out"], "W2000" in shown, shown)


async def test_more_workstations_than_a_page_can_hold_are_counted(collector: RunningCollector) -> None:
    """Those where something was done are shown first; a timeline names others all the same."""
    await collector.post([item("06:00", "W1", "product_count", workstation_id=f"S{n:04}") for n in range(2_002)])
    await collector.post(
        [item("10:00", "W1", "working", workstation_id="S2001"), item("10:30", "W1", "idle", workstation_id="S2000")]
    )
    floor = (await collector.get(f"/api/floor/?{GOLDEN_HOUR}")).json
    rows, stations = floor["workstations"], floor["stations"]
    timeline = [(stations[station], state) for _, _, state, station, _ in floor["workers"][0]["timeline"]]

    assert (2_000, 2, 2_001) == (len(rows), floor["workstations_left_out"], len(stations))
    assert stations[:2_000] == [row["station_id"] for row in rows] == sorted(row["station_id"] for row in rows)
    assert [("S2001", "w"), ("S2000", "i")] == [*dict.fromkeys(timeline)]
