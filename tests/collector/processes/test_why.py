"""`collector why`: where a worker's numbers come from, for people to read."""

import json
from pathlib import Path

import pytest

from tests.collector.processes.test_commands import run, written
from tests.support.collector import item
from tests.support.programs import collector

pytestmark = pytest.mark.processes

EVENTS = [
    item("05:00", "W1", "working"),
    item("06:00", "W1", "product_count"),
    item("07:30", "W1", "idle", workstation_id="S2"),
    item("07:30:00.25", "W1", "working"),
    item("09:00", "W1", "absent"),
]
SETTINGS = """
[sites.default]
time_zone = "Europe/Berlin"
[[sites.default.shifts]]
name = "morning"
start = "06:00"
end = "09:00"
"""


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """Return a folder with a database and settings."""
    written(tmp_path, "collector.toml", SETTINGS)
    lines = "\n".join(json.dumps(event) for event in EVENTS)
    imported = await run(tmp_path / "collector.db", "import", written(tmp_path, "day.ndjson", lines))
    assert 0 == imported.code, imported.err
    return tmp_path


async def test_the_spans_of_a_worker_are_a_table(folder: Path) -> None:
    """By the site's clock; what ended a span later than the window is said with its time; the sums are below."""
    config = ("--config", str(folder / "collector.toml"))
    shift = await run(folder / "collector.db", "why", "W1", "--shift", "2026-01-15/morning", *config)
    rest = await run(folder / "collector.db", "why", "W1", "--from", "2026-01-15T08:30:00Z")

    assert [
        "start                             end                               h:mm:ss         state    station  basis     not watched  ended by",
        "2026-01-15 06:00:00+01:00         2026-01-15 08:30:00+01:00         2:30:00         working  S1       observed  0:00:00      idle at S2",
        "2026-01-15 08:30:00+01:00         2026-01-15 08:30:00.250000+01:00  0:00:00.250000  idle     S2       observed  0:00:00      working at S1",
        "2026-01-15 08:30:00.250000+01:00  2026-01-15 09:00:00+01:00         0:29:59.750000  working  S1       observed  0:00:00      "
        "absent at S1, 2026-01-15 10:00:00+01:00",
        "working 2:59:59.750000, idle 0:00:00.250000, absent 0:00:00; of these assumed 0:00:00, not watched 0:00:00; no data 0:00:00",
    ] == shift.out.splitlines()
    assert [
        "start                      end                        h:mm:ss  state    station  basis     not watched  ended by",
        "2026-01-15 08:30:00+00:00  2026-01-15 09:00:00+00:00  0:30:00  working  S1       observed  0:00:00      absent at S1",
        "2026-01-15 09:00:00+00:00  2026-01-15 09:05:00+00:00  0:05:00  absent   S1       assumed   0:00:00      –",
        "working 0:30:00, idle 0:00:00, absent 0:05:00; of these assumed 0:05:00, not watched 0:00:00; no data –",
    ] == rest.out.splitlines()
    assert (0, 0) == (shift.code, rest.code)


async def test_json_is_the_answer_of_the_api(folder: Path) -> None:
    """Also while the collector runs."""
    async with collector(folder / "collector.db"):
        told = await run(folder / "collector.db", "why", "W1", "--json", "--to", "2026-01-15T06:00:00Z")
        answer = json.loads(told.out)

    assert (["working"], 60 * 60_000_000, None) == (
        [span["state"] for span in answer["spans"]],
        answer["totals"]["working_us"],
        answer["totals"]["no_data_us"],
    )


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("W9",), 1, "error: worker_id: there is no worker 'W9'\n"),
        (("W1", "--site", "nowhere"), 2, "error: site: there is no site 'nowhere'\n"),
        (("W1", "--from", "yesterday"), 2, "error: from: it must look like"),
        (("W1", "--shift", "current"), 2, "error: shift: site 'default' has no shifts"),
        ((), 2, "Usage: "),
    ],
)
async def test_a_question_without_an_answer_is_told(
    folder: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    """Nobody of that name, or a window that makes no sense."""
    found = await run(folder / "collector.db", "why", *arguments)

    assert (code, told, "") == (found.code, found.err[: len(told)], found.out)
