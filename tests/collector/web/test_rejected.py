"""`/api/rejected/`: what was not stored as an event, and why."""

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from collector.cli import main
from tests.support.collector import RunningCollector, at, envelope, item

NEGATIVE = item("10:00", "W1", "product_count", count=-1)
EMPTY = item("10:00", "W1", "idle", worker_id=" ")
NOON = "2026-01-16T12:00:00Z"


def row(code: str, text: str, *, camera: str | None = None) -> dict[str, str | None]:
    """Return what is shown of a rejected item, but for the reason in words."""
    return {"received_at": NOON, "site": "default", "camera": camera, "code": code, "item": text}


async def test_rejected_items_are_listed_newest_first(collector: RunningCollector) -> None:
    """With what came, from which camera, when and why; good neighbours are not among them."""
    await collector.post([item("10:00", "W1", "working"), NEGATIVE])
    await collector.post(envelope([EMPTY], camera="C1"))
    listed = (await collector.get("/api/rejected/")).json
    reasons = [one.pop("error") for one in listed]

    expected = [row("bad_id", json.dumps(EMPTY), camera="C1"), row("out_of_range", json.dumps(NEGATIVE))]
    assert expected == listed
    assert all(reasons)
    assert ["bad_id"] == [one["code"] for one in (await collector.get("/api/rejected/?limit=1&site=default")).json]


async def test_rejected_items_are_a_file_too(collector: RunningCollector) -> None:
    """The same rows; what a spreadsheet would run as a formula is harmless."""
    await collector.post(["=1+1"])
    answer = await collector.get("/api/rejected.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))

    assert [("not_an_event", '"\'=1+1"')] == [(one["code"], one["item"]) for one in rows]


async def test_rejected_items_of_a_stretch_are_those_received_in_it(collector: RunningCollector) -> None:
    """As many as the floor counts, whatever time stands in them; in the file, too."""
    for clock_time in ("09:00", "10:00", "11:00"):
        collector.clock.set(at(clock_time))
        await collector.post([NEGATIVE | {"worker_id": clock_time}])
    query = "from=2026-01-15T10:00:00Z&to=2026-01-15T11:00:00Z"
    listed = (await collector.get(f"/api/rejected/?{query}")).json
    file = list(csv.DictReader(io.StringIO((await collector.get(f"/api/rejected.csv?{query}")).text)))
    later = (await collector.get("/api/rejected/?from=2026-01-15T10:00:00Z")).json

    assert ["2026-01-15T10:00:00Z"] == [one["received_at"] for one in listed] == [one["received_at"] for one in file]
    assert len(listed) == (await collector.get(f"/api/floor/?{query}")).json["rejected"]
    assert ["11:00", "10:00"] == [json.loads(one["item"])["worker_id"] for one in later]


@pytest.mark.parametrize("query", ["limit=0", "limit=10001", "limit=x", "limt=1", "site=nowhere", "from=x", "to=1"])
async def test_a_wrong_question_is_refused(collector: RunningCollector, query: str) -> None:
    """Named by its parameter."""
    refused = await collector.get(f"/api/rejected/?{query}")

    assert 400 == refused.status
    assert query.partition("=")[0] in refused.json["error"]


def test_a_line_that_is_not_json_is_kept_as_it_was(tmp_path: Path) -> None:
    """Its text, bytes that are no UTF-8 as escapes, cut; the command lists it on one line of its own."""
    lines = [b"{broken", b"\xff\xfe \x1b[2J", ("x" * 9_000).encode(), json.dumps(NEGATIVE).encode()]
    file = tmp_path / "lines.ndjson"
    file.write_bytes(b"\n".join(lines))
    database = str(tmp_path / "collector.db")
    imported = CliRunner().invoke(main, ["import", str(file), "--database", database])
    listed = CliRunner().invoke(main, ["rejected", "--database", database])
    newest = CliRunner().invoke(main, ["rejected", "--limit", "1", "--database", database])

    assert (3, 0) == (imported.exit_code, listed.exit_code)
    assert [json.dumps(NEGATIVE), "x" * 2_000, "\\xff\\xfe \x1b[2J", "{broken"] == [
        json.loads(line)["item"] for line in listed.stdout.splitlines()
    ]
    assert "\x1b" not in listed.stdout
    assert listed.stdout.splitlines()[:1] == newest.stdout.splitlines()
