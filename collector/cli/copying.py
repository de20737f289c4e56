"""`collector db copy`: a store into another database."""

from contextlib import AbstractContextManager
from pathlib import Path

import click

from collector.settings import POSTGRES
from collector.storage import copying
from collector.storage.choosing import check_driver
from collector.storage.sqlite_end import SqliteEnd
from collector.storage.tables import Target
from shared.clock import SystemClock
from shared.terminal import Progress, ends_with_exit_code


@click.command()
@click.argument("source")
@click.argument("target")
@ends_with_exit_code
def copy(*, source: str, target: str) -> int:
    """Copy a store into a new database, and compare both.

    SOURCE and TARGET are files, or postgresql://… addresses. The collector of a file is stopped; those of a server may run,
    and answer posts with 503 meanwhile.
    Whenever it is interrupted, the next run goes on where it was; until both have been found equal, nobody uses the
    target.
    """
    with _end(source, is_source=True) as one, _end(target, is_source=False) as other:
        rows = copying.rows_in(one)
        for label, steps in (("rows copied", copying.copy), ("rows compared", copying.compare)):
            progress = Progress(rows, label=label, clock=SystemClock())
            for done in steps(one, other):
                progress.advance(done)
            progress.close()
    click.echo(f"{rows:,} rows copied and compared: both are equal")
    return 0


def _end(place: str, *, is_source: bool) -> AbstractContextManager[Target]:
    if place.partition("://")[0] not in POSTGRES:
        return SqliteEnd(Path(place), is_source=is_source)
    check_driver()
    from collector.storage.postgres.end import PostgresEnd  # noqa: PLC0415 - only where its driver is

    return PostgresEnd(place, is_source=is_source)
