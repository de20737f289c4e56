"""`/api/timeline/`: where numbers come from."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from shared.instants import MINUTE
from tests.collector.web.golden import EVENTS
from tests.support.collector import RunningCollector, envelope, item, running_collector

DAY = "from=2026-01-15T09:00:00Z&to=2026-01-15T12:00:00Z"
SHIFTS: dict[str, Any] = {
    "time_zone": "Europe/Berlin",
    "shifts": [{"name": "morning", "start": "06:00", "end": "14:00"}],
    "workers": {"W1": "Zoë"},
}


async def spans(collector: RunningCollector, query: str) -> list[tuple[str, ...]]:
    """Return the spans of a timeline in short: from, to, state, station, basis, what ended it."""
    answer = await collector.get(f"/api/timeline/?{query}")
    assert answer.status == 200, answer.text
    return [
        (
            span["start"][11:-1],
            span["end"][11:-1],
            span["state"],
            span["workstation_id"],
            span["basis"],
            f"{span['ended_by']['event_type']} {span['ended_by']['timestamp'][11:-1]}" if span["ended_by"] else "",
        )
        for span in answer.json["spans"]
    ]


async def test_a_timeline_says_what_began_and_what_ended_each_span(collector: RunningCollector) -> None:
    """In full: a repeated state begins a span of its own, a count ends none, and the tail is ended by nothing."""
    await collector.post(envelope([*EVENTS, item("10:40", "W1", "idle")], watermark=None))
    answer = await collector.get(f"/api/timeline/?worker_id=W1&{DAY}")
    working = {"event_type": "working", "workstation_id": "S1"}
    idle = {"event_type": "idle", "workstation_id": "S1"}

    assert {
        "worker_id": "W1",
        "site": "default",
        "name": "W1",
        "window": {
            "from": "2026-01-15T09:00:00Z",
            "to": "2026-01-15T12:00:00Z",
            "time_zone": "UTC",
            "shift": None,
        },
        "kept_from": None,
        "spans": [
            {
                "start": "2026-01-15T10:00:00Z",
                "end": "2026-01-15T10:15:00Z",
                "state": "working",
                "workstation_id": "S1",
                "began_by": working | {"timestamp": "2026-01-15T10:00:00Z", "camera": "C1"},
                "ended_by": working | {"timestamp": "2026-01-15T10:15:00Z"},
                "basis": "observed",
                "unwatched_us": 0,
            },
            {
                "start": "2026-01-15T10:15:00Z",
                "end": "2026-01-15T10:40:00Z",
                "state": "working",
                "workstation_id": "S1",
                "began_by": working | {"timestamp": "2026-01-15T10:15:00Z", "camera": "C1"},
                "ended_by": idle | {"timestamp": "2026-01-15T10:40:00Z"},
                "basis": "observed",
                "unwatched_us": 0,
            },
            {
                "start": "2026-01-15T10:40:00Z",
                "end": "2026-01-15T10:45:00Z",
                "state": "idle",
                "workstation_id": "S1",
                "began_by": idle | {"timestamp": "2026-01-15T10:40:00Z", "camera": "C1"},
                "ended_by": None,
                "basis": "assumed",
                "unwatched_us": 0,
            },
        ],
        "totals": {
            "working_us": 40 * MINUTE,
            "idle_us": 5 * MINUTE,
            "absent_us": 0,
            "assumed_us": 5 * MINUTE,
            "unwatched_us": 0,
            "no_data_us": 135 * MINUTE,
        },
    } == {key: value for key, value in answer.json.items() if key not in {"hours", "days"}}
    assert [0, 40, 0] == [row["working_us"] // MINUTE for row in answer.json["hours"]]
    assert [(0, 3)] == [(row["absent_us"], row["units_produced"]) for row in answer.json["days"]]
    assert "2026-01-15T09:00:00Z" == answer.headers["Lineside-Window-From"]


async def test_what_a_window_cuts_is_still_explained(collector: RunningCollector) -> None:
    """By the event that began it before the window and the sighting that ended it after."""
    await collector.post(EVENTS)

    assert [("10:05:00", "10:10:00", "working", "S1", "observed", "working 10:15:00")] == await spans(
        collector, "worker_id=W1&from=2026-01-15T10:05:00Z&to=2026-01-15T10:10:00Z"
    )
    assert [("10:20:00", "10:25:00", "working", "S1", "observed", "product_count 10:30:00")] == await spans(
        collector, "worker_id=W1&from=2026-01-15T10:20:00Z&to=2026-01-15T10:25:00Z"
    )


async def test_a_watermark_stretches_the_last_span(collector: RunningCollector) -> None:
    """What was watched joins what was seen before; behind it comes the rest of the tail."""
    calls = [item("10:00", "W1", "working"), item("10:08", "W1", "idle"), item("10:09", "W1", "product_count")]
    await collector.post(envelope(calls, watermark="2026-01-15T10:11:00Z"))

    assert [
        ("10:00:00", "10:08:00", "working", "S1", "observed", "idle 10:08:00"),
        ("10:08:00", "10:11:00", "idle", "S1", "observed", ""),
        ("10:11:00", "10:13:00", "idle", "S1", "assumed", ""),
    ] == await spans(collector, "worker_id=W1")


async def test_a_long_silence_is_no_span(collector: RunningCollector) -> None:
    """A night is no data, but for the tail; what comes after it is of the same state."""
    night = [item("00:00", "W1", "working"), item("00:02", "W1", "product_count"), item("12:00", "W1", "product_count")]
    await collector.post([*night, item("12:30", "W1", "absent")])

    assert [
        ("00:00:00", "00:02:00", "working", "S1", "observed", "product_count 00:02:00"),
        ("00:02:00", "00:05:00", "working", "S1", "assumed", ""),
        ("12:00:00", "12:30:00", "working", "S1", "observed", "absent 12:30:00"),
        ("12:30:00", "12:35:00", "absent", "S1", "assumed", ""),
    ] == await spans(collector, "worker_id=W1")


@pytest.mark.parametrize("query", ["", DAY, "from=2026-01-15T10:07:00.000001Z&to=2026-01-15T10:21:30Z"])
async def test_the_totals_are_the_workers_metrics(collector: RunningCollector, query: str) -> None:
    """Of everybody, in every window."""
    await collector.post(envelope(EVENTS, watermark="2026-01-15T10:26:00Z"))
    for row in await collector.metrics("workers", f"?{query}"):
        answer = (await collector.get(f"/api/timeline/?worker_id={row['worker_id']}&{query}")).json
        totals = {name: row[f"{name}_minutes"] for name in ("working", "idle", "absent", "assumed", "no_data")}

        assert totals == {
            name: None if answer["totals"][f"{name}_us"] is None else round(answer["totals"][f"{name}_us"] / MINUTE, 2)
            for name in totals
        }


async def test_a_shift_has_a_timeline(tmp_path: Path) -> None:
    """By its name, with the names that people have."""
    async with running_collector(tmp_path, sites={"default": SHIFTS}) as collector:
        await collector.post(EVENTS)
        answer = await collector.get("/api/timeline/?worker_id=W1&shift=2026-01-15/morning")

        assert ("Zoë", 2) == (answer.json["name"], len(answer.json["spans"]))
        assert {
            "from": "2026-01-15T05:00:00Z",
            "to": "2026-01-15T13:00:00Z",
            "time_zone": "Europe/Berlin",
            "shift": "2026-01-15/morning",
        } == answer.json["window"]
        assert "2026-01-15/morning" == answer.headers["Lineside-Window-Shift"]


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("", 400, "worker_id: name the worker"),
        ("worker_id=W9", 404, "worker_id: there is no worker 'W9'"),
        ("worker_id=%00", 400, "worker_id: it holds the control character U+0000"),
        ("worker_id=%FF", 404, "worker_id: there is no worker"),
        ("worker_id=W1&site=nowhere", 400, "site: there is no site 'nowhere'"),
        ("worker_id=W1&worker_id=W2", 400, "worker_id: given more than once"),
        ("worker_id=W1&from=yesterday", 400, "from: it must look like"),
        ("worker_id=W1&shift=current", 400, "shift: site 'default' has no shifts"),
        ("worker=W1", 400, "worker: no such parameter here"),
    ],
)
async def test_a_mistaken_timeline_query_is_told(
    collector: RunningCollector, query: str, status: int, told: str
) -> None:
    """By the name of the parameter; a worker nobody has heard of is not found."""
    await collector.post(EVENTS)
    answer = await collector.get(f"/api/timeline/?{query}")

    assert status == answer.status, answer.text
    assert answer.json["error"].startswith(told)


async def test_a_worker_of_several_sites_needs_the_site(tmp_path: Path) -> None:
    """It is nobody's guess who is meant; one who was only named has an empty timeline."""
    cameras = {"C1": {"site": "north"}, "C2": {"site": "south"}}
    async with running_collector(tmp_path, cameras=cameras) as collector:
        await collector.post(envelope(EVENTS))
        await collector.post(envelope([item("11:00", "W1", "absent")], camera="C2"))
        either = await collector.get("/api/timeline/?worker_id=W1")

        assert (400, "site: worker 'W1' is known at north, south; name one") == (either.status, either.json["error"])
        assert ["absent"] == [span[2] for span in await spans(collector, "worker_id=W1&site=south")]
        assert ["working", "working"] == [span[2] for span in await spans(collector, "worker_id=W1&site=north")]
        assert 404 == (await collector.get("/api/timeline/?worker_id=W2&site=south")).status


