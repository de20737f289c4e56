"""Every number of a stretch of time, told four ways: on the pages, by the API, in the files and by the commands.

What is exact is the floor's answer: integer microseconds. Files, routes and commands tell the same in minutes, rounded half to even.
"""

import csv
import io
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from tests.browser import spelling
from tests.browser.watched_page import WatchedPage
from tests.support.csv_cells import as_it_was
from tests.support.invoked import invoked_collector

Rows = list[dict[str, Any]]
Run = Callable[..., Awaitable[str]]
"""Runs `collector WORDS…` on the database that the page is about, and returns what it printed."""

COLUMNS = {
    "workers": (
        ("worker_id", "name"),
        ("working_us", "idle_us", "absent_us", "assumed_us", "no_data_us"),
        ("utilization_percent", "units_produced", "units_per_hour"),
    ),
    "workstations": (
        ("station_id", "name"),
        ("occupancy_us",),
        ("utilization_percent", "units_produced", "throughput_per_hour"),
    ),
    "factory": (
        (),
        ("total_productive_us", "total_idle_us", "total_absent_us", "total_assumed_us"),
        (
            "total_units_produced",
            "average_utilization_percent",
            "time_weighted_utilization_percent",
            "active_workers",
        ),
    ),
    "hours": (
        ("site", "from", "to"),
        ("working_us", "idle_us", "absent_us", "watched_us"),
        ("units_produced", "utilization_percent", "target_units"),
    ),
}
"""By table of the floor: words, times and other numbers of each row; those of a shift that goes on have no row in a file yet."""
HOURS = {
    "units_produced": spelling.count,
    "working_us": spelling.duration,
    "idle_us": spelling.duration,
    "utilization_percent": spelling.rate,
}
"""What the heat map of the page of hours can show."""
HEAT = "() => [...document.querySelectorAll('#heat td:not(.none)')].map(cell => cell.textContent)"


def minutes(microseconds: int | None) -> Decimal | None:
    """Microseconds as routes, files and commands tell them."""
    if microseconds is None:
        return None
    return (Decimal(microseconds) / 60_000_000).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def told(what: str, rows: Sequence[Mapping[str, Any]]) -> Rows:
    """Rows of the floor as every other place must tell them."""
    words, times, numbers = COLUMNS[what]
    return [
        {name: row[name] for name in words}
        | {name.replace("_us", "_minutes"): minutes(row[name]) for name in times}
        | {name: None if row[name] is None else Decimal(str(row[name])) for name in numbers}
        for row in rows
    ]


def read(what: str, text: str) -> Rows:
    """The same columns of a CSV file, a missing number as None."""
    words, times, numbers = COLUMNS[what]
    names = [*(name.replace("_us", "_minutes") for name in times), *numbers]
    return [
        {name: as_it_was(row[name]) for name in words}
        | {name: Decimal(row[name]) if row[name] else None for name in names}
        for row in csv.DictReader(io.StringIO(text, newline=""))
    ]


async def check_tables(page: WatchedPage, floor: dict[str, Any], run: Run) -> None:
    """Hold every number of the floor's tables against the files and the commands, up to where the page's numbers end."""
    window = floor["window"]
    ends = {"from": window["from"], "to": window["until"]}
    for what in COLUMNS:
        rows = [floor["factory"]] if what == "factory" else floor[what]
        expected = told(what, rows)
        file = await page.text(f"/api/metrics/{what}.csv", ends)
        printed = await run("metrics", what, "--from", ends["from"], "--to", ends["to"], "--csv")

        assert expected == read(what, file), what
        assert expected == read(what, printed), what
        assert expected, what
    exact = await run("metrics", "hours", "--from", ends["from"], "--to", ends["to"], "--exact")
    assert floor["hours"] == json.loads(exact, parse_float=Decimal)


async def check_floor(page: WatchedPage, floor: dict[str, Any]) -> None:
    """Hold cards and tables of the floor, which is open, against its answer."""
    shown = {"workers": spelling.WORKER, "stations": spelling.WORKSTATION}
    assert spelling.cards(floor["factory"]) == await page.cards()
    for table, columns in shown.items():
        rows = floor["workers" if table == "workers" else "workstations"]
        await page.page.get_by_role("tab", name=table.capitalize()).click()
        expected = [{"name": row["name"]} | {name: spell(row[name]) for name, spell in columns.items()} for row in rows]
        assert sorted(expected, key=lambda row: row["name"]) == await page.numbers(table, columns)
    await page.page.get_by_role("tab", name="Workers").click()


