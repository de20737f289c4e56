"""`check` and `verify` as an operator types them, with the agent running and without, well and broken."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from edge_agent.buffer.log import EventLog
from tests.support.events import events, json_event
from tests.support.fake_clock import FakeClock
from tests.support.invoked import invoked
from tests.support.programs import Finished, collector, command
from tests.support.running_agent import NOBODY, eventually, running_agent

pytestmark = pytest.mark.processes

LINES = ["settings", "agent", "queue", "disk", "clock", "dns", "tls", "token"]


async def check(folder: Path, *more: str, url: str, min_free_disk: str = "64MiB") -> tuple[Finished, dict[str, str]]:
    """Run the command beside the settings of the test's agent; gives its lines by their first word."""
    config = folder / "check.toml"
    config.write_text(
        f'camera = "cam-1"\ndata_dir = "{folder / "data"}"\n[collector]\nurl = "{url}"\n'
        f'[buffer]\nmin_free_disk = "{min_free_disk}"\n'
    )
    ran = await command("edge_agent", "check", "--config", str(config), *more)
    return ran, {line[:10].strip(): line[10:] for line in ran.out.splitlines()}


async def test_check_of_a_machine_on_which_all_is_well(tmp_path: Path) -> None:
    """Eight lines, each ok, before the agent has ever run and beside it; the collector hears nothing of it."""
    async with collector(tmp_path / "collector.db") as (url, _):
        before, lines_before = await check(tmp_path, url=url)
        with running_agent(tmp_path, collector=url) as agent:
            agent.post(json_event(1))
            eventually(lambda: agent.status()["settled"] == 1)
            beside, lines = await check(tmp_path, url=url)
        cameras = await command("collector", "events", "--database", str(tmp_path / "collector.db"))

    assert (0, 0) == (before.code, beside.code), before.out + beside.out
    assert LINES == list(lines_before) == list(lines)
    assert "ok    does not run" == lines_before["agent"]
    assert lines["agent"].startswith("ok    runs, version ")
    assert "ok    0 events wait, 1 confirmed, 0 dead letters" == lines["queue"]
    assert "s from it" in lines["clock"]
    assert 1 == len(cameras.out.splitlines())


async def test_check_names_a_collector_that_is_away(tmp_path: Path) -> None:
    """Exit 5; the other lines are there all the same, and --json has them too: a disk that is too full for the settings."""
    ran, lines = await check(tmp_path, url=NOBODY)
    told, _ = await check(tmp_path, "--json", url=NOBODY, min_free_disk="1024GiB")

    assert (5, 5) == (ran.code, told.code)
    assert lines["token"].startswith("FAIL  not tried: nothing listens at the collector's address")
    assert LINES == [one["what"] for one in json.loads(told.out)]
    assert lines["disk"].startswith("ok")
    assert ["make room"] == [one["words"][-9:] for one in json.loads(told.out) if one["what"] == "disk"]


async def test_check_names_wrong_settings(tmp_path: Path) -> None:
    """Exit 2, a line for each mistake, and nothing else is tried."""
    config = tmp_path / "agent.toml"
    config.write_text('camra = "x"\n[delivery]\nlinger = "never"\n')
    ran = await command("edge_agent", "check", "--config", str(config))

    assert 2 == ran.code
    assert "camra" in ran.out
    assert "delivery.linger" in ran.out
    assert {"settings  FAIL"} == {line[:14] for line in ran.out.splitlines()}


async def test_verify_of_a_sound_queue(tmp_path: Path) -> None:
    """Exit 0 and the sum, beside the agent and after it."""
    with running_agent(tmp_path) as agent:
        agent.post([json_event(number) for number in range(1, 6)])
        beside = await command("edge_agent", "verify", "--data-dir", str(agent.data_dir))
        agent.stop()
    after = await command("edge_agent", "verify", "--data-dir", str(agent.data_dir))
    words = "0 settled + 5 pending + 0 dead + 0 dropped = 5 numbers given out; 5 events on disk\n"

    assert [(0, words)] * 2 == [(one.code, one.out) for one in (beside, after)]


def queue_of(folder: Path, *, events_in_it: int) -> Path:
    """The queue file of an agent that has stopped."""
    with closing(EventLog.open(folder, clock=FakeClock())) as log:
        log.append(events(1, events_in_it))
    return folder / "queue.db"


async def test_verify_names_what_is_wrong_and_changes_nothing(tmp_path: Path) -> None:
    """Exit 1: an event that has changed, one that is gone, and a number that was never given out."""
    queue = queue_of(tmp_path, events_in_it=5)
    with sqlite3.connect(queue) as connection:
        connection.execute("update event_log set payload = replace(payload, 'W2', 'W3') where seq = 2")
        connection.execute("delete from event_log where seq = 4")
        connection.execute("insert into settled (first, last) values (9, 9)")
    before = queue.read_bytes()
    ran = await invoked("verify", "--data-dir", str(tmp_path))

    assert 1 == ran.code
    assert [
        "event 2 is not as it was written",
        "1 number settled, never given out: 9",
        "1 number without an event on disk, and nothing says why: 4",
    ] == ran.out.splitlines()
    assert "≠ 5 numbers given out" in ran.err
    assert before == queue.read_bytes()


async def test_verify_names_what_a_start_would_call_damaged(tmp_path: Path) -> None:
    """Exit 1 also where SQLite finds nothing and every number has its place: a table is gone."""
    with sqlite3.connect(queue_of(tmp_path, events_in_it=1)) as connection:
        connection.execute("drop table mark")
    ran = await invoked("verify", "--data-dir", str(tmp_path))

    assert (1, "its schema is not what was written\n") == (ran.code, ran.out)


async def test_verify_of_a_file_with_noise_in_it(tmp_path: Path) -> None:
    """Exit 1 with what SQLite says of it, as far as the file can still be read."""
    queue = queue_of(tmp_path, events_in_it=500)
    content = queue.read_bytes()
    middle = len(content) // 2 // 4096 * 4096
    queue.write_bytes(content[:middle] + b"\xa5" * 8192 + content[middle + 8192 :])
    ran = await invoked("verify", "--data-dir", str(tmp_path))

    assert 1 == ran.code, ran.err
    assert ran.out
