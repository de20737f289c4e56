"""`collector db distribute`: a store over the machines of a Citus cluster."""

import asyncio
from pathlib import Path

import click

from collector.cli.options import config_option, database_option, settings_from
from collector.storage.choosing import check_driver
from shared.errors import StorageUnusable
from shared.terminal import ends_with_exit_code


@click.command()
@database_option
@config_option
@ends_with_exit_code
def distribute(*, database: str | None, config: Path | None) -> int:
    """Spread the tables over the machines of a Citus cluster, each site's rows together.

    Says so where the database has no Citus, and changes nothing. May be called again; what is done stays. Restart
    collectors that ran meanwhile.
    """
    url = settings_from(config, database).database_url
    if url is None:
        raise StorageUnusable("a file cannot be spread over machines", hint="`collector db copy` takes it to a server")
    check_driver()
    from collector.storage.postgres.distributing import distribute as spread  # noqa: PLC0415 - only where its driver is

    tables = asyncio.run(spread(url))
    if not tables:
        click.echo("all tables are spread already")
        return 0
    click.echo(f"spread: {', '.join(tables)}")
    click.echo("restart the collectors: the connections that they have plan their statements for one machine")
    return 0
