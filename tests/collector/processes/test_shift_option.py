"""`collector metrics --shift`: the numbers of a shift, and on stderr when it was."""

import json
from pathlib import Path

import pytest

from tests.collector.processes.test_commands import run, written
from tests.support.collector import item

pytestmark = pytest.mark.processes

NIGHT = """
[sites.default]
time_zone = "Europe/Berlin"
[[sites.default.shifts]]
name = "night"
start = "22:00"
end = "06:00"
"""


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """Return a folder with a database that holds a night of seven hours, and the settings that know it."""
    night = [("2026-03-28T20:30:00Z", "working"), ("2026-03-29T03:30:00Z", "idle"), ("2026-03-29T04:30:00Z", "absent")]
    lines = "\n".join(json.dumps(item("10:00", "W1", kind, timestamp=text)) for text, kind in night)
    written(tmp_path, "collector.toml", NIGHT)
    imported = await run(tmp_path / "collector.db", "import", written(tmp_path, "night.ndjson", lines))
    assert 0 == imported.code, imported.err
    return tmp_path


async def test_a_shift_is_understood_and_said(folder: Path) -> None:
    """With the site's clock before and after its change; what is piped on is the same as for its ends."""
    config = ("--config", str(folder / "collector.toml"))
    database = folder / "collector.db"
    by_name = await run(database, "metrics", "workers", "--json", "--shift", "2026-03-28/night", *config)
    ends = ("--from", "2026-03-28T22:00:00+01:00", "--to", "2026-03-29T06:00:00+02:00")
    by_ends = await run(database, "metrics", "workers", "--json", *ends, *config)
    (row,) = json.loads(by_name.out)

    assert (
        "shift 2026-03-28/night of site default: 2026-03-28T22:00:00+01:00 to 2026-03-29T06:00:00+02:00, Europe/Berlin\n"
    ) == by_name.err
    assert (0, by_name.out, "") == (by_ends.code, by_ends.out, by_ends.err)
    assert (390.0, 30.0, 0.0) == (row["working_minutes"], row["idle_minutes"], row["no_data_minutes"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--shift", "2026-03-28/day"], "error: shift: there is none called 'day' (there are night)"),
        (["--shift", "tonight"], "error: shift: it must be current, or a day and a name such as 2026-01-15/morning"),
        (["--shift", "current", "--to", "2026-01-15T10:00:00Z"], "error: shift: it excludes from and to"),
        (["--shift", "current", "--site", "north"], "error: site: there is no site 'north'"),
    ],
)
async def test_a_mistaken_shift_ends_with_two(folder: Path, arguments: list[str], told: str) -> None:
    """Nothing is printed that could be taken for an answer."""
    config = ("--config", str(folder / "collector.toml"))
    finished = await run(folder / "collector.db", "metrics", "workers", *arguments, *config)

    assert (2, "") == (finished.code, finished.out)
    assert finished.err.startswith(told)
