"""`collector serve`: the API and the dashboard."""

import asyncio
from pathlib import Path

import click

from collector import service
from collector.cli.options import config_option, database_option
from collector.settings import load
from shared.logs import set_up_logs
from shared.terminal import ends_with_exit_code


@click.command()
@config_option
@database_option
@click.option("--listen", metavar="HOST:PORT", help="Address; port 0 takes a free one.  [default: 127.0.0.1:8000]")
@click.option("--open", "is_open", is_flag=True, default=None, help="Allow an address other than loopback.")
@click.option("-v", "--verbose", is_flag=True, help="Log more.")
@ends_with_exit_code
def serve(*, config: Path | None, database: str | None, listen: str | None, is_open: bool | None, verbose: bool) -> int:
    """Run the collector: receive events, serve metrics and the dashboard.

    The first line on stdout is the address. SIGTERM or Ctrl-C ends it after what it has accepted is stored.
    """
    settings = load(config, database=database, listen=listen, open=is_open)
    set_up_logs(verbose=verbose)
    return asyncio.run(service.serve(settings))
