"""`collector metrics`: the dashboard's numbers on a terminal or in a pipe."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from collector.cli.options import (
    config_option,
    database_option,
    from_option,
    read_storage,
    settings_from,
    shift_option,
    site_option,
    tell_shift,
    to_option,
)
from collector.metrics.answers import FACTORY_COLUMNS, WORKER_COLUMNS, WORKSTATION_COLUMNS
from collector.metrics.asked import AskedWindow, Question
from collector.metrics.hourly import HOUR_COLUMNS, exact_hour_rows, hour_rows
from collector.reports import Reports, exact_rows, may_tell_occupied, shown_rows
from collector.settings import CollectorSettings
from shared.clock import SystemClock
from shared.errors import BadRequest
from shared.terminal import ends_with_exit_code, print_json, print_table, write_csv

COLUMNS = {
    "workers": WORKER_COLUMNS,
    "workstations": WORKSTATION_COLUMNS,
    "factory": FACTORY_COLUMNS,
    "hours": HOUR_COLUMNS,
}


@click.command()
@click.argument("what", type=click.Choice(list(COLUMNS)))
@from_option
@to_option
@shift_option
@site_option
@click.option("--json", "as_json", is_flag=True, help="The rows of the API.")
@click.option("--csv", "as_csv", is_flag=True, help="The file of the API.")
@click.option("--exact", is_flag=True, help="JSON in integer microseconds, ratios unrounded.")
@database_option
@config_option
@ends_with_exit_code
def metrics(
    *,
    what: str,
    start: str | None,
    end: str | None,
    shift: str | None,
    site: str | None,
    as_json: bool,
    as_csv: bool,
    exact: bool,
    database: str | None,
    config: Path | None,
) -> int:
    """Print the metrics of workers, workstations or the factory, or what each hour brought.

    Reads the database directly, also while the collector runs. When a shift begins and ends is said
    on stderr.
    """
    if as_json + as_csv + exact > 1:
        raise BadRequest("--json, --csv and --exact exclude each other")
    settings = settings_from(config, database)
    rows = asyncio.run(_rows(settings, Question(start, end, site, shift), what=what, exact=exact))
    if as_json or exact:
        print_json(rows)
        return 0
    table = rows if isinstance(rows, list) else [rows]
    if as_csv:
        write_csv(table, COLUMNS[what], stream=sys.stdout)
    else:
        print_table(table, _without_lone_site(table, COLUMNS[what]))
    return 0


async def _rows(settings: CollectorSettings, question: Question, *, what: str, exact: bool) -> Any:
    async with read_storage(settings) as storage:
        reports = Reports(storage, settings=settings, clock=SystemClock())
        asked = await reports.window_asked(question)
        tell_shift(asked)
        sites = None if asked.site is None else [asked.site]
        if what == "hours":
            found = await reports.hours(asked.window, sites=sites)
            return exact_hour_rows(found) if exact else hour_rows(found)
        return await _totals(reports, asked, sites=sites, what=what, exact=exact)


async def _totals(reports: Reports, asked: AskedWindow, *, sites: Sequence[str] | None, what: str, exact: bool) -> Any:
    stations = what == "workstations"
    # Nobody waits behind a command: it reads whatever it takes.
    most = sys.maxsize - 1 if stations and exact and may_tell_occupied(asked.window) else None
    totals = await reports.totals(asked.window, sites=sites, stations=stations, occupied_by_states=most)
    return exact_rows(totals, what) if exact else shown_rows(totals, what)


def _without_lone_site(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> list[str]:
    lone = len({row.get("site") for row in rows}) <= 1
    return [column for column in columns if not (column == "site" and lone)]
