"""`collector users`: who may look, and as what."""

import asyncio
import sys
from pathlib import Path

import click

from collector import passwords
from collector.cli.changing import apply
from collector.cli.options import checked_id, checked_site, config_option, database_option, read_storage, settings_from
from collector.grants import PEOPLE, AddPerson, NewPassword, Person, RemovePerson, Role
from collector.settings import CollectorSettings
from shared.clock import SystemClock
from shared.errors import BadRequest
from shared.instants import format_instant
from shared.terminal import ends_with_exit_code, print_json, print_table

COLUMNS = ("name", "role", "site", "since")
stdin_option = click.option("--password-stdin", is_flag=True, help="Read the password from stdin instead of asking.")


@click.group()
def users() -> None:
    """Say who may log in: as viewer, supervisor (sees persons, too) or admin (sees settings, and no person)."""


@users.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice([role.value for role in PEOPLE]),
    default="viewer",
    show_default=True,
    help="What they may see.",
)
@click.option("--site", help="The one site that they see.  [default: all]")
@stdin_option
@database_option
@config_option
@ends_with_exit_code
def add(
    *, name: str, role: str, site: str | None, password_stdin: bool, database: str | None, config: Path | None
) -> int:
    """Let NAME log in with a password, which is asked for twice.

    From the first user on whoever is not known may neither look nor send.
    """
    settings = settings_from(config, database)
    who, where = checked_id("NAME", name), checked_site("--site", site)
    password = passwords.hashed(_read_password(from_stdin=password_stdin))
    apply(settings, AddPerson(who, Role(role), where, password, SystemClock().now()))
    click.echo(f"{who} may log in as {role}")
    return 0


@users.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@database_option
@config_option
@ends_with_exit_code
def list_users(*, as_json: bool, database: str | None, config: Path | None) -> int:
    """Print who may log in, in which role, and since when."""
    rows = [_row(person) for person in asyncio.run(_people(settings_from(config, database)))]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS)
    return 0


@users.command()
@click.argument("name")
@stdin_option
@database_option
@config_option
@ends_with_exit_code
def passwd(*, name: str, password_stdin: bool, database: str | None, config: Path | None) -> int:
    """Give NAME another password; whoever is logged in under that name is logged out."""
    settings = settings_from(config, database)
    apply(settings, NewPassword(name, passwords.hashed(_read_password(from_stdin=password_stdin))))
    click.echo(f"{name} has another password")
    return 0


@users.command()
@click.argument("name")
@database_option
@config_option
@ends_with_exit_code
def remove(*, name: str, database: str | None, config: Path | None) -> int:
    """Let NAME in no more, from now on."""
    apply(settings_from(config, database), RemovePerson(name))
    click.echo(f"{name} may not log in any more")
    return 0


def _read_password(*, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt="Once more", err=True)
    why = passwords.why_not(password)
    if why is not None:
        raise BadRequest(why)
    return password


async def _people(settings: CollectorSettings) -> list[Person]:
    async with read_storage(settings) as storage:
        return list(await storage.access.people())


def _row(person: Person) -> dict[str, object]:
    return {
        "name": person.name,
        "role": person.role.value,
        "site": person.site,
        "since": format_instant(person.created_at),
    }
