"""The collector is restored from a backup: every agent gives back what it lost, without a hand and without a restart."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from shared.instants import SECOND, format_instant
from tests.support.fake_clock import START
from tests.support.line import Line

pytestmark = [pytest.mark.processes, pytest.mark.timeout(120)]

CAMERAS = ("cam-1", "cam-2", "cam-3")
KINDS = ("working", "product_count", "idle", "absent")


def events(camera: str, numbers: range) -> list[dict[str, object]]:
    """Return events of four workers of a camera, one a second."""
    return [event(camera, number) for number in numbers]


def event(camera: str, number: int) -> dict[str, object]:
    """Return the event of a number."""
    return {
        "timestamp": format_instant(START + number * SECOND),
        "worker_id": f"{camera}-W{number % 4}",
        "workstation_id": f"S{number % 3}",
        "event_type": KINDS[number * 7 % 4],
        "count": number % 5 if number * 7 % 4 == 1 else 0,
    }


async def test_a_collector_that_is_restored_from_a_backup_gets_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came after the backup is there again, byte for byte, also of epochs that ended meanwhile, and nothing is missing."""
    monkeypatch.setenv("EDGE_AGENT_DELIVERY__HEARTBEAT", "1s")
    for key, value in {"INITIAL": "100ms", "MAX": "200ms", "RECOVERY_SPREAD": "200ms"}.items():
        monkeypatch.setenv(f"EDGE_AGENT_RETRY__{key}", value)
    async with AsyncExitStack() as stack, aiohttp.ClientSession() as session:
        line = Line(tmp_path, stack=stack, session=session)
        await line.start_collector()
        await asyncio.gather(*(line.start_agent(camera) for camera in CAMERAS))
        for camera in CAMERAS:
            await line.post(camera, events(camera, range(300)))
        await line.until_delivered()

        made = await line.db("backup", str(line.backup))
        for camera in CAMERAS:
            await line.post(camera, events(camera, range(300, 900)))
        await line.until_delivered()
        await line.kill_agent("cam-2")
        await line.post("cam-2", events("cam-2", range(900, 1_100)))
        await line.until_delivered()
        await asyncio.gather(line.kill_agent("cam-2"), line.kill_agent("cam-3"))
        await line.until_delivered()
        before = await line.shown()

        await line.stop_collector()
        restored = await line.db("restore", str(line.backup))
        await line.start_collector()
        cameras = await line.until_all_is_there(3 * 900 + 200)
        await line.until_delivered()
        after = await line.shown()
        returned = await line.returned()

    assert (0, 0) == (made.code, restored.code)
    assert "900 events of 12 workers, every number verified" in made.out
    assert list(CAMERAS) == [camera["camera"] for camera in cameras]
    assert before == after
    assert {camera: (numbers, 0) for camera, numbers in zip(CAMERAS, (600, 800, 600), strict=True)} == returned
