"""`collector import` with files that are damaged, huge, foreign or endless, beside a running service and without one."""

import asyncio
import gzip
import json
import random
import signal
from pathlib import Path

import pytest

from tests.collector.processes.test_commands import LINES, database, run, written
from tests.support.collector import envelope, item
from tests.support.flaky_collector import until
from tests.support.programs import collector, command, running

__all__ = ["database"]
pytestmark = pytest.mark.processes

NOTHING = "0 events: 0 new, 0 already there (of these 0 in conflict), 0 rejected\n"


def many(count: int) -> bytes:
    """Return lines of events that do not shrink to nothing in a gzip file."""
    chance = random.Random(1)
    events = (item("10:00", f"W{number}", "working", note=chance.random()) for number in range(count))
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def new_in(tally: str) -> int:
    """Return how many events a tally says are new."""
    return int(tally.split(": ")[1].split(" new", maxsplit=1)[0].replace(",", ""))


async def test_what_comes_before_the_damage_of_a_file_is_stored(database: Path) -> None:
    """Cut short, damaged in the middle, or with another end: the tally and the store agree."""
    packed = gzip.compress(many(2_000))
    middle = len(packed) // 2
    stored = 0
    for name, content in (
        ("half", packed[:middle]),
        ("hurt", packed[:middle] + b"\xff" * 5_000 + packed[middle + 5_000 :]),
        ("end", packed[:-8] + b"12345678"),
    ):
        finished = await run(database, "import", written(database.parent, f"{name}.gz", content))
        stored += new_in(finished.out)
        events = await run(database, "events")

        assert 2 == finished.code, name
        assert "is not whole gzip" in finished.err, name
        assert stored == len(events.out.splitlines()), name
        assert stored > 100, name


async def test_a_huge_line_is_one_rejected_line(database: Path) -> None:
    """It is named; its neighbours are stored, whether the service runs or not."""
    first, rest = LINES.split("\n", maxsplit=1)
    huge = json.dumps(item("10:00", "W1", "working", note="x" * 6_000_000))
    file = written(database.parent, "a.ndjson", f"{first}\n{huge}\n{rest}{huge}")
    finished = await run(database, "import", file)

    assert (3, "11 events: 8 new, 1 already there (of these 0 in conflict), 2 rejected\n") == (
        finished.code,
        finished.out,
    )
    told = "not_an_event: the line has more than 4,194,304 bytes"
    assert f"{file}:2: {told}\n{file}:11: {told}\n" == finished.err


async def test_a_big_file_of_names_is_taken(database: Path) -> None:
    """More than a body of events may hold, all or none."""
    rows = "".join(f"worker,default,worker {number} {'x' * 40},{'n' * 150}\n" for number in range(25_000))
    file = written(database.parent, "n.csv", f"kind,site,id,name\n{rows}")
    finished = await run(database, "names", file)

    assert (0, "25,000 names given\n") == (finished.code, finished.out)


async def test_a_site_that_contradicts_the_camera_is_refused(database: Path) -> None:
    """It would be ignored, or move the camera for ever: exit code 2, and nothing is stored."""
    file = written(database.parent, "a.ndjson", LINES)
    sent = json.dumps(envelope([item("11:00", "W1", "idle")], camera="cam-01"), separators=(",", ":"))
    lines = written(database.parent, "b.ndjson", sent)
    captured = await run(database, "import", file, "--camera", "cam-01", "--site", "north")
    before = await run(database, "events")
    placed = await run(database, "import", file, "--camera", "cam-01", "--site", "default")
    ignored = await run(database, "import", file, "--camera", "cam-01", "--site", "north")
    enveloped = await run(database, "import", lines, "--site", "north")

    assert (2, NOTHING, "") == (captured.code, captured.out, before.out)
    assert "by the settings camera cam-01 belongs to site default, not to north" in captured.err
    assert 0 == placed.code
    for refused in (ignored, enveloped):
        assert (2, NOTHING) == (refused.code, refused.out)
        assert "camera cam-01 has its events, or its token, at site default, not at north" in refused.err


async def test_a_site_that_agrees_with_the_settings_is_no_contradiction(tmp_path: Path) -> None:
    """The camera is placed there, and events without a camera may go anywhere."""
    config = written(tmp_path, "collector.toml", '[cameras.cam-01]\nsite = "north"\n')
    file, database = written(tmp_path, "a.ndjson", LINES), tmp_path / "collector.db"
    placed = await run(database, "import", file, "--camera", "cam-01", "--site", "north", "--config", config)
    free = await run(database, "import", file, "--site", "south", "--config", config)
    sites = await run(database, "sites", "list")

    assert (0, 0, "north\nsouth\n") == (placed.code, free.code, sites.out)


async def test_a_pipe_is_imported(tmp_path: Path) -> None:
    """It has no position and no size."""
    finished = await command(
        "collector", "import", "/dev/stdin", "--database", str(tmp_path / "collector.db"), stdin=LINES.encode()
    )

    assert (0, 8, "") == (finished.code, new_in(finished.out), finished.err)


async def test_an_interrupted_import_says_what_is_stored(tmp_path: Path) -> None:
    """Also while it waits for a pipe that says nothing."""
    file = tmp_path / "collector.db"
    async with collector(file):
        arguments = ("collector", "import", "/dev/stdin", "--database", str(file))
        async with running(*arguments, log=tmp_path / "log") as program:
            assert program.process.stdin is not None
            program.process.stdin.write(many(5_001))
            await program.process.stdin.drain()

            async def is_stored() -> bool:
                return bool((await run(file, "events", "--worker", "W4999")).out)

            async with asyncio.timeout(30):
                while not await is_stored():  # noqa: ASYNC110 - what is waited for is in another process
                    await asyncio.sleep(0.05)
            program.process.send_signal(signal.SIGINT)
            await until(lambda: program.process.returncode is not None)
            assert program.process.stdout is not None
            out = (await program.process.stdout.read()).decode()

    assert (130, 5_000) == (program.process.returncode, new_in(out))
    assert "Traceback" not in (tmp_path / "log").read_text()
