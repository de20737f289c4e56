"""What commands about files say and do where the database is on a server: looks at it, and the lines that its own tools take."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NoReturn

from collector.checks.looks import look_at_address
from collector.checks.server_findings import server_findings
from collector.cli.options import read_storage
from collector.reports import Reports
from collector.settings import CollectorSettings
from collector.storage.choosing import check_driver
from collector.storage.postgres.address import check_address, shown, without_password
from collector.storage.server import ServerCondition
from shared.clock import SystemClock
from shared.errors import LinesideError, StorageUnusable
from shared.findings import Finding

SHARED = "shared"
"""The state of a database that any number of collectors use: each tells how it is at its own address."""


async def condition_of(url: str) -> ServerCondition:
    """Return the condition of a database on a server.

    Raises:
        Busy: it is away.
        StorageUnusable: it is not a collector's, or a newer version's; or the driver is missing.
    """
    check_driver()
    from collector.storage.postgres import condition  # noqa: PLC0415 - only where its driver is

    return await condition.condition_of(url)


async def look_at_server(url: str) -> list[Finding]:
    """Return what is to be said of a database on a server; also where it cannot be looked at."""
    try:
        return list(server_findings(await condition_of(url)))
    except LinesideError as error:
        return [Finding("server", str(error), error.exit_code)]


def look_at_own_address(settings: CollectorSettings) -> Finding:
    """Return whether the address is free, or somebody answers there: whether a collector of this machine runs nobody tells."""
    found = look_at_address(settings, is_running=False)
    return look_at_address(settings, is_running=True) if found.exit_code else found


async def status_of_server(settings: CollectorSettings, *, url: str) -> Mapping[str, Any]:
    """Return the status of a database that collectors share: the server's side of it, and the cameras."""
    condition = await condition_of(url)
    async with read_storage(settings) as storage:
        reports = Reports(storage, settings=settings, clock=SystemClock())
        return {
            "state": SHARED,
            "not_ready": [],
            "database": condition.place,
            "size_bytes": condition.size_bytes,
            "log_bytes": None,
            "free_disk_bytes": None,
            "server": asdict(condition),
            "findings": [asdict(each) for each in server_findings(condition)],
            "cameras": await reports.cameras(),
            "warnings": await reports.warnings(),
        }


def refuse_backup(url: str, target: str) -> NoReturn:
    """Say what writes a backup of a server's database.

    Raises:
        StorageUnusable: always.
    """
    _refuse(url, what="a backup of it", line=f"pg_dump --format=custom --file={target} '{{url}}'")


def refuse_restore(url: str, source: str) -> NoReturn:
    """Say what puts a backup back.

    Raises:
        StorageUnusable: always.
    """
    _refuse(
        url,
        what="putting a backup back",
        line=f"with the collectors stopped, pg_restore --exit-on-error --no-owner --dbname='{{url}}' {source} into an empty database",
    )


def refuse_compact(url: str) -> NoReturn:
    """Say what gives room back to the server's disk.

    Raises:
        StorageUnusable: always.
    """
    _refuse(
        url,
        what="giving room back",
        line="autovacuum lets it be used again; vacuumdb --full '{url}' gives it back, and collectors wait meanwhile",
    )


def _refuse(url: str, *, what: str, line: str) -> NoReturn:
    check_driver()
    check_address(url)
    raise StorageUnusable(
        f"{shown(url)} is on a server: {what} is for PostgreSQL's own tools",
        hint=f"{line.format(url=without_password(url))}; see docs/scale.md",
    )


def wait_for(url: str) -> list[Finding]:
    """Return what is to be said of a database on a server, for a command that has no loop of its own."""
    return asyncio.run(look_at_server(url))
