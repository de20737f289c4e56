"""`collector boards`: links for screens on a wall, where nobody logs in."""

import asyncio
from pathlib import Path

import click

from collector.cli.changing import apply
from collector.cli.options import checked_id, checked_site, config_option, database_option, read_storage, settings_from
from collector.grants import AddBoard, Board, Kind, RemoveBoard, digest_of
from collector.settings import CollectorSettings
from shared.clock import SystemClock, new_secret
from shared.instants import format_instant
from shared.terminal import ends_with_exit_code, print_json, print_table

COLUMNS = ("name", "site", "since")


@click.group()
def boards() -> None:
    """Make links with which a screen on a wall shows the dashboard, as a viewer does: no persons."""


@boards.command()
@click.argument("name")
@click.option("--site", help="The one site that it shows.  [default: all]")
@database_option
@config_option
@ends_with_exit_code
def add(*, name: str, site: str | None, database: str | None, config: Path | None) -> int:
    """Print a link for the board NAME; it is shown this once.

    Open it in the screen's browser, behind the collector's own address. A program that only reads, such as Prometheus, may
    send its last part as a bearer token.
    """
    settings = settings_from(config, database)
    who, where = checked_id("NAME", name), checked_site("--site", site)
    token = Kind.board + new_secret()
    apply(settings, AddBoard(who, where, digest_of(token), SystemClock().now()))
    click.echo(f"board {who} is let in by this link, which is shown only now:", err=True)
    click.echo(f"/board/{token}")
    return 0


@boards.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@database_option
@config_option
@ends_with_exit_code
def list_boards(*, as_json: bool, database: str | None, config: Path | None) -> int:
    """Print the boards and since when their links hold."""
    rows = [_row(board) for board in asyncio.run(_boards(settings_from(config, database)))]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS)
    return 0


@boards.command()
@click.argument("name")
@database_option
@config_option
@ends_with_exit_code
def remove(*, name: str, database: str | None, config: Path | None) -> int:
    """Revoke the link of the board NAME, from now on."""
    apply(settings_from(config, database), RemoveBoard(name))
    click.echo(f"board {name} shows nothing any more")
    return 0


async def _boards(settings: CollectorSettings) -> list[Board]:
    async with read_storage(settings) as storage:
        return list(await storage.access.boards())


def _row(board: Board) -> dict[str, object]:
    return {"name": board.name, "site": board.site, "since": format_instant(board.created_at)}
