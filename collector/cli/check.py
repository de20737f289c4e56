"""`collector check`: everything that the collector needs, a line each, with the exit code of the first trouble."""

import asyncio
from pathlib import Path

import click

from collector.checks.looks import access_finding, collector_finding, look_at_address, look_at_database, tls_finding
from collector.checks.retention import copies_finding, retention_finding
from collector.cli.on_a_server import look_at_own_address, look_at_server
from collector.cli.options import config_option, database_option, read_storage, settings_from
from collector.cli.status import ask
from collector.metrics.retention import sentences
from collector.retaining import told
from collector.settings import CollectorSettings
from collector.storage.kept_copies import kept_copies
from shared.clock import Clock, SystemClock
from shared.disk_probe import look_at_disk
from shared.errors import LinesideError, SettingsInvalid, Unreachable
from shared.findings import Finding, clock_finding, exit_code
from shared.terminal import ends_with_exit_code, print_findings

SLOW_DISK = "every delivery waits so long; is it a network disk, or does it die?"


@click.command()
@database_option
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print the lines as JSON.")
@ends_with_exit_code
def check(*, database: str | None, config: Path | None, as_json: bool) -> int:
    """Try everything that the collector needs, and say what is not as it should be.

    Settings, collector, database, disk with the time of its fsync, clock, address, access, TLS, retention, copies that an upgrade,
    a restore or a killed backup has left: a line each; on PostgreSQL the server, its schema, sums, tables, sessions and locks instead of disk and copies. Works with the
    collector running and without, and writes nothing that stays.

    \b
    exit: 0 all well · 1 the address is taken · 2 settings wrong · 3 works, but look at a line
          5 it runs and does not answer · 7 database or disk unusable; the first trouble counts
    """  # noqa: D301 - \b keeps the lines of the paragraph after it
    try:
        settings = settings_from(config, database)
    except SettingsInvalid as error:
        findings = [Finding("settings", line, error.exit_code) for line in str(error).splitlines()]
    else:
        where = "the defaults and the environment" if config is None else str(config)
        findings = [Finding("settings", where), *asyncio.run(_look(settings, clock=SystemClock()))]
    print_findings(findings, as_json=as_json)
    return exit_code(findings)


async def _look(settings: CollectorSettings, *, clock: Clock) -> list[Finding]:
    if settings.database_url is not None:
        return await _look_beside_server(settings, url=settings.database_url, now=clock.now())
    file = settings.database_file()
    is_running = True
    try:
        status = await ask(file)
        is_running = status is not None
        collector = collector_finding(status)
    except Unreachable as error:
        collector = Finding("collector", str(error), error.exit_code)
    is_configured, kept = await _stored(settings, now=clock.now())
    copies = await asyncio.to_thread(kept_copies, file)
    return [
        collector,
        await asyncio.to_thread(look_at_database, file),
        await asyncio.to_thread(look_at_disk, file.absolute().parent, clock=clock, slow=SLOW_DISK),
        clock_finding(clock.now()),
        await asyncio.to_thread(look_at_address, settings, is_running=is_running),
        access_finding(settings, is_configured=is_configured),
        tls_finding(settings, now=clock.now()),
        retention_finding(kept),
        copies_finding(copies, settings.kept_for, now=clock.now()),
    ]


async def _look_beside_server(settings: CollectorSettings, *, url: str, now: int) -> list[Finding]:
    is_configured, kept = await _stored(settings, now=now)
    return [
        *await look_at_server(url),
        clock_finding(now),
        await asyncio.to_thread(look_at_own_address, settings),
        access_finding(settings, is_configured=is_configured),
        tls_finding(settings, now=now),
        retention_finding(kept),
    ]


async def _stored(settings: CollectorSettings, *, now: int) -> tuple[bool, list[str]]:
    """Return whether anybody was given access, and what is kept how long.

    Of a database that cannot be read another line tells; then the settings alone say what shall be kept.
    """
    try:
        async with read_storage(settings) as storage:
            return await storage.access.is_configured(), await told(storage, settings.kept_for, now=now)
    except LinesideError:
        return False, sentences(settings.kept_for, kept={}, offsets={}, now=now)