async def check_hours(page: WatchedPage, floor: dict[str, Any]) -> None:
    """Hold the table, the bars' sentence and the heat map of the page of hours, which is open, against the floor's hours."""
    hours = sorted(floor["hours"], key=lambda hour: str(hour["from"]))
    columns = (*HOURS, "absent_us", "watched_us")
    spell = HOURS | {
        "absent_us": spelling.duration,
        "watched_us": spelling.duration,
        "utilization_percent": spelling.percent,
    }
    rows = [{name: row[name] for name in columns} for row in await page.rows("hours")]
    assert [{name: spell[name](hour[name]) for name in columns} for hour in hours] == rows[::-1]
    totals, factory = await page.totals("hours"), floor["factory"]
    assert (
        spelling.count(factory["total_units_produced"]),
        *(spelling.duration(factory[f"total_{name}_us"]) for name in ("productive", "idle", "absent")),
        spelling.percent(factory["time_weighted_utilization_percent"]),
    ) == tuple(totals[name] for name in ("units_produced", "working_us", "idle_us", "absent_us", "utilization_percent"))
    for field in HOURS:
        await page.page.locator(f"button[data-show={field}]").click()
        assert [in_heat(hour, field) for hour in hours] == await page.page.evaluate(HEAT), field


def in_heat(hour: Mapping[str, Any], field: str) -> str:
    """What stands in the cell of an hour: nothing was known of it, nobody was at work, or a number."""
    if not any(hour[name] for name in ("units_produced", "working_us", "idle_us", "absent_us", "watched_us")):
        return "no data"
    is_ratio = field == "utilization_percent"
    return "–" if is_ratio and hour["working_us"] + hour["idle_us"] == 0 else HOURS[field](hour[field])


async def check_conflicts(page: WatchedPage, floor: dict[str, Any], run: Run) -> int:
    """Hold the number on the floor, which is open, against each place that lists conflicts; returns it."""
    ends = {"from": floor["window"]["from"], "to": floor["window"]["until"]}
    file = csv.DictReader(io.StringIO(await page.text("/api/events.csv", ends | {"conflicts": "true"}), newline=""))
    printed = await run("events", "--conflicts", "--from", ends["from"], "--to", ends["to"])
    listed = json.loads(await page.text("/api/events/", ends | {"conflicts": "true", "limit": "10000"}))["events"]
    number: int = floor["conflicts"]

    assert [number] * 3 == [
        sum(len(event["conflicts"]) for event in listed),
        sum(int(row["conflicts"]) for row in file),
        sum(len(json.loads(line)["conflicts"]) for line in printed.splitlines()),
    ]
    shown = await page.page.locator("#to-conflicts:visible, #no-conflicts:visible").inner_text()
    assert f"{number:,}{spelling.SPACE}conflict{'' if number == 1 else 's'}" == shown
    return number


async def check_rejected(page: WatchedPage, floor: dict[str, Any], run: Run) -> int:
    """Hold the rejected items on the page of data, which is open, against each place that lists them; returns how many."""
    ends = {"from": floor["window"]["from"], "to": floor["window"]["until"]}
    listed = json.loads(await page.text("/api/rejected/", ends))
    file = list(csv.DictReader(io.StringIO(await page.text("/api/rejected.csv", ends), newline="")))
    printed = [json.loads(line) for line in (await run("rejected", "--limit", "10000")).splitlines()]
    shown = [row["code"] for row in await page.rows("rejected")]

    assert listed == [item for item in printed if ends["from"] <= item["received_at"] < ends["to"]]
    assert [row["code"] for row in listed] == [row["code"] for row in file] == shown
    assert floor["rejected"] == len(listed)
    return len(listed)


def on_database(database: str) -> Run:
    """A way to run commands on a database."""

    async def run(*words: str) -> str:
        found = await invoked_collector(*words, "--database", database)
        assert 0 == found.code, found.err
        return found.out

    return run
