"""`collector db`: whether the stored numbers are those of the events, and making them anew; files are in `db_files`."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from collector.accounts import Audit, Difference
from collector.cli.copying import copy
from collector.cli.db_files import backup, compact, restore
from collector.cli.db_files import check as check_file
from collector.cli.distributing import distribute
from collector.cli.options import config_option, database_option, settings_from
from collector.metrics.audit import check
from collector.metrics.drift import duration
from collector.metrics.ledger import splice
from collector.storage.auditing import audit, events_in
from collector.storage.remaking import rebuilding
from shared.clock import SystemClock
from shared.instants import LAST_INSTANT, format_instant
from shared.spoken import counted
from shared.terminal import Progress, ends_with_exit_code, print_table

REBUILT = ("ledger", "total", "open_state", "workstation")
"""The tables that are worked out from events."""
ROWS_OF_A_TABLE = 100
"""Then the heading comes again: widths are known only of what has been found."""
_INSTANTS = ("last_at", "state_at", "first_at")


@click.group()
def db() -> None:
    """Back the database up, restore it, copy it, look after its file and its stored numbers."""


@db.command()
@database_option
@config_option
@ends_with_exit_code
def verify(*, database: str | None, config: Path | None) -> int:
    """Recompute everything from the events and name each stored number that differs.

    Compares hours, totals, open states, conflicts, registries and the file itself. Works while the collector runs. Ends
    with 1 if anything differs: each difference is on stdout, in tables of a hundred; their number is on stderr.
    """
    settings = settings_from(config, database)
    progress = Progress(events_in(settings), label="events compared", clock=SystemClock())
    differences = _Differences(progress)
    found = audit(settings, check=check, notify=progress.advance, tell=differences.add)
    differences.print()
    progress.close()
    _tell(found)
    return 1 if found.differences else 0


@db.command()
@database_option
@config_option
@ends_with_exit_code
def rebuild(*, database: str | None, config: Path | None) -> int:
    """Make all stored numbers anew from the events, with the rules of the settings.

    Wants the collector stopped; on PostgreSQL collectors may run, and answer 503 meanwhile. Whenever it is interrupted, the next run goes on where it was; until it is done, the
    numbers are shown nowhere.
    """
    settings = settings_from(config, database)
    rules = settings.ledger_rules
    with rebuilding(settings) as remaking:
        remaining = remaking.begin()
        progress = Progress(remaining, label="events gone through", clock=SystemClock())
        for events in remaking.run(partial(splice, rules=rules)):
            progress.advance(events)
        progress.close()
    in_force = f"session_gap = {duration(rules.session_gap)} and tail = {duration(rules.tail)}"
    click.echo(f"{counted(remaining, 'event')} gone through: the stored numbers are made anew with {in_force}")
    return 0


for command in (backup, restore, check_file, compact, copy, distribute):
    db.add_command(command)


class _Differences:
    """Printed while they are found; memory holds a hundred."""

    def __init__(self, progress: Progress) -> None:
        self._rows: list[dict[str, Any]] = []
        self._progress = progress

    def add(self, difference: Difference) -> None:
        """Take one in, and print those that fill a table."""
        self._rows.append(_row(difference))
        if len(self._rows) == ROWS_OF_A_TABLE:
            self.print()

    def print(self) -> None:
        """Print those that wait."""
        rows, self._rows = self._rows, []
        if rows:
            self._progress.give_way()
            print_table(rows, [column for column in rows[0] if any(row[column] is not None for row in rows)])


def _tell(found: Audit) -> None:
    if not found.differences:
        of = counted(found.workers, "worker")
        click.echo(f"{counted(found.events, 'event')} of {of}: everything stored is what they say")
        return
    differ = "1 difference" if found.differences == 1 else f"{found.differences:,} differences"
    click.echo(f"{differ}; {_advice(found)}", err=True)


def _advice(found: Audit) -> str:
    if found.tables <= {*REBUILT}:
        return "stop the service and run `collector db rebuild`"
    return f"a rebuild makes anew only {', '.join(REBUILT)}: the rest is damage, keep the file and restore a backup"


def _row(difference: Difference) -> dict[str, Any]:
    stored, should_be = _shown(difference.column, [difference.stored, difference.should_be])
    return {
        "table": difference.table,
        "site": difference.site,
        "at": None if difference.at is None else _instant(difference.at),
        "worker": difference.worker_id,
        "workstation": difference.station_id,
        "column": difference.column,
        "stored": stored,
        "should be": should_be,
    }


def _shown(column: str, values: Sequence[object]) -> list[object]:
    return [_instant(each) if column in _INSTANTS and isinstance(each, int) else each for each in values]


def _instant(at: int) -> str:
    return format_instant(at) if 0 <= at <= LAST_INSTANT else f"{at} us"
