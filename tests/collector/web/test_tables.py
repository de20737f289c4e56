"""Tables as files, cameras, pages, and the manners of every answer."""

import asyncio
import csv
import io
from pathlib import Path
from typing import Any

import pytest

from collector.web import events_api
from shared.instants import MINUTE, SECOND, format_instant
from tests.collector.web.golden import EVENTS, FACTORY, WORKERS, WORKSTATIONS
from tests.support.collector import NOON_AFTER, RunningCollector, envelope, item, running_collector

TABLES: dict[str, list[dict[str, Any]]] = {"workers": WORKERS, "workstations": WORKSTATIONS, "factory": [FACTORY]}


def rows_of(text: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file by their heading."""
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("what", TABLES)
async def test_a_table_is_also_a_file(collector: RunningCollector, what: str) -> None:
    """The same rows, columns and order, to be saved under its name."""
    await collector.post(EVENTS)
    answer = await collector.get(f"/api/metrics/{what}.csv")

    assert ("text/csv; charset=utf-8", f'attachment; filename="{what}.csv"') == (
        answer.headers["Content-Type"],
        answer.headers["Content-Disposition"],
    )
    assert [
        {key: "" if value is None else str(value) for key, value in row.items()} for row in TABLES[what]
    ] == rows_of(answer.text)


async def test_who_was_at_a_workstation_is_a_table_that_adds_up_to_it(collector: RunningCollector) -> None:
    """Each with time and units there alone, whatever was done elsewhere; an id that nobody saw is no empty table."""
    moved = [item("10:35", "W1", "idle", workstation_id="S4"), item("10:40", "W1", "working", workstation_id="S4")]
    made = [item("10:45", "W1", "product_count", workstation_id="S4", count=2), item("10:46", "W1", "absent")]
    await collector.post([*EVENTS, *moved, *made])
    answer = await collector.get("/api/metrics/workers/?workstation_id=S4")
    stations = (await collector.get("/api/metrics/workstations/")).json
    (station,) = [row for row in stations if row["station_id"] == "S4"]

    columns = ("worker_id", "working_minutes", "idle_us", "assumed_minutes", "no_data_minutes", "units_produced")
    assert [("W1", 6.0, 5 * MINUTE, 0.0, None, 2), ("W4", 5.0, 0, 5.0, None, 0)] == [
        tuple(row[column] for column in columns) for row in answer.json
    ]
    assert (11.0, 2) == (station["occupancy_minutes"], station["units_produced"])
    file = rows_of((await collector.get("/api/metrics/workers.csv?workstation_id=S4")).text)
    assert [str(row["working_minutes"]) for row in answer.json] == [row["working_minutes"] for row in file]
    assert 404 == (await collector.get("/api/metrics/workers/?workstation_id=S99")).status


@pytest.mark.parametrize("query", ["", "?site=default&worker_id=W1"])
async def test_a_file_of_no_events_is_its_heading(collector: RunningCollector, query: str) -> None:
    """It is whole, and no error."""
    answer = await collector.get(f"/api/events.csv{query}")

    assert (200, 1) == (answer.status, len(answer.text.splitlines()))
    assert answer.text.startswith("site,timestamp,")


async def test_events_as_a_file_are_never_cut(collector: RunningCollector, monkeypatch: pytest.MonkeyPatch) -> None:
    """Piece after piece; conflicts are counted."""
    monkeypatch.setattr(events_api, "EVENTS_A_PIECE", 3)
    await collector.post([*EVENTS, EVENTS[2] | {"count": 4}])
    answer = await collector.get("/api/events.csv")
    rows = rows_of(answer.text)

    assert (200, 8) == (answer.status, len(rows))
    assert [event["timestamp"] for event in await collector.stored()] == [row["timestamp"] for row in rows]
    assert ["1"] == [row["conflicts"] for row in rows if row["worker_id"] == "W3"]


async def test_an_id_is_no_formula_in_a_spreadsheet(collector: RunningCollector) -> None:
    """Camera software is not trusted with the accountant's computer."""
    await collector.post(item("10:00", "=HYPERLINK()", "working", workstation_id="@SUM(A1)"))
    texts = [(await collector.get(f"/api/{path}.csv")).text for path in ("metrics/workers", "events")]

    assert all("'=HYPERLINK()" in text and ",=" not in text for text in texts)
    assert "'@SUM(A1)" in texts[1]


@pytest.mark.parametrize(
    "path",
    [
        "/api/events.csv",
        "/api/cameras.csv",
        "/api/metrics/workers.csv",
        "/api/metrics/workers/",
        "/api/metrics/workers",
        "/api/events",
        "/api/cameras",
        "/healthz",
        "/",
        "/dashboard/",
    ],
)
async def test_head_is_get_without_the_body(collector: RunningCollector, path: str) -> None:
    """Nothing follows the head, so the next answer on the connection is not garbled."""
    await collector.post(EVENTS)
    answers = [await collector.ask(method, path) for method in ("GET", "HEAD", "HEAD", "GET")]
    get, head = answers[:2]

    assert [get.status] * 4 == [answer.status for answer in answers]
    assert [b"", b"", get.content] == [answer.content for answer in answers[1:]]
    assert get.headers["Content-Type"] == head.headers["Content-Type"]


async def test_nothing_follows_the_head_of_a_streamed_file(collector: RunningCollector) -> None:
    """Seen on the bare connection, where a client would hide it."""
    await collector.post(EVENTS)
    host, port = collector.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"HEAD /api/events.csv HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "path", ["/api/events.csv", "/api/events/", "/api/metrics/x.csv", "/", "/dashboard/", "/nothing"]
)
async def test_every_answer_has_manners(collector: RunningCollector, path: str) -> None:
    """Its type is meant, no frame may hold it, no cache may keep personal data."""
    headers = (await collector.get(path)).headers

    assert ("nosniff", "same-origin") == (headers["X-Content-Type-Options"], headers["Referrer-Policy"])
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] in {"no-store", "no-cache"}


