"""`collector cameras`: who may send, and how they stand with their tokens."""

import asyncio
from pathlib import Path

import click

from collector.cli.changing import apply
from collector.cli.options import (
    checked_id,
    checked_site,
    config_option,
    database_option,
    read_storage,
    settings_from,
    span_of,
)
from collector.grants import AddCamera, CameraAccess, Kind, PauseCamera, RemoveCamera, RenewToken, digest_of
from collector.settings import CollectorSettings
from shared.clock import SystemClock, new_secret
from shared.instants import format_instant
from shared.terminal import ends_with_exit_code, print_json, print_table

COLUMNS = ("site", "camera", "tokens", "newest", "paused")


@click.group()
def cameras() -> None:
    """Say which cameras may send, each with a token of its own."""


@cameras.command()
@click.argument("name")
@click.option("--site", help="Where it is.  [default: where it has events, else where the settings place it]")
@database_option
@config_option
@ends_with_exit_code
def add(*, name: str, site: str | None, database: str | None, config: Path | None) -> int:
    """Let the camera NAME send, and print its token; it is shown this once.

    Put it into the file that collector.token_file of the camera's edge agent names. From the first token on whoever has none
    may neither send nor look.
    """
    settings = settings_from(config, database)
    camera, token = checked_id("NAME", name), Kind.camera + new_secret()
    change = AddCamera(
        camera,
        checked_site("--site", site),
        settings.site_of(camera),
        digest_of(token),
        SystemClock().now(),
    )
    where = apply(settings, change)
    click.echo(f"camera {camera} of site {where} may send with this token, which is shown only now:", err=True)
    click.echo(token)
    return 0


@cameras.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@database_option
@config_option
@ends_with_exit_code
def list_cameras(*, as_json: bool, database: str | None, config: Path | None) -> int:
    """Print the cameras, how many valid tokens each has, and when the newest was made."""
    rows = [_row(camera) for camera in asyncio.run(_cameras(settings_from(config, database)))]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS)
    return 0


@cameras.command()
@click.argument("name")
@click.option(
    "--overlap",
    default="1d",
    show_default=True,
    metavar="DURATION",
    help="How long older tokens go on; 0s: not at all.",
)
@database_option
@config_option
@ends_with_exit_code
def token(*, name: str, overlap: str, database: str | None, config: Path | None) -> int:
    """Print another token for the camera NAME; those it has go on for a while, so that nothing is refused meanwhile."""
    made, now = Kind.camera + new_secret(), SystemClock().now()
    change = RenewToken(name, digest_of(made), now, now + span_of("--overlap", overlap))
    apply(settings_from(config, database), change)
    click.echo(
        f"camera {name} may send with this token, which is shown only now; older ones end in {overlap}:", err=True
    )
    click.echo(made)
    return 0


@cameras.command()
@click.argument("name")
@database_option
@config_option
@ends_with_exit_code
def pause(*, name: str, database: str | None, config: Path | None) -> int:
    """Take nothing from the camera NAME and do not wait for it: its events stay at its agent."""
    apply(settings_from(config, database), PauseCamera(name, is_paused=True))
    click.echo(f"camera {name} is paused")
    return 0


@cameras.command()
@click.argument("name")
@database_option
@config_option
@ends_with_exit_code
def resume(*, name: str, database: str | None, config: Path | None) -> int:
    """Take events from the camera NAME again."""
    apply(settings_from(config, database), PauseCamera(name, is_paused=False))
    click.echo(f"camera {name} may send again")
    return 0


@cameras.command()
@click.argument("name")
@database_option
@config_option
@ends_with_exit_code
def remove(*, name: str, database: str | None, config: Path | None) -> int:
    """Revoke all tokens of the camera NAME, from now on; the events that it has sent stay."""
    apply(settings_from(config, database), RemoveCamera(name))
    click.echo(f"camera {name} may not send any more")
    return 0


async def _cameras(settings: CollectorSettings) -> list[CameraAccess]:
    async with read_storage(settings) as storage:
        return list(await storage.access.cameras(now=SystemClock().now()))


def _row(camera: CameraAccess) -> dict[str, object]:
    return {
        "site": camera.site,
        "camera": camera.camera,
        "tokens": camera.tokens,
        "newest": None if camera.newest_at is None else format_instant(camera.newest_at),
        "paused": camera.is_paused,
    }
