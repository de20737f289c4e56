"""`collector forget`: erasing a person."""

import asyncio
from pathlib import Path
from typing import Any

import click

from collector.cli.options import config_option, database_option, read_storage, settings_from
from collector.service import door
from collector.settings import CollectorSettings
from collector.storage.copies import copies_with
from shared.clock import SystemClock
from shared.spoken import counted
from shared.terminal import ends_with_exit_code, one_line

ELSEWHERE = "the server's log (pg_wal) until it is used again, its archive, and backups; see docs/privacy.md"


@click.command()
@click.argument("worker")
@click.option("--site", help="Where the worker is known.  [default: the only site that has one]")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@database_option
@config_option
@ends_with_exit_code
def forget(*, worker: str, site: str | None, dry_run: bool, database: str | None, config: Path | None) -> int:
    """Erase WORKER: events, names, refused items; hours name nobody any more.

    Events of the worker that still arrive are refused. The database file is written anew, so that no byte of the id is left
    in it: that takes twice as much room again beside it, and its time; on PostgreSQL that is two small tables. Copies of the database that lie beside it and still hold the worker are
    named; they, and backups elsewhere, are yours to delete.
    """
    settings = settings_from(config, database)
    went = asyncio.run(_would_go(settings, worker, site=site) if dry_run else _went(settings, worker, site=site))
    verb = "would be erased" if dry_run else "are erased"
    click.echo(
        f"{counted(went['events'], 'event')}, {went['conflicts']:,} versions that lost and {went['refused']:,} refused items {verb}; "
        f"{went['hours']:,} hours {'would name' if dry_run else 'name'} nobody any more"
    )
    named = settings.sites.get(went["site"])
    if named is not None and worker in named.workers:
        click.echo(
            one_line(f"the settings still name this worker: take it out of [sites.{went['site']}.workers]"), err=True
        )
    if settings.database_url is None:
        copies = copies_with(settings.database_file(), worker, site=went["site"])
        for copy in copies:
            click.echo(one_line(f"this copy still holds the worker and is yours to delete: {copy}"), err=True)
    else:
        click.echo(f"{'would still hold' if dry_run else 'may still hold'} the worker: {ELSEWHERE}", err=True)
    return 0


async def _would_go(settings: CollectorSettings, worker: str, *, site: str | None) -> dict[str, Any]:
    async with read_storage(settings) as storage:
        return (await storage.forgettable(worker, site=site))._asdict()


async def _went(settings: CollectorSettings, worker: str, *, site: str | None) -> dict[str, Any]:
    async with door(settings, clock=SystemClock()) as into:
        return await into.forget(worker, site=site)