@pytest.mark.parametrize("path", ["/", "/api/Dashboard/", "/api/Dashboard", "/dashboard"])
async def test_old_and_short_addresses_lead_to_the_dashboard(collector: RunningCollector, path: str) -> None:
    """With their query."""
    answers = [await collector.get(path), await collector.get(f"{path}?site=a%26b")]

    assert [(302, "/dashboard/"), (302, "/dashboard/?site=a%26b")] == [
        (answer.status, answer.headers["Location"]) for answer in answers
    ]


async def test_an_unchanged_page_is_not_sent_again(collector: RunningCollector) -> None:
    """It carries its mark, and may load nothing but its own parts."""
    first = await collector.get("/dashboard/")
    again = await collector.ask("GET", "/dashboard/", headers={"If-None-Match": first.headers["ETag"]})

    assert (200, 304, b"") == (first.status, again.status, again.content)
    assert "default-src 'none'; script-src 'self'" in first.headers["Content-Security-Policy"]
    assert "text/html; charset=utf-8" == first.headers["Content-Type"]


@pytest.mark.parametrize(
    "path", ["/dashboard/", "/dashboard/style.css", "/dashboard/workers/W%2F1", "/dashboard/stations"]
)
async def test_a_page_is_sent_compressed_to_whoever_takes_it(collector: RunningCollector, path: str) -> None:
    """A third of its size; the same to everybody else, plain."""
    plain, packed = [
        await collector.ask("GET", path, headers={"Accept-Encoding": coding}) for coding in ("identity", "gzip")
    ]

    assert (None, "gzip") == (plain.headers.get("Content-Encoding"), packed.headers["Content-Encoding"])
    assert plain.content == packed.content
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 2


async def test_health_is_a_question_to_the_store(collector: RunningCollector) -> None:
    """It is answered with the version."""
    answer = await collector.get("/healthz")

    assert (200, "ok") == (answer.status, answer.json["status"])
    assert answer.json["version"]


async def cameras_of(collector: RunningCollector) -> dict[str, dict[str, Any]]:
    """Return the cameras by name."""
    return {row["camera"]: row for row in (await collector.get("/api/cameras/")).json}


