"""`collector access-log`: who looked at whose data."""

import asyncio
from pathlib import Path
from typing import Any

import click

from collector.cli.options import config_option, database_option, read_storage, settings_from, site_option
from collector.measures import NAMELESS, Look
from collector.settings import CollectorSettings
from shared.instants import format_instant
from shared.terminal import ends_with_exit_code, print_json, print_table

COLUMNS = ("at", "who", "role", "what", "site", "worker_id")


@click.command(name="access-log")
@click.option("--worker", help="Who saw this worker; lists of all workers are among it.")
@site_option
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@database_option
@config_option
@ends_with_exit_code
def access_log(
    *, worker: str | None, site: str | None, as_json: bool, database: str | None, config: Path | None
) -> int:
    """Print who was shown data of persons, the newest first: once an hour for each who looked at the same.

    Of people who logged in; commands that read the file, such as this one, are in no log.
    """
    rows = [look_row(look) for look in asyncio.run(_looks(settings_from(config, database), worker, site=site))]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS)
    return 0


async def _looks(settings: CollectorSettings, worker: str | None, *, site: str | None) -> list[Look]:
    async with read_storage(settings) as storage:
        return await storage.looks(worker_id=worker, site=site)


def look_row(look: Look) -> dict[str, Any]:
    """Return a look as people read it."""
    shown = {NAMELESS: "somebody who was erased", None: "all"}.get(look.worker_id, look.worker_id)
    return {
        "at": format_instant(look.at),
        "who": look.who,
        "role": look.role,
        "what": look.what,
        "site": look.site or "all",
        "worker_id": shown,
    }
