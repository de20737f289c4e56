"""A real factory log goes the whole way: 49 workers, 31 stations, three months, through a killed agent and an outage.

The log and its exact answer are not part of the project; without them these tests are skipped.
"""

import asyncio
import gzip
import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.programs import collector, command, edge_agent, free_port, running

WEEK = {"from": "2012-01-07T22:00:00Z", "to": "2012-01-14T22:00:00Z"}
MINUTE = 60_000_000
EVENTS = 10_122
DISTINCT = 9_919

pytestmark = [pytest.mark.processes, pytest.mark.timeout(150)]


@pytest.mark.parametrize("order", ["production_events", "production_events_fileorder"])
async def test_a_week_is_exact_after_an_outage_and_a_kill(order: str, shared_data: Path, tmp_path: Path) -> None:
    """Sent while the collector is down, by an agent killed half-way, the week equals the known answer to the microsecond."""
    lines = gzip.decompress((shared_data / f"{order}.ndjson.gz").read_bytes()).splitlines(keepends=True)
    expected = json.loads((shared_data / "expected_week_2012-01-08.json").read_text())
    queue, database = tmp_path / "queue", tmp_path / "collector.db"
    url, agent_port = f"http://127.0.0.1:{free_port()}", free_port()
    async with AsyncExitStack() as stack:
        sending = await _send_through_a_kill(stack, lines, queue=queue, collector_url=url, port=agent_port)
        address, _ = await stack.enter_async_context(collector(database, port=int(url.rpartition(":")[2])))
        await _until_drained(f"http://127.0.0.1:{agent_port}")
        shown = {what: await _get(f"{address}/api/metrics/{what}/") for what in ("workers", "workstations", "factory")}
        exact = {what: await _exact(what, database) for what in ("workers", "workstations", "factory")}
        (camera,) = await _get(f"{address}/api/cameras/")
        stored = await command("collector", "events", "--database", str(database))
        replayed = await command("edge_agent", "replay", "--data-dir", str(queue), "--state", "all")

    assert f"{EVENTS:,}" in sending
    assert len(stored.out.splitlines()) == DISTINCT
    assert camera["missing"] == 0
    assert_exact(exact, expected)
    assert_shown(shown, expected)
    assert replayed.code == 0
    assert "new 0," in replayed.out


async def _send_through_a_kill(
    stack: AsyncExitStack, lines: list[bytes], *, queue: Path, collector_url: str, port: int
) -> str:
    """Feed a waiting `edge-agent send -`; kill the agent when it has half, feed the rest, start it again."""
    address, doomed = await stack.enter_async_context(edge_agent(queue, collector=collector_url, port=port))
    send = await stack.enter_async_context(
        running("edge_agent", "send", "--agent", address, "-", log=queue.with_name("send.log"))
    )
    pipe = send.process.stdin
    assert pipe is not None
    pipe.writelines(lines[: len(lines) // 2])
    await pipe.drain()
    await _until(address, lambda status: status["last_seq"] >= len(lines) // 2 - 1_000)
    await doomed.kill()
    pipe.writelines(lines[len(lines) // 2 :])
    pipe.close()
    await stack.enter_async_context(edge_agent(queue, collector=collector_url, port=port))
    code, told = await send.ended(seconds=60)
    assert code == 0, send.log.read_text()
    return told


async def _until_drained(address: str) -> None:
    await _until(address, lambda status: status["pending"] == 0 and status["settled"] >= EVENTS)


async def _until(address: str, reached: Any) -> None:
    async with asyncio.timeout(60):
        while not reached(await _get(f"{address}/status")):  # noqa: ASYNC110 - another process cannot wake us
            await asyncio.sleep(0.05)


async def _get(url: str) -> Any:
    async with aiohttp.ClientSession() as session, session.get(url, params=WEEK if "metrics" in url else {}) as answer:
        return await answer.json()


async def _exact(what: str, database: Path) -> Any:
    window = ("--from", WEEK["from"], "--to", WEEK["to"])
    finished = await command("collector", "metrics", what, "--exact", *window, "--database", str(database))
    assert finished.code == 0, finished.err
    return json.loads(finished.out)


def assert_exact(exact: dict[str, Any], expected: dict[str, Any]) -> None:
    """Microseconds and units are equal, ratios to 1e-9."""
    for what, key in (("workers", "worker_id"), ("workstations", "workstation_id")):
        rows = {row[key]: row for row in exact[what]}
        assert {row[key] for row in expected[what]} == set(rows)
        for row in expected[what]:
            for name, value in row.items():
                assert value == pytest.approx(rows[row[key]][name], abs=1e-9 if isinstance(value, float) else 0)
    for name, value in expected["factory"].items():
        assert value == pytest.approx(exact["factory"][name], abs=1e-9 if isinstance(value, float) else 0)


def assert_shown(shown: dict[str, Any], expected: dict[str, Any]) -> None:
    """The routes show the same to two decimals."""
    workers = {row["worker_id"]: row for row in shown["workers"]}
    for row in expected["workers"]:
        of_route = workers[row["worker_id"]]
        assert of_route["working_minutes"] == pytest.approx(row["working_us"] / MINUTE, abs=0.005_001)
        assert of_route["utilization_percent"] == pytest.approx(row["utilization_percent"], abs=0.005_001)
        assert of_route["units_per_hour"] == pytest.approx(row["units_per_hour"], abs=0.005_001)
        assert of_route["units_produced"] == row["units"]
    stations = {row["station_id"]: row for row in shown["workstations"]}
    for row in expected["workstations"]:
        of_route = stations[row["workstation_id"]]
        assert of_route["occupancy_minutes"] == pytest.approx(row["occupancy_us"] / MINUTE, abs=0.005_001)
        assert of_route["throughput_per_hour"] == pytest.approx(row["throughput_per_hour"], abs=0.005_001)
    factory = expected["factory"]
    assert shown["factory"]["total_productive_minutes"] == factory["productive_us"] / MINUTE
    assert shown["factory"]["total_units_produced"] == factory["units"]
    assert shown["factory"]["average_utilization_percent"] == round(factory["average_utilization_percent"], 2)
