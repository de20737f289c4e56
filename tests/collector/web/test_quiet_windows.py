"""`/api/floor/` of a window in which nobody was seen: how well it was watched, however long it is."""

from pathlib import Path

from shared.instants import format_instant
from tests.support.collector import at, envelope, item, running_collector

QUIET = {
    "before any camera": ("from=2026-01-13T00:00:00Z&to=2026-01-14T00:00:00Z", (2, 0, 0)),
    "while one watched all of it": ("from=2026-01-15T10:00:00Z&to=2026-01-15T11:00:00Z", (2, 1, 1)),
    "while each watched a part": ("from=2026-01-15T04:00:00Z&to=2026-01-15T13:00:00Z", (2, 0, 2)),
    "over more than a month": ("from=2025-12-01T00:00:00Z&to=2026-01-15T13:00:00Z", (2, 0, 2)),
    "without a begin": ("to=2026-01-15T13:00:00Z", (2, 0, 2)),
    "that is not empty": ("from=2026-01-15T13:00:00Z&to=2026-01-15T15:00:00Z", None),
}


async def test_where_nobody_was_seen_the_floor_says_how_well_it_was_watched(tmp_path: Path) -> None:
    """However long the window is; C1 watched from 08:00 to 14:00, C2 until 10:30, C3 never called."""
    async with running_collector(tmp_path, cameras={"C3": {}}) as collector:
        for reached, cameras_there in (("08:00", ("C1", "C2")), ("10:30", ("C1", "C2")), ("14:00", ("C1",))):
            collector.clock.set(at(reached))
            for camera in cameras_there:
                seen = [item("13:30", "W1", "working")] if reached == "14:00" else []
                await collector.post(envelope(seen, camera=camera, watermark=format_instant(at(reached))))
        found = {}
        for case, (query, _) in QUIET.items():
            kept = (await collector.get(f"/api/floor/?{query}")).json["watch_kept"]
            found[case] = kept and (kept["cameras"], kept["throughout"], kept["partly"])

    assert {case: expected for case, (_, expected) in QUIET.items()} == found
