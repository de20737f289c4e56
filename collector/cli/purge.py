"""`collector purge`: letting go what has been kept long enough, or saying what would go."""

import asyncio
from pathlib import Path
from typing import Any

import click

from collector.cli.options import config_option, database_option, read_storage, settings_from
from collector.metrics.doubted_clock import HELD
from collector.metrics.retention import due, is_due
from collector.retaining import told, what_is_kept
from collector.service import door
from collector.settings import CollectorSettings
from shared.clock import SystemClock
from shared.instants import format_instant
from shared.terminal import ends_with_exit_code, print_table

COLUMNS = ("site", "events before", "events", "names before", "hours of workers", "hours before", "hours")


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what is kept how long, and what would go.")
@click.option(
    "--by-this-clock",
    is_flag=True,
    help="Also where cameras, or the database's server, say that this machine's clock is ahead: you know that it is right.",
)
@database_option
@config_option
@ends_with_exit_code
def purge(*, dry_run: bool, by_this_clock: bool, database: str | None, config: Path | None) -> int:
    """Let go what has been kept long enough: events, names in hours, hours, by [retention] in the settings.

    A running collector does so once an hour by itself. Numbers of whole hours stay as they are.
    """
    settings = settings_from(config, database)
    if dry_run:
        sentences, rows = asyncio.run(_looked(settings))
        click.echo("\n".join(line for line in sentences if not (by_this_clock and line.startswith(HELD))))
        if rows:
            print_table(rows, COLUMNS)
        return 0
    events, rows_gone = asyncio.run(_purged(settings, by_this_clock=by_this_clock))
    click.echo(f"{events:,} events are gone; {rows_gone:,} hours of workers name nobody any more, or are gone")
    return 0


async def _looked(settings: CollectorSettings) -> tuple[list[str], list[dict[str, Any]]]:
    now = SystemClock().now()
    async with read_storage(settings) as storage:
        rows: list[dict[str, Any]] = []
        for site, (kept, offset) in (await what_is_kept(storage)).items():
            to = due(settings.kept_for, offset=offset, now=now)
            if is_due(kept, to):
                counts = await storage.doomed(site, to=to)
                instants = ["–" if at is None else format_instant(at) for at in to]
                row = [site, *(cell for pair in zip(instants, counts, strict=True) for cell in pair)]
                rows.append(dict(zip(COLUMNS, row, strict=True)))
        return await told(storage, settings.kept_for, now=now), rows


async def _purged(settings: CollectorSettings, *, by_this_clock: bool) -> tuple[int, int]:
    events = rows = 0
    async with door(settings, clock=SystemClock()) as into:
        is_done = False
        while not is_done:
            answer = await into.purge(by_this_clock=by_this_clock)
            events, rows, is_done = events + answer["events"], rows + answer["rows"], bool(answer["is_done"])
    return events, rows
