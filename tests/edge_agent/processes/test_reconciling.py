"""`edge-agent reconcile` and `edge-agent export` with a real agent, beside it and without it."""

import gzip
import json
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest
from sqlite_utils.utils import sqlite3

from edge_agent.buffer.log import EventLog
from edge_agent.buffer.removal import OVERFLOW
from edge_agent.buffer.space import Limits
from edge_agent.delivery.settlement import DeadLetter
from tests.support.events import events, json_event
from tests.support.fake_clock import FakeClock
from tests.support.flaky_collector import flaky_collector, rejecting, status, until
from tests.support.invoked import invoked
from tests.support.programs import collector as real_collector
from tests.support.programs import command
from tests.support.running_agent import RunningAgent, running_agent

pytestmark = pytest.mark.processes

NEVER_BY_ITSELF = "1h"
"""A heartbeat: only a person makes the agent of a test send what is lacking."""


@pytest.fixture(autouse=True)
def _slow_heart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_AGENT_DELIVERY__HEARTBEAT", NEVER_BY_ITSELF)


def posted(agent: RunningAgent, first: int, last: int) -> None:
    """Post events to an agent."""
    assert agent.post([json_event(number) for number in range(first, last + 1)]).json["accepted"] == last - first + 1


async def test_what_a_collector_lacks_is_sent_and_accounted_for(tmp_path: Path) -> None:
    """Of two epochs: what was kept arrives, what was not is lost, a dead letter is skipped, what waits is left alone."""
    async with flaky_collector() as collector:
        with running_agent(tmp_path, collector=collector.url) as agent:
            collector.always = rejecting(lambda event: event["worker_id"] == "W5")
            posted(agent, 1, 10)
            await until(lambda: agent.status()["settled"] == 9)
            first = agent.status()["epoch"]
            agent.kill()
            agent.start()
            posted(agent, 11, 20)
            await until(lambda: agent.status()["settled"] == 19)
            second = agent.status()["epoch"]
            collector.lose((1, 10), epoch=first)
            collector.lose((11, 15), epoch=second)
            agent.kill()
            with closing(sqlite3.connect(agent.data_dir / "queue.db")) as queue, queue:
                queue.execute("delete from event_log where seq in (2, 3)")
            alone = await invoked("reconcile", "--json", "--data-dir", str(agent.data_dir))
            collector.lose((12, 12), epoch=second)
            agent.start()
            beside = await invoked("reconcile", "--data-dir", str(agent.data_dir))
            told = agent.status()
            agent.stop()
        again = await invoked("reconcile", "--json", "--data-dir", str(tmp_path / "data"))

    rows = json.loads(alone.out)["epochs"]
    assert [
        {"epoch": first, "numbers": 10, "lacking": 10, "sent_again": 7, "waiting": 0, "skipped": 1, "lost": 2},
        {"epoch": second, "numbers": 10, "lacking": 5, "sent_again": 5, "waiting": 0, "skipped": 0, "lost": 0},
    ] == rows
    assert 3 == alone.code
    assert [n for n in range(1, 21) if n not in (2, 3, 5)] == collector.numbers
    assert ["10", "0", "0", "0", "0", "0"] == beside.out.splitlines()[1].split()[1:]
    assert ["10", "1", "1", "0", "0", "0"] == beside.out.splitlines()[2].split()[1:]
    assert (0, 0) == (beside.code, told["unaccounted"])
    assert [0, 0] == [row["lacking"] for row in json.loads(again.out)["epochs"]]


async def test_a_collector_that_cannot_be_asked_is_an_error(tmp_path: Path) -> None:
    """Not authorised is 4, and no queue is 1."""
    async with flaky_collector() as collector:
        with running_agent(tmp_path, collector=collector.url) as agent:
            posted(agent, 1, 3)
            await until(lambda: agent.status()["settled"] == 3)
            collector.always = status(401)
            refused = await invoked("reconcile", "--data-dir", str(agent.data_dir))
        nothing = await invoked("reconcile", "--data-dir", str(tmp_path / "none"))

    assert (4, True) == (refused.code, "does not accept our token" in refused.err)
    assert (1, True) == (nothing.code, "there is no queue" in nothing.err)


