"""`collector why`: how a worker's time came about, span by span."""

import asyncio
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from collector.cli.options import (
    config_option,
    database_option,
    from_option,
    read_storage,
    settings_from,
    shift_option,
    site_option,
    tell_shift,
    to_option,
)
from collector.metrics.asked import AskedWindow, Question
from collector.metrics.timeline import Piece, Timeline, Unseen, sum_row, unwatched_time
from collector.reports import Reports
from collector.settings import CollectorSettings
from collector.web.timeline_api import timeline_answer
from shared.clock import SystemClock
from shared.events import EventType
from shared.instants import HOUR, MINUTE, SECOND, datetime_of
from shared.terminal import ends_with_exit_code, print_json, print_table

COLUMNS = ("start", "end", "h:mm:ss", "state", "station", "basis", "not watched", "ended by")


@click.command()
@click.argument("worker")
@from_option
@to_option
@shift_option
@site_option
@click.option("--json", "as_json", is_flag=True, help="The answer of the API.")
@database_option
@config_option
@ends_with_exit_code
def why(
    *,
    worker: str,
    start: str | None,
    end: str | None,
    shift: str | None,
    site: str | None,
    as_json: bool,
    database: str | None,
    config: Path | None,
) -> int:
    """Print how WORKER spent the time: what each span began with, what ended it, whether it was seen, and what of it no camera watched.

    Times are by the site's clock. The sums are those of `collector metrics workers`.
    """
    question = Question(start, end, site, shift)
    told, asked, zone = asyncio.run(_told(settings_from(config, database), question, worker=worker))
    if as_json:
        print_json(timeline_answer(told, asked=asked, zone=zone))
        return 0
    if told.kept_from is not None:
        click.echo(f"before {_time(told.kept_from, zone)}: no longer kept")
    print_table([_row(piece, zone=zone, unseen=told.unseen) for piece in told.pieces], COLUMNS)
    click.echo(_sums(told))
    return 0


async def _told(
    settings: CollectorSettings, question: Question, *, worker: str
) -> tuple[Timeline, AskedWindow, ZoneInfo]:
    async with read_storage(settings) as storage:
        reports = Reports(storage, settings=settings, clock=SystemClock())
        asked = await reports.window_asked(question)
        tell_shift(asked)
        told = await reports.timeline(worker, window=asked.window, sites=None if asked.site is None else [asked.site])
        return told, asked, reports.plan_of(told.worker.site).zone


def _row(piece: Piece, *, zone: tzinfo, unseen: Unseen) -> dict[str, str]:
    return {
        "start": _time(piece.start, zone),
        "end": _time(piece.end, zone),
        "h:mm:ss": _length(piece.end - piece.start),
        "state": EventType(piece.began_by.event_type).name,
        "station": piece.began_by.workstation_id,
        "basis": "assumed" if piece.is_assumed else "observed",
        "not watched": _length(unwatched_time([piece], unseen)),
        "ended by": _ended_by(piece, zone=zone),
    }


def _ended_by(piece: Piece, *, zone: tzinfo) -> str:
    sighting = piece.ended_by
    if sighting is None:
        return "–"
    text = f"{EventType(sighting.event_type).name} at {sighting.workstation_id}"
    return text if sighting.at == piece.end else f"{text}, {_time(sighting.at, zone)}"


def _sums(told: Timeline) -> str:
    sums = sum_row(told.pieces, window=told.kept_window, unseen=told.unseen)
    working, idle, absent, assumed, unwatched, no_data = (_length(sum_us) for sum_us in sums.values())
    return (
        f"working {working}, idle {idle}, absent {absent}; of these assumed {assumed}, not watched {unwatched};"
        f" no data {no_data}"
    )


def _time(instant: int, zone: tzinfo) -> str:
    return datetime_of(instant).astimezone(zone).isoformat(sep=" ")


def _length(microseconds: int | None) -> str:
    if microseconds is None:
        return "–"
    hours, rest = divmod(microseconds, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    seconds, rest = divmod(rest, SECOND)
    return f"{hours}:{minutes:02}:{seconds:02}" + (f".{rest:06}" if rest else "")
