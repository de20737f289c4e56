"""`collector sites`: the sites that have anything, and their names."""

import asyncio
from pathlib import Path

import click

from collector.cli.options import config_option, database_option, read_storage, settings_from
from collector.service import door
from collector.settings import CollectorSettings
from collector.site_names import check_site
from shared.clock import SystemClock
from shared.errors import BadRequest
from shared.terminal import ends_with_exit_code


@click.group()
def sites() -> None:
    """List sites or give one another name."""


@sites.command(name="list")
@database_option
@config_option
@ends_with_exit_code
def list_sites(*, database: str | None, config: Path | None) -> int:
    """Print the sites that have anything, one a line."""
    for site in asyncio.run(_sites(settings_from(config, database))):
        click.echo(site)
    return 0


@sites.command()
@click.argument("old")
@click.argument("new")
@database_option
@config_option
@ends_with_exit_code
def rename(*, old: str, new: str, database: str | None, config: Path | None) -> int:
    """Call the site OLD by the name NEW; its events, workers and cameras stay with it.

    Change the settings too: they say where new cameras belong.
    """
    try:
        asyncio.run(_rename(settings_from(config, database), old=old, new=check_site("NEW", new)))
    except ValueError as error:
        raise BadRequest(str(error)) from error
    click.echo(f"{old} is now {new}")
    return 0


async def _sites(settings: CollectorSettings) -> list[str]:
    async with read_storage(settings) as storage:
        return await storage.sites()


async def _rename(settings: CollectorSettings, *, old: str, new: str) -> None:
    async with door(settings, clock=SystemClock()) as into:
        await into.rename_site(old, new)
