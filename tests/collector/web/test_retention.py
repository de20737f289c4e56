"""Over HTTP: what a collector answers of a time whose events are gone, and what it takes of that time."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from collector.control import service_door, socket_of
from shared.errors import LinesideError
from tests.support.collector import RunningCollector, envelope, item, running_collector

DAYS = [
    item("10:00", "W1", "working"),
    item("10:10", "W2", "working", workstation_id="S1"),
    item("10:30", "W1", "idle"),
    item("10:40", "W1", "product_count", count=4),
    item("10:50", "W1", "absent"),
    item("11:20", "W2", "idle", workstation_id="S1"),
    item("11:30", "W2", "absent", workstation_id="S1"),
]
"""Of 2026-01-15; the collector's clock says noon of the next day."""
WHOLE = "?from=2026-01-15T10:00:00Z&to=2026-01-15T11:00:00Z"
HORIZON = "2026-01-15T12:00:00Z"


@pytest.fixture
async def purged(tmp_path: Path) -> AsyncIterator[RunningCollector]:
    """Return a collector that keeps events for a day and has let go what it may."""
    async with running_collector(tmp_path) as before:
        await before.post(DAYS)
    async with running_collector(tmp_path, retention={"events": "1d", "person_hours": "2d"}) as running:
        async with service_door(socket_of(running.settings.database_file())) as door:
            assert (await door.purge())["is_done"]
        yield running


async def test_whole_hours_say_what_they_said(tmp_path: Path) -> None:
    """Every table of a whole hour is the same text before and after, also how long workstations were occupied."""
    asked = [f"/api/metrics/{what}/{WHOLE}" for what in ("workers", "workstations", "factory", "hours")]
    asked.append(f"/api/metrics/workstations/{WHOLE}&include=occupied")
    async with running_collector(tmp_path) as running:
        await running.post(DAYS)
        before = [(await running.get(path)).content for path in asked]
    async with running_collector(tmp_path, retention={"events": "1d"}) as running:
        async with service_door(socket_of(running.settings.database_file())) as door:
            await door.purge()
        stored = await running.stored()

        assert before == [(await running.get(path)).content for path in asked]
    assert [("W1", "absent"), ("W2", "absent")] == [(row["worker_id"], row["event_type"]) for row in stored]
    assert b'"occupied_minutes": 60.0' in before[-1]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?from=2026-01-15T10:20:00Z&to=2026-01-15T11:00:00Z", "the nearest whole hour is 2026-01-15T10:00:00Z"),
        ("?from=2026-01-15T10:00:00Z&to=2026-01-15T10:40:00Z", "the nearest whole hour is 2026-01-15T11:00:00Z"),
        ("?to=2026-01-15T10:00:00.000001Z", "the nearest whole hour is 2026-01-15T10:00:00Z"),
        ("?from=2026-01-15T10:20:00Z&to=2026-01-15T10:30:00Z", "from: the events of site default before"),
    ],
)
@pytest.mark.parametrize("path", ["metrics/workers/", "metrics/workstations.csv", "metrics/hours/", "floor/"])
async def test_a_window_that_cuts_an_hour_before_the_horizon_is_refused(
    purged: RunningCollector, path: str, query: str, said: str
) -> None:
    """Status 400, a code, the horizon, and the nearest whole hour."""
    answer = await purged.get(f"/api/{path}{query}")

    assert (400, "before_horizon") == (answer.status, answer.json["code"])
    assert said in answer.json["detail"]
    assert answer.json["detail"].startswith(f"{answer.json['field']}: ")
    assert HORIZON in answer.json["detail"]


async def test_any_window_behind_the_horizon_is_answered(purged: RunningCollector) -> None:
    """Also one that begins before it at a full hour."""
    paths = [
        f"/api/metrics/workers/?from=2026-01-15T{start}Z&to=2026-01-15T12:34:56Z" for start in ("10:00:00", "12:00:01")
    ]

    assert [200, 200] == [(await purged.get(path)).status for path in paths]


async def test_a_timeline_says_what_is_no_longer_kept(purged: RunningCollector) -> None:
    """No span before the horizon, and no time without data either."""
    answer = await purged.get("/api/timeline/?worker_id=W1&from=2026-01-15T10:00:00Z&to=2026-01-15T12:30:00Z")
    gone = await purged.get("/api/timeline/?worker_id=W1" + WHOLE.replace("?", "&"))
    kept = await purged.get("/api/timeline/?worker_id=W1&from=2026-01-15T12:00:00Z")

    assert (HORIZON, [], 30 * 60 * 10**6) == (
        answer.json["kept_from"], answer.json["spans"], answer.json["totals"]["no_data_us"],
    )  # fmt: skip
    assert ("2026-01-15T11:00:00Z", [], 0) == (
        gone.json["kept_from"], gone.json["spans"], gone.json["totals"]["no_data_us"],
    )  # fmt: skip
    assert kept.json["kept_from"] is None


