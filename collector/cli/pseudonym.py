"""`collector pseudonym`: what a worker is called at a site that keeps no ids."""

from pathlib import Path

import click

from collector.cli.options import config_option, settings_from
from collector.pseudonyms import pseudonym as pseudonym_of
from shared.errors import BadRequest
from shared.events import check_id
from shared.terminal import ends_with_exit_code


@click.command()
@click.argument("worker")
@click.option("--site", required=True, help="Where the worker works.")
@config_option
@ends_with_exit_code
def pseudonym(*, worker: str, site: str, config: Path | None) -> int:
    """Print what WORKER is called at a site that has a pseudonym_key_file: for names, why, person and forget."""
    key = settings_from(config, None).pseudonym_keys().get(site)
    if key is None:
        raise BadRequest(f"site {site} has no pseudonym_key_file", hint="name the settings with --config")
    try:
        click.echo(pseudonym_of(check_id("WORKER", worker), key=key))
    except ValueError as error:
        raise BadRequest(str(error)) from error
    return 0
