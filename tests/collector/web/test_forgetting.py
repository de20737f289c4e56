"""A person is erased: gone for good, whatever is sent again, while what was done stays counted."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest

from collector.control import Door, service_door, socket_of
from collector.records import NewName
from collector.storage.backups import back_up
from collector.storage.named_in_items import WITHHELD
from shared.errors import BadRequest, NotFound
from tests.support.collector import RunningCollector, envelope, item, running_collector
from tests.support.stores import audited

ID = "Zoë-Ågren-4711"
DAY = [
    item("10:00", ID, "working", workstation_id="S1"),
    item("10:20", "W2", "working", workstation_id="S1"),
    item("10:40", ID, "idle", workstation_id="S2"),
    item("10:45", ID, "product_count", workstation_id="S1", count=7),
    item("11:10", ID, "working", workstation_id="S1"),
    item("11:30", "W2", "absent", workstation_id="S1"),
]
"""The last state of the person is open: 48 minutes that the camera watched."""
REFUSED: list[object] = [
    item("10:00", ID, "working") | {"timestamp": "2026-01-17T12:00:00Z"},
    item("10:00", ID, "working", count="3"),
    item("10:00", ID, "working", confidence=7),
    item("10:00", ID, "sleeping"),
    item("10:00", ID, "working") | {"timestamp": "yesterday"},
    item("10:00", f"{ID}\x01", "working"),
    item("10:00", ID * 9, "working"),
    item("10:00", f" {ID} ", "working", count=-1),
    item("10:00", "W2", "working", count=-1) | {"workstation_id": ID},
    item("10:00", "W2", "working", count=-1) | {"operator": ID},
    item("10:00", "W2", "working") | {"worker_id": [ID]},
    item("10:00", "W2", "working") | {"worker_id": {"id": ID}},
    {"worker": ID},
    {ID: 1},
    [ID],
    ID,
    {"event": json.dumps({"worker_id": ID})},
    {"worker_id": ID, "x": "y" * 3_000},
]
"""Every way in which an item of the person may be no event."""
REFUSED_OF_ANOTHER = item("10:00", "W2", "working", count=-1)
LINES = f'{{"worker_id": "{ID}", \n{ID}\nnot JSON, {ID};\n'.encode() + f'{{"worker_id": "{ID}"}}'.encode("utf-16-le")
QUERIES = [
    "?from=2026-01-15T10:00:00Z&to=2026-01-15T11:00:00Z",
    "?from=2026-01-15T11:00:00Z&to=2026-01-15T12:00:00Z",
    "?from=2026-01-15T09:00:00Z&to=2026-01-15T14:00:00Z",
    "",
]
TOTALS = ("total_productive_minutes", "total_idle_minutes", "total_absent_minutes", "total_units_produced")


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningCollector]:
    """Return a collector that has seen the person, has a name, a conflict and a refused item of the person."""
    async with running_collector(tmp_path) as collector:
        await collector.post(envelope(DAY, watermark="2026-01-15T11:58:00Z"))
        await collector.post([DAY[0] | {"count": 3}, DAY[0] | {"count": "3"}])
        await collector.post_bytes(json.dumps([{"worker_id": ID, "x": "y" * 3_000}]).encode())
        yield collector


async def erase(running: RunningCollector, worker_id: str = ID, *, site: str | None = None) -> dict[str, object]:
    """Erase somebody as the command does beside the service."""
    async with service_door(socket_of(running.settings.database_file())) as door:
        return await forgotten(door, worker_id, site=site)


async def forgotten(door: Door, worker_id: str, *, site: str | None) -> dict[str, object]:
    """Erase somebody through a door."""
    return await door.forget(worker_id, site=site)


async def numbers(running: RunningCollector) -> list[bytes]:
    """Return what must not change: workstations and hours of whole-hour windows, and the sums over workers."""
    found = []
    for query in QUERIES:
        found.append((await running.get(f"/api/metrics/workstations/{query}")).content)
        if "to=" in query:
            found.append((await running.get(f"/api/metrics/workstations.csv{query}&include=occupied")).content)
        found.append((await running.get(f"/api/metrics/hours/{query}")).content)
        factory = await running.metrics("factory", query)
        found.append(json.dumps([factory[key] for key in TOTALS]).encode())
    return found


def files_with(folder: Path, worker_id: str) -> list[str]:
    """Return the names of the files that hold an id, plain or as JSON escapes it."""
    forms = (worker_id.encode(), json.dumps(worker_id)[1:-1].encode(), worker_id.encode("utf-16-le"))
    return sorted(
        file.name for file in folder.iterdir() if file.is_file() and any(form in file.read_bytes() for form in forms)
    )


async def test_workstations_and_sums_say_what_they_said(running: RunningCollector) -> None:
    """Byte by byte, for every window of whole hours; so do the numbers of everybody else."""
    before = await numbers(running)
    others = [row for row in await running.metrics("workers", QUERIES[0]) if row["worker_id"] != ID]
    went = await erase(running)

    assert before == await numbers(running)
    assert others == await running.metrics("workers", QUERIES[0])
    assert {"site": "default", "events": 4, "conflicts": 1, "hours": 3, "refused": 2} == went


async def test_nothing_of_an_erased_person_is_told_of_a_part_of_an_hour(running: RunningCollector) -> None:
    """Nobody knows which part of the hour it was: units, occupancy and occupied time are those of the others."""
    await erase(running)
    query = "?from=2026-01-15T10:00:00Z&to=2026-01-15T11:15:00Z&include=occupied"
    (first, second) = await running.metrics("workstations", query)
    (whole, _) = await running.metrics("workstations", query.replace("11:15", "11:00"))

    # W2 works from 10:20 on; the person did until 10:40, and in what is cut, from 11:10.
    assert (40.0 + 40.0, 60.0, 7) == (whole["occupancy_minutes"], whole["occupied_minutes"], whole["units_produced"])
    assert (80.0 + 15.0, 75.0, 7) == (first["occupancy_minutes"], first["occupied_minutes"], first["units_produced"])
    assert 0.0 == second["occupancy_minutes"]


async def test_the_person_is_in_no_list_and_in_no_mean(running: RunningCollector) -> None:
    """Nowhere is an id, a name or an event of the person left."""
    await erase(running)
    factory = await running.metrics("factory", QUERIES[2])
    paths = ("metrics/workers/", "metrics/workers.csv", "events/", "rejected/", "floor/", "events.csv")
    told = [(await running.get(f"/api/{path}")).text for path in paths]
    timeline = await running.get(f"/api/timeline/?worker_id={quote(ID)}")

    assert (100.0, 1) == (factory["average_utilization_percent"], factory["active_workers"])
    assert [] == [text for text in told if ID in text or json.dumps(ID)[1:-1] in text]
    assert 404 == timeline.status
    assert [] == audited(running.settings.database_file()).differences


async def test_a_replay_brings_nobody_back(running: RunningCollector) -> None:
    """Each event of the person is refused, those of others are not; nothing of it is kept."""
    await erase(running)
    before = await numbers(running)
    again = (await running.post(envelope(DAY, batch="b2"))).json
    single = await running.post(DAY[0])

    assert (0, 2, 4) == (again["accepted"], again["duplicates"], again["rejected"])
    assert {"forgotten"} == {result.get("code", "forgotten") for result in again["results"]}
    assert (400, "forgotten") == (single.status, single.json["code"])
    assert before == await numbers(running)
    assert [] == (await running.get("/api/rejected/")).json


async def test_refused_items_of_an_erased_person_do_not_come_back(running: RunningCollector) -> None:
    """Whatever the verdict: nothing is kept where the id is told, and no text where nobody can tell; others keep theirs."""
    await erase(running)
    answer = (await running.post([*REFUSED, REFUSED_OF_ANOTHER])).json
    kept = (await running.get("/api/rejected/")).json

    assert len(REFUSED) + 1 == answer["rejected"]
    assert [json.dumps(REFUSED_OF_ANOTHER)] == [each["item"] for each in kept if each["item"] != WITHHELD]
    assert 11 == len([each for each in kept if each["item"] == WITHHELD])


async def test_erasing_can_be_repeated(running: RunningCollector) -> None:
    """It takes what came since, and says so; of whom only refused items tell is erased by them."""
    first = await erase(running)
    again = await erase(running, site="default")
    await running.post([item("10:00", "W9", "working", count=-1), item("10:00", "W8", "sleeping")])
    seen = await erase(running, "W9")
    told = (await running.get("/api/rejected/")).text
    refused = (await running.post(item("10:00", "W9", "working"))).json["code"]

    assert (4, 0) == (first["events"], again["events"])
    assert {"site": "default", "events": 0, "conflicts": 0, "hours": 0, "refused": 1} == seen
    assert (False, True, "forgotten") == ("W9" in told, "W8" in told, refused)


async def test_no_byte_of_the_id_is_left(running: RunningCollector, tmp_path: Path) -> None:
    """Neither in the database nor in its log, nor in a backup taken from then on."""
    seen_before = files_with(tmp_path, ID)
    await erase(running)
    await running.post(DAY)
    for item_of_any_kind in REFUSED:
        await running.post([item_of_any_kind, REFUSED_OF_ANOTHER])
    async with service_door(socket_of(running.settings.database_file())) as door:
        await door.take_in(LINES, site=None, camera=None)
    await asyncio.to_thread(back_up, running.settings.database_file(), tmp_path / "backup.db")

    assert seen_before
    assert (tmp_path / "backup.db").stat().st_size > 0
    assert [] == files_with(tmp_path, ID)


async def test_the_mark_outlasts_a_restart(tmp_path: Path) -> None:
    """It is in the database; another person of another site may bear the same id."""
    async with running_collector(tmp_path, cameras={"C9": {"site": "east"}}) as running:
        await running.post(DAY)
        await running.post(envelope(DAY, camera="C9"))
        await erase(running, site="default")
    async with running_collector(tmp_path, cameras={"C9": {"site": "east"}}) as running:
        rejected = (await running.post(DAY)).json["rejected"]
        rows = await running.metrics("workers")

    assert 4 == rejected
    assert [("default", "W2"), ("east", "W2"), ("east", ID)] == [(row["site"], row["worker_id"]) for row in rows]


async def test_what_cannot_be_erased_is_told(running: RunningCollector) -> None:
    """Nobody of that id, no such site, several of that id; and who was erased gets no name."""
    with pytest.raises(NotFound, match="there is no worker W3"):
        await erase(running, "W3")
    with pytest.raises(NotFound, match="there is no site west"):
        await erase(running, site="west")
    await erase(running)
    with pytest.raises(BadRequest, match="was erased"):
        async with service_door(socket_of(running.settings.database_file())) as door:
            await door.name([_name()])


def _name() -> NewName:
    return NewName("worker", "default", ID, "Zoë")