async def test_more_spans_than_anybody_reads_are_refused(collector: RunningCollector) -> None:
    """A smaller window is told."""
    many = [
        item("10:00", "W1", "idle" if second % 2 else "working", timestamp=f"2026-01-14T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z")
        for second in range(10_002)
    ]  # fmt: skip
    await collector.post(many[:6_000])
    await collector.post(many[6_000:])
    whole = await collector.get("/api/timeline/?worker_id=W1")
    smaller = await spans(collector, "worker_id=W1&from=2026-01-14T00:00:02Z")

    assert (400, "from, to: more than 10,000 spans lie in this window; ask for a smaller one") == (
        whole.status,
        whole.json["error"],
    )
    assert 10_000 == len(smaller)


async def test_spans_are_a_file_too(collector: RunningCollector) -> None:
    """One line each, whole."""
    await collector.post(envelope(EVENTS))
    answer = await collector.get(f"/api/timeline.csv?worker_id=W1&{DAY}")
    lines = answer.text.splitlines()

    assert "worker_id,site,start,end,state,workstation_id,basis,began_by_timestamp" == ",".join(lines[0].split(",")[:8])
    assert "W1,default,2026-01-15T10:00:00Z,2026-01-15T10:15:00Z,working,S1,observed" in lines[1]
    assert 404 == (await collector.get("/api/timeline.csv?worker_id=W99")).status