async def test_a_camera_tells_how_it_is(collector: RunningCollector) -> None:
    """Every figure of a row, from its last call."""
    await collector.post(
        envelope(
            [EVENTS[0]],
            sent_at=format_instant(NOON_AFTER - 1_500_000),
            watermark=format_instant(NOON_AFTER - MINUTE),
            pending=2,
            oldest_pending_at="2026-01-15T09:00:00Z",
            seqs=[[5, 5]],
            last_seq=9,
        )
    )

    assert {
        "C1": {
            "camera": "C1",
            "site": "default",
            "state": "Late",
            "watermark": "2026-01-16T11:59:00Z",
            "last_contact_at": "2026-01-16T12:00:00Z",
            "pending": 2,
            "oldest_pending_at": "2026-01-15T09:00:00Z",
            "clock_offset_seconds": -1.5,
            "missing": 6,
            "version": "0.1.0",
        }
    } == await cameras_of(collector)


async def test_a_silent_camera_goes_late_then_down_and_up_again(collector: RunningCollector) -> None:
    """By the collector's clock, and a call brings it back."""
    states: list[str] = []
    for seconds in (0, 45, 1, 253, 1):
        if not states:
            await collector.post(envelope(watermark=format_instant(NOON_AFTER)))
        collector.clock.advance(seconds)
        states.append((await cameras_of(collector))["C1"]["state"])
    await collector.post(envelope(watermark=format_instant(collector.clock.now())))

    assert ["Up", "Up", "Late", "Late", "Down"] == states
    assert "Up" == (await cameras_of(collector))["C1"]["state"]


async def test_a_replay_does_not_make_a_camera_look_alive(collector: RunningCollector) -> None:
    """It brings events and numbers, and says nothing of contact, backlog or watermark."""
    await collector.post(envelope(watermark=format_instant(NOON_AFTER)))
    collector.clock.advance(600)
    replayed = envelope(
        [EVENTS[0]], version="0.1.0+replay", watermark=format_instant(NOON_AFTER + 600 * SECOND), pending=5
    )
    answer = await collector.post(replayed)
    camera = (await cameras_of(collector))["C1"]

    assert (200, "b1") == (answer.status, answer.json["receipt"]["batch"])
    assert ("Down", "2026-01-16T12:00:00Z", "2026-01-16T12:00:00Z", 0) == (
        camera["state"],
        camera["last_contact_at"],
        camera["watermark"],
        camera["pending"],
    )


async def test_a_camera_that_is_expected_is_new(tmp_path: Path) -> None:
    """It stands in the settings and has never called; a file of cameras shows it too, in its place."""
    async with running_collector(tmp_path, cameras={"B": {"site": "a"}, "A": {}, "C": {}}) as collector:
        await collector.post(envelope(camera="C"))
        rows = await cameras_of(collector)
        of_site = (await collector.get("/api/cameras/?site=a")).json
        file = rows_of((await collector.get("/api/cameras.csv")).text)

        assert [("B", "a", "New"), ("A", "default", "New"), ("C", "default", "Late")] == [
            (row["camera"], row["site"], row["state"]) for row in rows.values()
        ]
        assert (None, None, None, 0) == (
            rows["A"]["watermark"],
            rows["A"]["last_contact_at"],
            rows["A"]["clock_offset_seconds"],
            rows["A"]["missing"],
        )
        assert (["B"], ["B", "A", "C"]) == ([row["camera"] for row in of_site], [row["camera"] for row in file])
        assert 400 == (await collector.get("/api/cameras/?site=nowhere")).status


async def test_the_greatest_numbers_of_an_agent_break_no_route(collector: RunningCollector) -> None:
    """An agent that counts wild spoils its own row at most."""
    greatest = 2**53 - 1
    for epoch in range(4):
        skipped = [[0, greatest, "lost"]] if epoch % 2 else []
        await collector.post(envelope(epoch=f"e{epoch}", last_seq=greatest, skipped=skipped, pending=0))
    statuses = [(await collector.get(path)).status for path in ("/api/cameras/", "/api/metrics/workers/")]
    (camera,) = (await collector.get("/api/cameras/")).json

    assert ([200, 200], int) == (statuses, type(camera["missing"]))
