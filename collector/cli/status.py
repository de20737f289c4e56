"""`collector status`: how the collector and its cameras are, in words or as JSON.

Asks the running collector through its control socket. Without one the database is read as it stands.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from collector.cli.on_a_server import status_of_server
from collector.cli.options import config_option, database_option, read_storage, settings_from
from collector.cli.status_words import NOT_RUNNING, in_words, is_degraded
from collector.control import socket_of
from collector.reports import Reports
from collector.settings import CollectorSettings
from collector.storage.room import room_of
from shared.asking import status_of
from shared.clock import SystemClock
from shared.terminal import ends_with_exit_code, print_json

_ANSWER_SECONDS = 15


@click.command()
@database_option
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@ends_with_exit_code
def status(*, database: str | None, config: Path | None, as_json: bool) -> int:
    """Say how the collector is, and which camera needs somebody.

    On PostgreSQL: how the database is, who uses it and who holds it; each collector tells how it is at its /readyz.

    \b
    exit: 0 all well · 3 somebody should look: it does not run or takes no events, a camera is late or down, numbers
          are missing, or a setting is not in force · 5 it runs and does not answer · 7 the database cannot be read
    """  # noqa: D301 - \b keeps the lines of the paragraph after it
    told = asyncio.run(_told(settings_from(config, database)))
    if as_json:
        print_json(told)
    else:
        for line in in_words(told, now=SystemClock().now()):
            click.echo(line)
    return 3 if is_degraded(told) else 0


async def ask(file: Path) -> dict[str, Any] | None:
    """Return what the running collector of a database says, None if none runs.

    Raises:
        Unreachable: one runs and does not answer.
    """
    return await status_of(socket_of(file), who=f"the collector of {file}", seconds=_ANSWER_SECONDS)


async def _told(settings: CollectorSettings) -> Mapping[str, Any]:
    if settings.database_url is not None:
        return await status_of_server(settings, url=settings.database_url)
    return await ask(settings.database_file()) or await _read(settings)


async def _read(settings: CollectorSettings) -> Mapping[str, Any]:
    async with read_storage(settings) as storage:
        reports = Reports(storage, settings=settings, clock=SystemClock())
        room = room_of(settings.database_file())
        return {
            "state": NOT_RUNNING,
            "not_ready": [],
            "database": str(settings.database_file()),
            "size_bytes": room.size_bytes,
            "log_bytes": room.log_bytes,
            "free_disk_bytes": room.free_disk_bytes,
            "cameras": await reports.cameras(),
            "warnings": await reports.warnings(),
        }
