"""`/api/floor/`: all that the page shows in one request, and not sent again while nothing changes.

Nothing may hide behind a 304: neither a new event or name, nor the passing of time that makes a camera late.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from shared.instants import MINUTE, SECOND
from tests.collector.web.golden import EVENTS
from tests.support.collector import Answer, RunningCollector, at, envelope, item, running_collector

GOLDEN_HOUR = "from=2026-01-15T10:00:00Z&to=2026-01-15T11:00:00Z"
SHIFTS: dict[str, Any] = {
    "time_zone": "Europe/Berlin",
    "shifts": [
        {"name": "morning", "start": "06:00", "end": "14:00"},
        {"name": "late", "start": "14:00", "end": "22:00"},
    ],
    "workers": {"W1": "Zoë"},
    "workstations": {"S1": "Press"},
}


async def again(collector: RunningCollector, before: Answer, path: str) -> Answer:
    """Return the answer to a page that shows what was answered before."""
    return await collector.ask("GET", path, headers={"If-None-Match": before.headers["ETag"]})


async def test_a_floor_has_the_numbers_of_the_metrics(collector: RunningCollector) -> None:
    """In microseconds and by the same names, of workers, workstations, factory and hours."""
    await collector.post(EVENTS)
    floor = (await collector.get(f"/api/floor/?{GOLDEN_HOUR}")).json
    shown = {
        "workers": await collector.metrics("workers", f"?{GOLDEN_HOUR}"),
        "workstations": await collector.metrics("workstations", f"?{GOLDEN_HOUR}"),
        "hours": await collector.metrics("hours", f"?{GOLDEN_HOUR}"),
        "factory": [await collector.metrics("factory", f"?{GOLDEN_HOUR}")],
    }
    for what, rows in shown.items():
        exact = [floor[what]] if what == "factory" else floor[what]

        assert [
            {key.replace("_minutes", "_us"): value * MINUTE if key.endswith("_minutes") else value for key, value in row.items()}
            for row in rows
        ] == [{key: row[key] for key in (name.replace("_minutes", "_us") for name in rows[0])} for row in exact]  # fmt: skip
    assert 15 * MINUTE == floor["factory"]["total_assumed_us"]
    assert (None, 0, True, []) == (
        floor["at_work_now"], floor["workers_left_out"], floor["has_timelines"], floor["warnings"],
    )  # fmt: skip


async def test_a_shift_that_goes_on_ends_now(tmp_path: Path) -> None:
    """Without a question it is the current one; names, states and lines are those of this moment."""
    async with running_collector(tmp_path, sites={"default": SHIFTS}) as collector:
        collector.clock.set(at("08:00"))
        seen = [
            item("05:00", "W1", "absent"),
            item("06:00", "W1", "working"),
            item("07:00", "W1", "product_count", count=4),
            item("07:59", "W2", "idle"),
        ]
        await collector.post(envelope(seen, watermark="2026-01-15T07:59:50Z"))
        answer = await collector.get("/api/floor/")
        floor = answer.json
        first, second = floor["workers"]

        assert {
            "from": "2026-01-15T05:00:00Z",
            "to": "2026-01-15T13:00:00Z",
            "until": "2026-01-15T08:00:00Z",
            "time_zone": "Europe/Berlin",
            "shift": "2026-01-15/morning",
            "previous": {"shift": "2026-01-14/late"},
            "next": None,
            "live": True,
        } == floor["window"]
        assert {"working": 1, "idle": 1, "late": 0, "seen": 2} == floor["at_work_now"]
        assert [{"site": "default", "time_zone": "Europe/Berlin", "shifts": ["morning", "late"]}] == floor["sites"]
        assert [("working", "2026-01-15T06:00:00Z", 1), ("idle", "2026-01-15T07:59:00Z", 1)] == [
            (row["state"], row["state_since"], row["workers_now"]) for row in floor["workstations"]
        ]
        assert ("Zoë", "working", "2026-01-15T06:00:00Z", "S1") == (
            first["name"], first["state"], first["state_since"], first["workstation_id"],
        )  # fmt: skip
        assert ("W2", "idle", 50 * SECOND, 10 * SECOND) == (
            second["name"], second["state"], second["idle_us"] - second["assumed_us"], second["assumed_us"],
        )  # fmt: skip
        assert (60 * MINUTE, 120 * MINUTE - 10 * SECOND, 10 * SECOND) == (
            first["absent_us"], first["working_us"], first["no_data_us"],
        )  # fmt: skip
        assert [[0, 3_600, "a", 0, 0], [3_600, 7_190, "w", 0, 0]] == first["timeline"]
        assert [[10_740, 50, "i", 1, 0]] == second["timeline"]  # not behind the watermark, whatever the numbers assume
        assert ["Press", "S2"] == floor["stations"] == [row["name"] for row in floor["workstations"]]
        assert ["05", "06", "07"] == [row["from"][11:13] for row in floor["hours"]]
        assert "2026-01-15/morning" == answer.headers["Lineside-Window-Shift"]


async def test_a_floor_says_how_complete_it_is(tmp_path: Path) -> None:
    """Up to where everything is there, and whose fault it is if that is not now."""
    cameras = {"C1": {"site": "north"}, "C2": {"site": "north"}, "C3": {"site": "south"}, "C4": {"site": "north"}}
    async with running_collector(tmp_path, cameras=cameras) as collector:
        collector.clock.set(at("10:00"))
        await collector.post(envelope([item("09:00", "W1", "working")], watermark="2026-01-15T09:59:55Z"))
        await collector.post(
            envelope(
                camera="C2", watermark="2026-01-15T08:30:00Z", pending=12, oldest_pending_at="2026-01-15T08:30:01Z"
            )
        )
        await collector.post(envelope(camera="C3", watermark="2026-01-15T07:00:00Z"))
        north = (await collector.get("/api/floor/?site=north")).json["completeness"]
        both = (await collector.get("/api/floor/")).json["completeness"]

        assert {
            "complete_through": "2026-01-15T08:30:00Z",
            "up_through": "2026-01-15T09:59:55Z",
            "reached": "2026-01-15T09:59:55Z",
            "is_silent": False,
            "is_current": False,
            "cameras": 2,
            "behind": [
                {
                    "camera": "C2",
                    "site": "north",
                    "state": "Late",
                    "watermark": "2026-01-15T08:30:00Z",
                    "last_contact_at": "2026-01-15T10:00:00Z",
                    "pending": 12,
                    "oldest_pending_at": "2026-01-15T08:30:01Z",
                }
            ],
            "behind_left_out": 0,
            "missing": 0,
            "lacking": [],
            "lacking_left_out": 0,
            "never_called": 1,
        } == north
        await collector.post(envelope(camera="C2", watermark="2026-01-15T09:59:59Z", last_seq=3))
        lacks = (await collector.get("/api/floor/?site=north")).json["completeness"]
        assert (False, [], 3) == (lacks["is_current"], lacks["behind"], lacks["missing"])
        assert [{"camera": "C2", "site": "north", "missing": 3}] == lacks["lacking"]
        assert ("2026-01-15T07:00:00Z", ["C2", "C3"]) == (
            both["complete_through"],
            [behind["camera"] for behind in both["behind"]],
        )


@pytest.mark.parametrize("query", ["", f"?{GOLDEN_HOUR}"], ids=["live", "past"])
async def test_what_has_not_changed_is_not_sent_again(collector: RunningCollector, query: str) -> None:
    """But every write is, whatever it changes."""
    path = f"/api/floor/{query}"
    await collector.post(EVENTS)
    before = await collector.get(path)
    same = await again(collector, before, path)

    assert (304, b"", before.headers["ETag"]) == (same.status, same.content, same.headers["ETag"])
    assert "no-store" == same.headers["Cache-Control"] == before.headers["Cache-Control"]  # it is about persons
    for body in ([item("10:40", "W1", "absent")], envelope(camera="C9")):
        await collector.post(body)
        changed = await again(collector, before, path)

        assert 200 == changed.status
        assert before.headers["ETag"] != changed.headers["ETag"]
        before = changed


async def test_a_live_page_moves_every_fifteen_seconds(collector: RunningCollector) -> None:
    """Not sooner: many look at it, and it costs one."""
    collector.clock.set(at("12:00"))
    await collector.post(EVENTS)
    before = await collector.get("/api/floor/")
    found = []
    for _ in range(6):
        collector.clock.advance(5)
        found.append((await again(collector, before, "/api/floor/")).status)
        before = await collector.get("/api/floor/")

    assert [304, 304, 200, 304, 304, 200] == found


async def test_a_camera_that_falls_silent_changes_the_page(collector: RunningCollector) -> None:
    """Nothing arrives and the window is long over; only time passes."""
    path = f"/api/floor/?{GOLDEN_HOUR}"
    collector.clock.set(at("12:00"))
    await collector.post(envelope(EVENTS, watermark="2026-01-15T12:00:00Z"))
    page = await collector.get(path)
    changes: list[tuple[int, bool, list[str]]] = [(0, page.json["completeness"]["is_current"], [])]
    for seconds in range(5, 600, 5):
        collector.clock.advance(5)
        answer = await again(collector, page, path)
        if answer.status == 200:
            page = answer
            judged = answer.json["completeness"]
            changes.append((seconds, judged["is_current"], [behind["state"] for behind in judged["behind"]]))

    assert [(0, True, []), (50, False, ["Late"]), (300, False, ["Down"])] == changes


async def test_a_site_is_looked_at_alone(tmp_path: Path) -> None:
    """What happens at another one makes no difference to its numbers."""
    cameras = {"C1": {"site": "north"}, "C2": {"site": "south"}}
    async with running_collector(tmp_path, cameras=cameras, sites={"west": {}}) as collector:
        await collector.post(envelope(EVENTS))
        await collector.post(envelope(EVENTS[:1], camera="C2", watermark="2026-01-15T10:05:00Z"))
        floors = {
            site: (await collector.get(f"/api/floor/?site={site}&{GOLDEN_HOUR}")).json
            for site in ("north", "south", "west", "default")
        }
        whole = (await collector.get(f"/api/floor/?{GOLDEN_HOUR}")).json

        assert [6, 1, 0, 0] == [len(floor["workers"]) for floor in floors.values()]
        assert 7 == len(whole["workers"])
        assert [[0, 900, "w", 0, 0]] != whole["workers"][6]["timeline"]
        assert (
            6
            == whole["workers"][6]["timeline"][0][3]
            == whole["workstations"].index(next(row for row in whole["workstations"] if row["site"] == "south"))
        )


@pytest.mark.parametrize(
    ("accepts", "encoding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("*", "gzip"),
        ("gzip;q=0.5", "gzip"),
        ("identity", None),
        ("gzip;q=0", None),
        ("*, gzip; q=0.0", None),
        ("br", None),
    ],
)
async def test_a_floor_is_compressed_for_who_can_unpack_it(
    collector: RunningCollector, accepts: str, encoding: str | None
) -> None:
    """It is the same page."""
    await collector.post(EVENTS)
    path = f"/api/floor/?{GOLDEN_HOUR}"
    plain = await collector.ask("GET", path, headers={"Accept-Encoding": "identity"})
    answer = await collector.ask("GET", path, headers={"Accept-Encoding": accepts})

    assert encoding == answer.headers.get("Content-Encoding")
    assert "Accept-Encoding" == answer.headers["Vary"]
    assert plain.content == answer.content  # the client has unpacked it
    assert len(gzip.compress(plain.content, 1)) == int(answer.headers["Content-Length"]) or encoding is None


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("from=yesterday", "from: "),
        ("from=2026-01-15T10:00:00Z&to=2026-01-15T10:00:00Z", "from must lie before to"),
        ("site=nowhere", "site: there is no site 'nowhere'"),
        ("shift=current", "shift: site 'default' has no shifts"),
        ("shift=current&from=2026-01-15T10:00:00Z", "shift: it excludes"),
        ("worker_id=W1", "worker_id: no such parameter here"),
        ("site=a&site=b", "site: given more than once"),
    ],
)
async def test_a_mistaken_floor_query_is_told(collector: RunningCollector, query: str, told: str) -> None:
    """As everywhere."""
    await collector.post(EVENTS)
    answer = await collector.get(f"/api/floor/?{query}")

    assert 400 == answer.status, answer.text
    assert answer.json["error"].startswith(told)


@pytest.mark.parametrize("query", ["", "?from=2030-01-01T00:00:00Z", "?from=9999-12-31T23:59:59.999999Z", "?to=1970-01-01T00:00:00Z"])  # fmt: skip
async def test_where_nothing_is_the_floor_is_empty(collector: RunningCollector, query: str) -> None:
    """Before the first event, and before or after all of them."""
    empty = (await collector.get(f"/api/floor/{query}")).json
    await collector.post(EVENTS)
    unseen = (await collector.get(f"/api/floor/{query or '?from=2030-01-01T00:00:00Z'}")).json

    assert ([], [], 0) == (empty["workers"], empty["workstations"], empty["factory"]["active_workers"])
    assert (6, 0, []) == (
        len(unseen["workers"]), unseen["factory"]["total_units_produced"], unseen["workers"][0]["timeline"],
    )  # fmt: skip


async def test_a_floor_is_written_without_a_space(collector: RunningCollector) -> None:
    """It is read by a page, over a slow network."""
    await collector.post(EVENTS)
    answer = await collector.get(f"/api/floor/?{GOLDEN_HOUR}")

    assert json.dumps(answer.json, separators=(",", ":"), ensure_ascii=False).encode() == answer.content