async def test_a_camera_without_a_link_is_exported_and_imported_as_often_as_one_likes(tmp_path: Path) -> None:
    """One envelope a line, of each epoch its own; afterwards the collector misses nothing, and twice is once."""
    with running_agent(tmp_path) as agent:
        posted(agent, 1, 700)
        agent.kill()
        agent.start()
        posted(agent, 701, 720)
        part = await invoked("export", "--from", str(json_event(711)["timestamp"]), "--data-dir", str(agent.data_dir))
        file = tmp_path / "camera.ndjson"
        whole = await invoked("export", str(file), "--data-dir", str(agent.data_dir))
    envelopes = [json.loads(line) for line in file.read_text().splitlines()]
    packed = tmp_path / "camera.ndjson.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    mixed = tmp_path / "mixed.ndjson"
    line = json.dumps(json_event(721)).encode() + b"\n"
    mixed.write_bytes(line + file.read_bytes() + line)
    given_up, kept = await _given_up(tmp_path)

    imports, cameras = await _imported(tmp_path / "collector.db", (packed, given_up), (mixed, given_up))

    assert [500, 200, 20] == [len(envelope["events"]) for envelope in envelopes]
    assert [[[1, 500]], [[501, 700]], [[701, 720]]] == [envelope["agent"]["seqs"] for envelope in envelopes]
    assert (0, "720 events written\n", 0) == (whole.code, whole.err, part.code)
    assert 10 == sum(len(json.loads(line)["events"]) for line in part.out.splitlines())
    assert [
        f"{720 + kept:,} events: {720 + kept:,} new, 0 already there (of these 0 in conflict), 0 rejected\n",
        f"{722 + kept:,} events: 1 new, {721 + kept:,} already there (of these 0 in conflict), 0 rejected\n",
    ] == imports
    assert 2 * [[("cam-1", 0, None), ("cam-2", 0, None)]] == cameras


async def _given_up(place: Path) -> tuple[Path, int]:
    """Return the export of a camera whose queue has settled, buried, dropped and lost events, and how many it brings."""
    queue, file = place / "queue", place / "given-up.ndjson"
    limits = Limits(max_size_bytes=512 * 1024, when_full="drop_oldest")
    with closing(EventLog.open(queue, clock=FakeClock(), limits=limits)) as log:
        log.append(events(1_001, 1_100))
        log.settle(settled=((1, 20),), dead=[DeadLetter(30, "bad_id", "no"), DeadLetter(40, "bad_id", "no")])
        log.drop(((30, 30),), reason="of no use")
        for first in range(1_101, 4_001, 100):
            log.append(events(first, first + 99))
        assert [(30, 30, "of no use"), OVERFLOW] == [log.facts().dropped[1], log.facts().dropped[0][2]]
    written = await invoked("export", str(file), "--camera", "cam-2", "--data-dir", str(queue))
    return file, int(written.err.partition(" ")[0].replace(",", ""))


async def _imported(database: Path, *groups: tuple[Path, ...]) -> tuple[list[str], list[list[tuple[object, ...]]]]:
    """Import each group of files into a running collector; return what is told, and after each import its cameras."""
    told: list[str] = []
    cameras: list[list[tuple[object, ...]]] = []
    async with real_collector(database) as (url, _), aiohttp.ClientSession() as session:
        for files in groups:
            done = await command("collector", "import", *map(str, files), "--database", str(database))
            told.append(done.out)
            async with session.get(f"{url}/api/cameras/") as answer:
                found = await answer.json()
            cameras.append([(one["camera"], one["missing"], one["last_contact_at"]) for one in found])
    return told, cameras
