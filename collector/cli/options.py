"""Options that several commands share."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import TypeAdapter, ValidationError

from collector.metrics.asked import AskedWindow
from collector.settings import CollectorSettings, load
from collector.site_names import check_site
from collector.storage.base import Storage
from collector.storage.choosing import open_read_only
from shared.errors import BadRequest
from shared.events import check_id
from shared.instants import datetime_of
from shared.settings_file import Duration
from shared.terminal import one_line

Command = TypeVar("Command", bound=Callable[..., Any])

_DURATION: TypeAdapter[int] = TypeAdapter(Duration)

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="COLLECTOR_CONFIG",
    show_envvar=True,
    help="Settings file (TOML); see configs/collector.toml.",
)
database_option = click.option(
    "--database",
    metavar="PATH|URL",
    help="SQLite file, or postgresql://…  [env var: COLLECTOR_DATABASE; default: collector.db in the state folder]",
)
from_option = click.option("--from", "start", metavar="T", help="Begin, RFC 3339 with offset.  [default: open]")
to_option = click.option("--to", "end", metavar="T", help="End, exclusive.  [default: open]")
shift_option = click.option(
    "--shift", metavar="DAY/NAME", help="A shift instead, such as 2026-01-15/morning, or current."
)
site_option = click.option("--site", help="One site only.  [default: all]")


def settings_from(config: Path | None, database: str | None) -> CollectorSettings:
    """Return the settings of a command that works on a database."""
    return load(config, database=database)


def checked_id(what: str, text: str) -> str:
    """Return an id that somebody typed, as it is stored.

    Raises:
        BadRequest: it cannot be one; says why.
    """
    return _checked(check_id, what, text=text)


def checked_site(what: str, text: str | None) -> str | None:
    """Return the name of a site that somebody typed, as it is stored; None if nobody did.

    Raises:
        BadRequest: it cannot be one; says why.
    """
    return None if text is None else _checked(check_site, what, text=text)


def _checked(check: Callable[[str, str], str], what: str, *, text: str) -> str:
    try:
        return check(what, text)
    except ValueError as error:
        raise BadRequest(str(error)) from error


def span_of(option: str, text: str) -> int:
    """Return a stretch of time that somebody typed, such as 1d or 90s, in microseconds.

    Raises:
        BadRequest: it is none.
    """
    try:
        return _DURATION.validate_python(text)
    except ValidationError as error:
        raise BadRequest(f'{option}: must be a duration such as "15s", "5m", "10h" or "7d"') from error


def tell_shift(asked: AskedWindow) -> None:
    """Say on stderr which stretch of time a shift was understood to be, by the site's clock."""
    start, end = asked.window.start, asked.window.end
    if asked.shift is not None and start is not None and end is not None:
        shown = [datetime_of(instant).astimezone(asked.zone).isoformat() for instant in (start, end)]
        text = f"shift {asked.shift} of site {asked.site}: {shown[0]} to {shown[1]}, {asked.zone}"
        click.echo(one_line(text), err=True)


@asynccontextmanager
async def read_storage(settings: CollectorSettings) -> AsyncIterator[Storage]:
    """Give the database for reading; a running collector is not disturbed."""
    storage = await open_read_only(settings)
    try:
        yield storage
    finally:
        await storage.close()
