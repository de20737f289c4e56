"""`collector import-django`: the events of an existing Django installation, and what both rules make of them."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from collector.cli.import_lines import BYTES_TOGETHER, LONGEST_LINE
from collector.cli.options import config_option, database_option, settings_from
from collector.control import Door
from collector.metrics.original import ROWS, Sums, add_original, add_ours
from collector.records import LedgerRules, NewName
from collector.service import door
from collector.settings import CollectorSettings
from collector.site_names import check_site
from collector.storage.django_source import DjangoSource, SourceEvent
from shared.clock import SystemClock
from shared.errors import BadRequest
from shared.events import Event, check_id, read_event
from shared.instants import TimestampRefused, format_instant, parse_instant
from shared.spoken import counted
from shared.terminal import Progress, ends_with_exit_code, one_line, print_table

EVENTS_TOGETHER = 5_000
LONGEST_NAME = 200


@click.command(name="import-django")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--site", help="Where the events belong.  [default: default_site of the settings]")
@click.option(
    "--time-zone", metavar="NAME", default="UTC", show_default=True, help="Of its timestamps; with USE_TZ, UTC."
)
@database_option
@config_option
@ends_with_exit_code
def import_django(*, file: Path, site: str | None, time_zone: str, database: str | None, config: Path | None) -> int:
    """Store the events and names of FILE, the db.sqlite3 of an existing Django installation.

    Reads its tables app_event, app_worker and app_workstation and writes nothing to them. Works while the collector runs, and
    may be repeated: what is there already is a duplicate. Says at last what its events add up to, by the installation's
    rule (a state lasts until the next event of any type) and by the collector's.

    \b
    exit: 0 all stored · 3 some were no events, each named on stderr · 7 it is not such a database
    """  # noqa: D301 - \b keeps the lines of the paragraph after it
    settings = settings_from(config, database)
    zone, site = _zone(time_zone), _site(site, settings)
    with DjangoSource(file) as source:
        counts = _import(source, settings, site=site, zone=zone)
        _tell_totals(source, rules=settings.ledger_rules, zone=zone)
    return 3 if counts["rejected"] else 0


def item_of(row: SourceEvent, *, zone: ZoneInfo) -> dict[str, Any]:
    """Return a row as a camera would have sent it; what cannot be read stays as it is, and is refused as such."""
    named = row._asdict()
    del named["id"]
    return named | {"timestamp": _timestamp(row.timestamp, zone)}


def _timestamp(value: Any, zone: ZoneInfo) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return format_instant(parse_instant(value.replace(" ", "T", 1), time_zone=zone))
    except TimestampRefused:
        return value


def _import(source: DjangoSource, settings: CollectorSettings, *, site: str, zone: ZoneInfo) -> Counter[str]:
    """Store everything; the loop runs only while the store is waited for, so Ctrl-C ends the reading too."""
    counts: Counter[str] = Counter(items=0)
    progress = Progress(source.count(), label="events stored", clock=SystemClock())
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        into = runner.run(stack.enter_async_context(door(settings, clock=SystemClock())))
        try:
            for rows in source.events(together=EVENTS_TOGETHER):
                counts.update(
                    _send(rows, lambda lines: runner.run(into.take_in(lines, site=site, camera=None)), zone=zone)
                )
                progress.advance(len(rows))
            names = runner.run(_given(into, list(_names(source, settings, site=site))))
        finally:
            progress.close()
            _tell(counts)
            runner.run(stack.aclose())
    click.echo(f"{names:,} names of workers and workstations")
    return counts


def _send(rows: Sequence[SourceEvent], take_in: Callable[[bytes], dict[str, Any]], *, zone: ZoneInfo) -> Counter[str]:
    counts = Counter(items=len(rows))
    lines = [json.dumps(item_of(row, zone=zone), default=str).encode() + b"\n" for row in rows]
    for first, end in _requests([len(line) for line in lines]):
        if len(lines[first]) > LONGEST_LINE:
            click.echo(f"app_event {rows[first].id}: not_an_event: more than {LONGEST_LINE:,} bytes", err=True)
            counts["rejected"] += 1
            continue
        answer = take_in(b"".join(lines[first:end]))
        for result in answer["results"]:
            if result["result"] == "rejected":
                where = f"app_event {rows[first + result['index']].id}"
                click.echo(f"{where}: {result['code']}: {one_line(result['error'])}", err=True)
        counts.update({key: answer[key] for key in ("accepted", "duplicates", "conflicts", "rejected")})
    return counts


def _requests(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield which lines of these sizes go together, as [first, end): no more than `BYTES_TOGETHER`, or one alone.

    >>> list(_requests([1, BYTES_TOGETHER - 1, 1, BYTES_TOGETHER + 1, 2]))
    [(0, 2), (2, 3), (3, 4), (4, 5)]
    """
    first = together = 0
    for at, size in enumerate(sizes):
        if at > first and together + size > BYTES_TOGETHER:
            yield first, at
            first, together = at, 0
        together += size
    if sizes:
        yield first, len(sizes)


def _names(source: DjangoSource, settings: CollectorSettings, *, site: str) -> Iterator[NewName]:
    """Yield the names that can be given; an id that cannot be one has no event here either.

    Where a site keeps pseudonyms workers get none: neither their ids nor what they are called is to be stored.
    """
    keeps_pseudonyms = site in settings.pseudonym_keys()
    for kind, identifier, name in source.names():
        found = None if keeps_pseudonyms and kind == "worker" else _id_or_none(identifier)
        if found and len(name) <= LONGEST_NAME and all(map(str.isprintable, name)):
            yield NewName(kind, site, found, name)


async def _given(into: Door, names: list[NewName]) -> int:
    """Give names, all or none; of a worker who was erased none is taken, so the others are given in parts. Return how many."""
    try:
        await into.name(names)
    except BadRequest:
        middle = len(names) // 2
        return await _given(into, names[:middle]) + await _given(into, names[middle:]) if middle else 0
    return len(names)


def _id_or_none(text: str) -> str | None:
    try:
        return check_id("id", text)
    except ValueError:
        return None


def _tell(counts: Counter[str]) -> None:
    click.echo(
        f"{counted(counts['items'], 'event')}: {counts['accepted']:,} new, {counts['duplicates']:,} duplicate "
        f"(of these {counts['conflicts']:,} conflict), {counts['rejected']:,} rejected"
    )


def _tell_totals(source: DjangoSource, *, rules: LedgerRules, zone: ZoneInfo) -> None:
    """Print what the events of the file, and nothing else, add up to; memory holds one worker's."""
    original, ours = Sums(), Sums()
    for _, rows in source.workers():
        judged = [read_event(item_of(row, zone=zone)) for row in rows]
        events = sorted((event for event in judged if isinstance(event, Event)), key=lambda event: event.at)
        add_original(original, events)
        add_ours(ours, events, rules=rules)
    first, second = original.shown(), ours.shown()
    columns = ("of the whole file", "by the original's rule", "by ours")
    print_table([dict(zip(columns, (row, first[row], second[row]), strict=True)) for row in ROWS], columns)
    click.echo("why they differ: docs/metrics.md, and `collector why` for one worker")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadRequest(
            f"--time-zone {name}: is no time zone of the tz database", hint="such as Europe/Berlin"
        ) from error


def _site(site: str | None, settings: CollectorSettings) -> str:
    try:
        return settings.default_site if site is None else check_site("--site", site)
    except ValueError as error:
        raise BadRequest(str(error)) from error
