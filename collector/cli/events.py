"""`collector events`: stored events as NDJSON."""

import asyncio
from dataclasses import replace
from pathlib import Path

import click

from collector.cli.options import (
    config_option,
    database_option,
    from_option,
    read_storage,
    settings_from,
    site_option,
    to_option,
)
from collector.metrics.windows import read_window
from collector.records import EventQuery
from collector.reports import Reports
from collector.settings import CollectorSettings
from collector.web.events_api import event_row
from shared.clock import SystemClock
from shared.events import EventType
from shared.terminal import ends_with_exit_code, json_text

EVENTS_A_PAGE = 5_000


@click.command()
@from_option
@to_option
@site_option
@click.option("--worker", help="One worker only.")
@click.option("--station", help="One workstation only.")
@click.option("--type", "kind", type=click.Choice(list(EventType.__members__)), help="One type only.")
@click.option("--conflicts", is_flag=True, help="Only events of which several versions arrived.")
@database_option
@config_option
@ends_with_exit_code
def events(
    *,
    start: str | None,
    end: str | None,
    site: str | None,
    worker: str | None,
    station: str | None,
    kind: str | None,
    conflicts: bool,
    database: str | None,
    config: Path | None,
) -> int:
    """Print stored events, one JSON object a line, by site, worker and time."""
    window = read_window(start, end)
    query = EventQuery(
        sites=None if site is None else [site],
        worker_id=worker,
        workstation_id=station,
        event_type=None if kind is None else EventType[kind],
        from_at=window.start,
        to_at=window.end,
        only_conflicts=conflicts,
        limit=EVENTS_A_PAGE,
    )
    asyncio.run(_print(settings_from(config, database), query))
    return 0


async def _print(settings: CollectorSettings, query: EventQuery) -> None:
    async with read_storage(settings) as storage:
        await Reports(storage, settings=settings, clock=SystemClock()).check_sites(query.sites)
        while page := await storage.events(query):
            for event in page:
                click.echo(json_text(event_row(event)))
            query = replace(query, after=page[-1].key)
