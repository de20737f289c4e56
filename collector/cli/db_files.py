"""`collector db backup`, `restore`, `check` and `compact`: the database as a file."""

from pathlib import Path

import click

from collector.accounts import Audit
from collector.checks.database_findings import database_findings, megabytes
from collector.cli.on_a_server import refuse_backup, refuse_compact, refuse_restore, wait_for
from collector.cli.options import config_option, database_option, settings_from
from collector.metrics.audit import check as check_account
from collector.storage.audit import audit, events_in
from collector.storage.backups import back_up
from collector.storage.condition import condition_of
from collector.storage.restoring import compact as compact_file
from collector.storage.restoring import restore as restore_file
from shared.clock import Clock, SystemClock
from shared.findings import exit_code
from shared.instants import datetime_of
from shared.spoken import counted
from shared.terminal import Progress, ends_with_exit_code, print_findings


@click.command()
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--quick", is_flag=True, help="Only read the copy through, do not work its numbers out again.")
@database_option
@config_option
@ends_with_exit_code
def backup(*, target: Path, quick: bool, database: str | None, config: Path | None) -> int:
    """Write a copy of the database to the new FILE; the collector may run meanwhile.

    The copy is of one moment, read through for damage before it gets its name, and then verified like `collector db
    verify` does. It is a database by itself; whoever can read it can read everything.

    \b
    exit: 0 written and verified · 2 FILE is there already · 3 written, but its numbers are not those of its events
          7 not written: no room, or the database is damaged
    """  # noqa: D301 - \b keeps the lines of the paragraph after it
    settings = settings_from(config, database)
    if settings.database_url is not None:
        refuse_backup(settings.database_url, str(target))
    size = back_up(settings.database_file(), target)
    written = f"{target}: {megabytes(size)}"
    condition = condition_of(target, thorough=False)
    if condition.unfinished:
        click.echo(f"{written}, whole; not verified, {condition.unfinished}")
        return 3
    if quick:
        click.echo(f"{written}, whole; its numbers were not verified")
        return 0
    found = _verified(target, clock=SystemClock())
    if found.differences:
        click.echo(
            f"{written}; {found.differences:,} stored numbers are not those of its events: collector db verify",
            err=True,
        )
        return 3
    click.echo(
        f"{written}, {counted(found.events, 'event')} of {counted(found.workers, 'worker')}, every number verified"
    )
    return 0


@click.command()
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path))
@database_option
@config_option
@ends_with_exit_code
def restore(*, source: Path, database: str | None, config: Path | None) -> int:
    """Put the backup FILE in the place of the database; wants the collector stopped.

    The backup is read through before anything is touched, and stays where it is. What was in its place is kept beside
    it. Then start the collector: every agent gives back by itself what came after the backup.

    \b
    exit: 0 restored · 6 the collector runs · 7 the backup is damaged, newer, or not ours: nothing was changed
    """  # noqa: D301 - \b keeps the lines of the paragraph after it
    settings = settings_from(config, database)
    if settings.database_url is not None:
        refuse_restore(settings.database_url, str(source))
    file = settings.database_file()
    stamp = f"{datetime_of(SystemClock().now()):%Y%m%dT%H%M%SZ}"
    kept = restore_file(source, file, suffix=f"replaced-{stamp}")
    click.echo(f"{file} is now a copy of {source}" + (f"; what was there is kept as {kept}" if kept else ""))
    click.echo("start the collector: the agents give back by themselves what came later, as far as they still keep it")
    return 0


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the lines as JSON.")
@database_option
@config_option
@ends_with_exit_code
def check(*, as_json: bool, database: str | None, config: Path | None) -> int:
    """Look at the database as a file: its room, its schema, damage, and whether its sums are complete.

    Reads every page, works while the collector runs, and looks at a backup as well: `--database FILE`. On PostgreSQL it asks the
    server: for pages there is pg_amcheck. What the numbers should be is worked out by `collector db verify`.

    \b
    exit: 0 all well · 3 works, but look at a line · 7 damaged, not complete, or not ours
    """  # noqa: D301 - \b keeps the lines of the paragraph after it
    settings = settings_from(config, database)
    if settings.database_url is not None:
        findings = wait_for(settings.database_url)
    else:
        file = settings.database_file()
        findings = list(database_findings(str(file), condition_of(file, thorough=True)))
    print_findings(findings, as_json=as_json)
    return exit_code(findings)


@click.command()
@database_option
@config_option
@ends_with_exit_code
def compact(*, database: str | None, config: Path | None) -> int:
    """Give the room of deleted rows back to the disk; wants the collector stopped.

    Takes twice as much room again as the database has, beside it, until it is done. Killed at any moment, the database is as it was.
    """
    settings = settings_from(config, database)
    if settings.database_url is not None:
        refuse_compact(settings.database_url)
    file = settings.database_file()
    done = compact_file(file)
    click.echo(f"{file}: {megabytes(done.before_bytes)} before, {megabytes(done.after_bytes)} now")
    return 0


def _verified(file: Path, *, clock: Clock) -> Audit:
    progress = Progress(events_in(file), label="events compared", clock=clock)
    try:
        return audit(file, check=check_account, notify=progress.advance, tell=lambda _: None)
    finally:
        progress.close()
