"""`collector import`: events from files, by the same way as those that arrive."""

import asyncio
import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from collector.cli.options import config_option, database_option, settings_from
from collector.control import Door
from collector.service import door
from collector.settings import CollectorSettings
from shared.clock import SystemClock
from shared.errors import BadRequest
from shared.events import check_id
from shared.terminal import Progress, ends_with_exit_code, one_line

LINES_TOGETHER = 5_000
BYTES_TOGETHER = 2 * 1024 * 1024
ENVELOPE_START = b'{"agent":'


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
    Ends with 3 if lines were rejected; each is named on stderr.
    """
    try:
        site = None if site is None else check_id("--site", site)
        camera = None if camera is None else check_id("--camera", camera)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    counts = asyncio.run(_import(settings_from(config, database), files=files, site=site, camera=camera))
    click.echo(
        f"{counts['items']:,} events: {counts['accepted']:,} new, {counts['duplicates']:,} already there "
        f"(of these {counts['conflicts']:,} in conflict), {counts['rejected']:,} rejected"
    )
    return 3 if counts["rejected"] else 0


async def _import(
    settings: CollectorSettings, *, files: tuple[Path, ...], site: str | None, camera: str | None
) -> Counter[str]:
    counts: Counter[str] = Counter()
    async with door(settings, clock=SystemClock()) as into:
        for file in files:
            progress = Progress(file.stat().st_size, label=file.name, clock=SystemClock())
            for first_line, lines, position in _chunks(file):
                counts.update(await _send(into, lines, origin=(file, first_line), sender=(site, camera)))
                progress.reach(position)
            progress.close()
    return counts


async def _send(
    into: Door, lines: list[bytes], *, origin: tuple[Path, int], sender: tuple[str | None, str | None]
) -> Counter[str]:
    answer = await into.take_in(b"".join(lines), site=sender[0], camera=sender[1])
    numbers = [origin[1] + offset for offset, line in enumerate(lines) if line.strip()]
    for result in answer["results"]:
        if result["result"] == "rejected":
            # The events of an envelope share its line.
            number = numbers[result["index"]] if result["index"] < len(numbers) else numbers[0]
            click.echo(f"{origin[0]}:{number}: {result['code']}: {one_line(result['error'])}", err=True)
    counted = {key: answer[key] for key in ("accepted", "duplicates", "conflicts", "rejected")}
    return Counter(counted | {"items": answer["accepted"] + answer["duplicates"] + answer["rejected"]})


def _chunks(file: Path) -> Iterator[tuple[int, list[bytes], int]]:
    """Yield (number of the first line, lines, bytes of the file read so far); an envelope comes alone."""
    with file.open("rb") as raw:
        opened = gzip.GzipFile(fileobj=raw) if file.suffix == ".gz" else raw
        lines: list[bytes] = []
        size = 0
        first = 1
        try:
            for number, line in enumerate(opened, start=1):
                alone = line.startswith(ENVELOPE_START)
                if lines and (alone or len(lines) >= LINES_TOGETHER or size + len(line) > BYTES_TOGETHER):
                    yield first, lines, raw.tell()
                    lines, size, first = [], 0, number
                lines.append(line)
                size += len(line)
                if alone:
                    yield first, lines, raw.tell()
                    lines, size, first = [], 0, number + 1
        except (gzip.BadGzipFile, EOFError) as error:
            raise BadRequest(f"{file} is not whole gzip: {error}", hint="what came before is stored") from error
        if lines:
            yield first, lines, raw.tell()
