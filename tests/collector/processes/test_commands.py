"""The commands of the collector, beside a running service and without one, and how each ends.

The service is always a process. So are the commands of the first test; the others run inside the test, which spares each
the second that Python takes to start.
"""

import asyncio
import csv
import gzip
import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner

from collector.cli import main
from tests.collector.web.golden import EVENTS, FACTORY, WORKERS
from tests.support.collector import envelope
from tests.support.programs import Finished, collector, command

pytestmark = pytest.mark.processes

LINES = "".join(json.dumps(event) + "\n" for event in EVENTS)


@pytest.fixture(params=["running", "not running"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Path]:
    """Return a database, once held by a running service and once by nobody."""
    file = tmp_path / "collector.db"
    async with AsyncExitStack() as stack:
        if request.param == "running":
            await stack.enter_async_context(collector(file))
        yield file


async def run(database: Path, *arguments: str) -> Finished:
    """Run a command of the collector on a database, in a thread of its own."""

    def invoke() -> Finished:
        result = CliRunner().invoke(main, [*arguments, "--database", str(database)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return Finished(result.exit_code, result.stdout, result.stderr)

    return await asyncio.to_thread(invoke)


async def program(database: Path, *arguments: str) -> Finished:
    """Run a command of the collector on a database, as people do."""
    return await command("collector", *arguments, "--database", str(database))


def written(folder: Path, name: str, content: str | bytes) -> str:
    """Return the path of a file with that content."""
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(file)


def sizes_in(folder: Path) -> dict[str, int]:
    """Return the files of a folder with their sizes."""
    return {path.name: path.stat().st_size for path in folder.iterdir()}


async def test_what_is_imported_can_be_asked_for(database: Path) -> None:
    """Events, all three tables in every form, the sites; again is no news."""
    folder = database.parent
    files = [written(folder, "a.ndjson", LINES), written(folder, "b.ndjson.gz", gzip.compress(LINES.encode()))]
    first = await program(database, "import", *files, "--camera", "cam-01")
    events, workers, factory, exact, table, sites = await asyncio.gather(
        program(database, "events"),
        program(database, "metrics", "workers", "--json"),
        program(database, "metrics", "factory", "--csv"),
        program(database, "metrics", "workers", "--exact", "--from", "2026-01-15T10:10:00Z"),
        program(database, "metrics", "workers", "--site", "default"),
        program(database, "sites", "list"),
    )

    assert (0, "18 events: 8 new, 10 already there (of these 0 in conflict), 0 rejected\n") == (first.code, first.out)
    assert (0, 8) == (events.code, len(events.out.splitlines()))
    assert {"cam-01"} == {json.loads(line)["camera"] for line in events.out.splitlines()}
    assert WORKERS == json.loads(workers.out)
    assert [{key: str(value) for key, value in FACTORY.items()}] == list(csv.DictReader(io.StringIO(factory.out)))
    assert (20 * 60 * 1_000_000, 3) == (json.loads(exact.out)[0]["working_us"], json.loads(exact.out)[0]["units"])
    assert (0, 7, True) == (table.code, len(table.out.splitlines()), table.out.startswith("worker_id"))
    assert "default\n" == sites.out


async def test_events_are_filtered_on_the_command_line(database: Path) -> None:
    """By window, worker, station, type and conflict."""
    await run(database, "import", written(database.parent, "a.ndjson", LINES))
    await run(database, "import", written(database.parent, "b.ndjson", json.dumps(EVENTS[2] | {"count": 4})))
    counts = []
    for arguments in (
        ["--worker", "W1", "--type", "working"],
        ["--station", "S4"],
        ["--from", "2026-01-15T10:10:00Z", "--to", "2026-01-15T11:20:00+01:00"],
        ["--conflicts"],
    ):
        finished = await run(database, "events", *arguments)
        counts.append((finished.code, len(finished.out.splitlines())))

    assert [(0, 2), (0, 1), (0, 3), (0, 1)] == counts


async def test_bad_lines_are_named_and_the_good_ones_stored(database: Path) -> None:
    """Exit code 3; file, line, code and reason on stderr, whatever is in the line."""
    bad = [
        "{broken",
        "",
        json.dumps(EVENTS[0] | {"count": "5"}),
        json.dumps(EVENTS[0] | {"timestamp": "2999-01-01T00:00:00Z"}),
    ]
    file = written(database.parent, "a.ndjson", LINES + "\n".join(bad) + "\n" + json.dumps(EVENTS[0]) + "\n\xff")
    finished = await run(database, "import", file)
    told = [line.removeprefix(file).split(": ")[:2] for line in finished.err.splitlines() if line.startswith(file)]

    assert (3, "14 events: 8 new, 2 already there (of these 0 in conflict), 4 rejected\n") == (
        finished.code,
        finished.out,
    )
    assert [
        [":10", "not_an_event"],
        [":12", "wrong_type"],
        [":13", "timestamp_in_future"],
        [":15", "not_an_event"],
    ] == told


async def test_envelopes_are_imported_with_their_camera(database: Path) -> None:
    """Numbers come with them; contact and watermark do not."""
    lines = [
        json.dumps(envelope(EVENTS[:3], camera="cam-07", watermark="2026-01-15T11:00:00Z"), separators=(",", ":")),
        json.dumps(envelope(EVENTS[3:], camera="cam-08", seqs=[[4, 9]], last_seq=9)),
        json.dumps(EVENTS[0]),
    ]
    finished = await run(database, "import", written(database.parent, "a.ndjson", "\n".join(lines)))
    events = [json.loads(line) for line in (await run(database, "events")).out.splitlines()]

    assert (0, "10 events: 8 new, 2 already there (of these 0 in conflict), 0 rejected\n") == (
        finished.code,
        finished.out,
    )
    assert {"cam-07", "cam-08"} == {event["camera"] for event in events}


async def test_names_are_given_from_a_file(database: Path) -> None:
    """All or none; an empty name takes one away."""
    folder = database.parent
    await run(database, "import", written(folder, "a.ndjson", LINES))
    heading = "kind,site,id,name\r\n"
    good = await run(
        database,
        "names",
        written(folder, "n.csv", f"\ufeff{heading}worker,default,W1,Zoë\r\nworkstation,default,S1,Press\r\n"),
    )
    bad = await run(
        database,
        "names",
        written(folder, "m.csv", heading + "worker,default,W2,Ann\r\nboss,default,W3,Bob\r\nworker,default\r\n"),
    )
    names = [row["name"] for row in json.loads((await run(database, "metrics", "workers", "--json")).out)]
    taken = await run(database, "names", written(folder, "t.csv", heading + "worker,default,W1,\r\n"))
    after = [row["name"] for row in json.loads((await run(database, "metrics", "workers", "--json")).out)]

    assert (0, "2 names given\n", 0) == (good.code, good.out, taken.code)
    assert 2 == bad.code
    assert "m.csv:3: kind must be worker or workstation" in bad.err
    assert "m.csv:4: has 2 columns instead of 4" in bad.err
    assert ["Zoë", "W2", "W3", "W4", "W5", "W6"] == names
    assert "W1" == after[0]


async def test_a_site_is_renamed(database: Path) -> None:
    """Its events stay with it; a name that is taken and a site that is not there are told apart by the exit code."""
    folder = database.parent
    await run(database, "import", written(folder, "a.ndjson", LINES), "--site", "north")
    await run(database, "import", written(folder, "a.ndjson", LINES), "--site", "south")
    renamed = await run(database, "sites", "rename", "north", "hall 3")
    taken = await run(database, "sites", "rename", "south", "hall 3")
    absent = await run(database, "sites", "rename", "north", "west")
    empty = await run(database, "sites", "rename", "south", " ")
    events = await run(database, "events", "--site", "hall 3")

    assert (0, "north is now hall 3\n") == (renamed.code, renamed.out)
    assert [2, 1, 2] == [taken.code, absent.code, empty.code]
    assert "there is a site hall 3 already" in taken.err
    assert "there is no site north" in absent.err
    assert 8 == len(events.out.splitlines())
    assert "hall 3\nsouth\n" == (await run(database, "sites", "list")).out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["metrics", "workers", "--from", "yesterday"], "from: it must look like"),
        (
            ["metrics", "workers", "--from", "2026-01-15T10:00:00Z", "--to", "2026-01-15T10:00:00Z"],
            "from must lie before to",
        ),
        (["metrics", "workers", "--json", "--csv"], "exclude each other"),
        (["metrics", "workers", "--site", "nowhere"], "there is no site 'nowhere'"),
        (["metrics", "lunch"], "'lunch' is not one of"),
        (["events", "--site", "nowhere"], "there is no site 'nowhere'"),
        (["events", "--type", "lunch"], "'lunch' is not one of"),
        (["import", "no-such-file"], "no-such-file"),
        (["import"], "Missing argument"),
        (["import", "--camera", "\x01", "pyproject.toml"], "holds the control character U+0001"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
async def test_wrong_usage_ends_with_two(tmp_path: Path, arguments: list[str], told: str) -> None:
    """And one clear line."""
    file = tmp_path / "collector.db"
    await run(file, "import", written(tmp_path, "a.ndjson", LINES))
    finished = await run(file, *arguments)

    assert (2, "") == (finished.code, finished.out)
    assert told in finished.err
    assert "Traceback" not in finished.err


def _missing(file: Path) -> None:
    """Leave no file."""


def _text(file: Path) -> None:
    file.write_text("dear diary, " * 100)


def _empty(file: Path) -> None:
    file.touch()


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (_missing, "there is no database"),
        (_text, "is not a SQLite database"),
        (_empty, "is not the database of a collector"),
    ],
)
async def test_a_file_that_is_no_database_ends_with_seven(
    tmp_path: Path, make: Callable[[Path], None], told: str
) -> None:
    """For commands that read, and nothing is made of it."""
    file = tmp_path / "collector.db"
    make(file)
    before = sizes_in(tmp_path)
    finished = await run(file, "metrics", "workers")

    assert 7 == finished.code
    assert told in finished.err
    assert before == sizes_in(tmp_path)
