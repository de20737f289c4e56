"""`collector import`: events from files, by the same way as those that arrive."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import click

from collector.cli.import_lines import LONGEST_LINE, Chunk, read_chunks
from collector.cli.options import config_option, database_option, settings_from
from collector.service import door
from collector.settings import CollectorSettings
from collector.site_names import check_site
from shared.clock import SystemClock
from shared.errors import BadRequest
from shared.events import check_id
from shared.spoken import counted
from shared.terminal import Progress, ends_with_exit_code, one_line

TakeIn = Callable[[bytes], dict[str, Any]]
"""Stores NDJSON and returns the answer to a list."""


@click.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--site", help="Where the events belong.  [default: by the settings]")
@click.option("--camera", help="Which camera they come from.  [default: none]")
@database_option
@config_option
@ends_with_exit_code
def import_events(
    *, files: tuple[Path, ...], site: str | None, camera: str | None, database: str | None, config: Path | None
) -> int:
    """Store events from FILES: one JSON event, or one envelope, a line (.gz is unpacked).

    Works while the collector runs and while it does not, and may be repeated: what is there already is a duplicate.
    Ends with 3 if lines were rejected; each is named on stderr. However it ends, it says what has been stored.

    --site is for events without a camera, and else only confirms where the camera belongs: the settings decide that.
    """
    try:
        site = None if site is None else check_site("--site", site)
        camera = None if camera is None else check_id("--camera", camera)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    counts = _import(settings_from(config, database), files=files, site=site, camera=camera)
    return 3 if counts["rejected"] else 0


def _import(
    settings: CollectorSettings, *, files: tuple[Path, ...], site: str | None, camera: str | None
) -> Counter[str]:
    """Store the files; the loop runs only while the store is waited for, so Ctrl-C ends a read from a silent pipe."""
    counts: Counter[str] = Counter()
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        into = runner.run(stack.enter_async_context(door(settings, clock=SystemClock())))
        try:
            for file in files:
                _import_file(
                    file, lambda lines: runner.run(into.take_in(lines, site=site, camera=camera)), counts=counts
                )
        finally:
            _tell(counts)
            runner.run(stack.aclose())
    return counts


def _import_file(file: Path, take_in: TakeIn, *, counts: Counter[str]) -> None:
    progress = Progress(file.stat().st_size, label=file.name, clock=SystemClock())
    try:
        for chunk in read_chunks(file):
            counts.update(_send(chunk, take_in, file=file))
            progress.reach(chunk.position)
    finally:
        progress.close()


def _tell(counts: Counter[str]) -> None:
    click.echo(
        f"{counted(counts['items'], 'event')}: {counts['accepted']:,} new, {counts['duplicates']:,} already there "
        f"(of these {counts['conflicts']:,} in conflict), {counts['rejected']:,} rejected"
    )


def _send(chunk: Chunk, take_in: TakeIn, *, file: Path) -> Counter[str]:
    if chunk.is_too_long:
        click.echo(f"{file}:{chunk.first}: not_an_event: the line has more than {LONGEST_LINE:,} bytes", err=True)
        return Counter(items=1, rejected=1)
    answer = take_in(b"".join(chunk.lines))
    numbers = [chunk.first + offset for offset, line in enumerate(chunk.lines) if line.strip()]
    for result in answer["results"]:
        if result["result"] == "rejected":
            # The events of an envelope share its line.
            number = numbers[result["index"]] if result["index"] < len(numbers) else numbers[0]
            click.echo(f"{file}:{number}: {result['code']}: {one_line(result['error'])}", err=True)
    counted = {key: answer[key] for key in ("accepted", "duplicates", "conflicts", "rejected")}
    return Counter(counted | {"items": answer["accepted"] + answer["duplicates"] + answer["rejected"]})
