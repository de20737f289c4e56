"""`collector names`: names for workers and workstations."""

import asyncio
import csv
from pathlib import Path

import click

from collector.cli.options import config_option, database_option, settings_from
from collector.records import NewName
from collector.service import door
from collector.settings import CollectorSettings
from shared.clock import SystemClock
from shared.errors import BadRequest
from shared.events import check_id
from shared.terminal import ends_with_exit_code

HEADING = ["kind", "site", "id", "name"]
LONGEST_NAME = 200


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@database_option
@config_option
@ends_with_exit_code
def names(*, file: Path, database: str | None, config: Path | None) -> int:
    """Give workers and workstations the names in FILE, a CSV with the heading kind,site,id,name.

    kind is worker or workstation; an empty name takes a name away. All names are given, or none.
    """
    new = read_names(file)
    asyncio.run(_give(settings_from(config, database), new))
    click.echo(f"{len(new):,} names given")
    return 0


def read_names(file: Path) -> list[NewName]:
    """Return the names in a CSV file.

    Raises:
        BadRequest: names every wrong line.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = list(csv.reader(text))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadRequest(f"{file} is not CSV in UTF-8: {error}") from error
    if not rows or [column.strip().lower() for column in rows[0]] != HEADING:
        raise BadRequest(f"{file}:1: the heading must be {','.join(HEADING)}")
    new: list[NewName] = []
    problems: list[str] = []
    for number, row in enumerate(rows[1:], start=2):
        try:
            new.extend([_read_row(row)] if any(row) else [])
        except ValueError as error:
            problems.append(f"{file}:{number}: {error}")
    if problems:
        raise BadRequest("no name was given:\n  " + "\n  ".join(problems[:20]))
    return new


def _read_row(row: list[str]) -> NewName:
    if len(row) != len(HEADING):
        raise ValueError(f"has {len(row)} columns instead of {len(HEADING)}")
    kind, site, identifier, name = (cell.strip() for cell in row)
    if kind not in ("worker", "workstation"):
        raise ValueError(f"kind must be worker or workstation, not {kind!r}")
    if len(name) > LONGEST_NAME or not all(character.isprintable() for character in name):
        raise ValueError(f"name must be at most {LONGEST_NAME} characters that can be printed")
    return NewName(kind, check_id("site", site), check_id("id", identifier), name)


async def _give(settings: CollectorSettings, new: list[NewName]) -> None:
    async with door(settings, clock=SystemClock()) as into:
        await into.name(new)