async def test_hours_and_days_are_files_too(collector: RunningCollector) -> None:
    """They add up to the worker's row, and a window of which they are not told is refused, not answered with an empty file."""
    await collector.post(envelope(EVENTS))
    address = f"/api/timeline.csv?worker_id=W1&{DAY}"
    (worker,) = [row for row in (await collector.get(f"/api/metrics/workers/?{DAY}")).json if row["worker_id"] == "W1"]

    for of, number in (("hours", 3), ("days", 1)):
        rows = list(csv.DictReader(io.StringIO((await collector.get(f"{address}&of={of}")).text)))
        assert number == len(rows)
        for column in ("working_minutes", "idle_minutes", "absent_minutes", "no_data_minutes", "units_produced"):
            assert worker[column] == sum(float(row[column]) for row in rows)

    long = await collector.get(
        "/api/timeline.csv?worker_id=W1&from=2026-01-13T00:00:00Z&to=2026-01-16T00:00:00Z&of=hours"
    )
    assert 400 == long.status
    assert "of: hours are told of a window closed at both ends and of 49 hours at most" in long.json["error"]
    assert 400 == (await collector.get("/api/timeline.csv?worker_id=W1&of=days")).status
    assert "of: must be spans, hours or days" == (await collector.get(f"{address}&of=weeks")).json["error"]