async def test_the_page_says_from_when_timelines_are_kept(purged: RunningCollector) -> None:
    """Its numbers are there, its timelines begin at the horizon."""
    floor = (await purged.get("/api/floor/?from=2026-01-15T10:00:00Z&to=2026-01-15T13:00:00Z")).json

    assert HORIZON == floor["timelines_from"]
    assert [[], []] == [worker["timeline"] for worker in floor["workers"]]
    assert 30 * 60 * 10**6 == floor["workers"][0]["working_us"]


async def test_events_before_the_horizon_are_rejected_as_too_old(purged: RunningCollector) -> None:
    """Each by itself, with a code, and kept for people to look at; what is stored does not change."""
    single = await purged.post(DAYS[0])
    listed = (await purged.post([DAYS[0], item("12:00", "W1", "idle")])).json
    (kept, _) = (await purged.get("/api/rejected/")).json

    assert (400, "too_old") == (single.status, single.json["code"])
    assert f"timestamp lies before {HORIZON}: earlier events of this site are no longer kept" == single.json["error"]
    assert (1, 1, "too_old", 0) == (
        listed["accepted"], listed["rejected"], listed["results"][0]["code"], listed["results"][0]["index"],
    )  # fmt: skip
    assert ("too_old", True) == (kept["code"], '"worker_id": "W1"' in kept["item"])
    assert 3 == len(await purged.stored())


async def test_a_late_event_goes_on_from_the_last_state(purged: RunningCollector) -> None:
    """The state in force before the horizon is kept, so the time up to the next event is known."""
    await purged.post([item("12:30", "W2", "working", workstation_id="S1")])
    (_, second) = await purged.metrics("workers", "?from=2026-01-15T11:00:00Z&to=2026-01-15T13:00:00Z")

    assert (25.0, 10.0, 60.0) == (second["working_minutes"], second["idle_minutes"], second["absent_minutes"])


async def test_hours_that_name_nobody_are_in_sums_and_at_workstations(tmp_path: Path) -> None:
    """Workers keep what is theirs; the mean has no meaning there any more, and no time without data."""
    async with running_collector(tmp_path) as running:
        await running.post(DAYS)
        stations = (await running.get(f"/api/metrics/workstations/{WHOLE}&include=occupied")).content
        factory = await running.metrics("factory", WHOLE)
    async with running_collector(tmp_path, retention={"events": "1d", "person_hours": "2d"}) as running:
        running.clock.advance(2 * 24 * 3600)
        async with service_door(socket_of(running.settings.database_file())) as door:
            await door.purge()
        workers = await running.metrics("workers", WHOLE)

        assert stations == (await running.get(f"/api/metrics/workstations/{WHOLE}&include=occupied")).content
        assert factory | {"average_utilization_percent": None, "active_workers": None} == await running.metrics(
            "factory", WHOLE
        )
        assert [(0.0, 0, None)] * 2 == [
            (row["working_minutes"], row["units_produced"], row["no_data_minutes"]) for row in workers
        ]
        assert [factory["total_units_produced"]] == [(await running.metrics("factory"))["total_units_produced"]]


async def test_hours_that_are_gone_are_asked_for_in_vain(tmp_path: Path) -> None:
    """A window that begins before them is refused and told where they begin; without a begin it is all there is."""
    kept = {"events": "1d", "person_hours": "2d", "workstation_hours": "2d"}
    async with running_collector(tmp_path, retention=kept) as running:
        await running.post(DAYS)
        running.clock.advance(2 * 24 * 3600)
        async with service_door(socket_of(running.settings.database_file())) as door:
            await door.purge()
        refused = await running.get(f"/api/metrics/workstations/{WHOLE}")

        assert (400, "before_horizon") == (refused.status, refused.json["code"])
        assert "the nearest begin is 2026-01-16T12:00:00Z" in refused.json["detail"]
        assert 0 == (await running.metrics("factory"))["total_units_produced"]


async def test_a_purge_that_is_held_is_told_to_prometheus_and_ends_for_whoever_insists(tmp_path: Path) -> None:
    """Through the door of the service, while its only camera says that the clock of the collector is ahead."""
    async with running_collector(tmp_path) as running:
        await running.post(DAYS)
        await running.post(envelope(sent_at="2026-01-16T09:00:00Z"))
    async with running_collector(tmp_path, retention={"events": "1d"}) as running:
        async with asyncio.timeout(20):
            while "collector_purge_held 1.0" not in (before := await running.get("/metrics")).text:
                pass
        async with service_door(socket_of(running.settings.database_file())) as door:
            with pytest.raises(LinesideError, match=r"C1 of default.* 3 h ahead.*--by-this-clock"):
                await door.purge()
            done = await door.purge(by_this_clock=True)
        after = await running.get("/metrics")

    assert "\ncollector_last_purge_timestamp_seconds" not in before.text
    assert done["is_done"]
    assert "collector_purge_held 0.0" in after.text
    assert "\ncollector_last_purge_timestamp_seconds 1.7685" in after.text


async def test_the_service_purges_by_itself(tmp_path: Path) -> None:
    """When it starts, and from then on once an hour."""
    async with running_collector(tmp_path) as running:
        await running.post(DAYS)
    async with running_collector(tmp_path, retention={"events": "1d"}) as running:
        while True:
            stored = await running.stored()
            if len(stored) == 2:
                break
