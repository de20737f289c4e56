"""`collector rejected`: items that were not stored as events, as NDJSON."""

import asyncio
from pathlib import Path

import click

from collector.cli.options import config_option, database_option, read_storage, settings_from, site_option
from collector.reports import Reports
from collector.settings import CollectorSettings
from collector.web.rejected_api import rejected_row
from shared.clock import SystemClock
from shared.terminal import ends_with_exit_code, json_text


@click.command()
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="So many of the newest, at most."
)
@site_option
@database_option
@config_option
@ends_with_exit_code
def rejected(*, limit: int, site: str | None, database: str | None, config: Path | None) -> int:
    """Print the newest rejected items, newest first: one JSON object a line, with the reason and the item as it came.

    The newest 10,000 are kept, on PostgreSQL of each site. What is mended at its source is sent again: nothing is counted twice.
    """
    asyncio.run(_print(settings_from(config, database), site=site, most=limit))
    return 0


async def _print(settings: CollectorSettings, *, site: str | None, most: int) -> None:
    async with read_storage(settings) as storage:
        sites = None if site is None else [site]
        await Reports(storage, settings=settings, clock=SystemClock()).check_sites(sites)
        for kept in await storage.refusals(sites, most=most):
            click.echo(json_text(rejected_row(kept)))
