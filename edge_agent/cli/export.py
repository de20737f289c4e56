"""`edge-agent export`: the queue's events as envelopes in a file, for a camera that never gets a link."""

from collections.abc import Iterator
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import IO, get_args

import click

from edge_agent.buffer.reader import LogReader, State
from edge_agent.buffer.rows import Entry
from edge_agent.cli.options import config_option, data_dir_option, load
from edge_agent.cli.replay import moment
from edge_agent.courier import MOST_IN_A_BATCH
from edge_agent.delivery.batching import Epoch, Gap
from edge_agent.delivery.envelope import Header, envelope
from edge_agent.delivery.lacking import MOST_SKIPPED, gone, sort_lacking
from shared.clock import SystemClock, new_token
from shared.errors import BadRequest, LinesideError
from shared.receipts import count, of_numbers
from shared.spoken import counted
from shared.terminal import ends_with_exit_code
from shared.wire import REPLAY_SUFFIX


@click.command
@click.argument("file", type=click.Path(allow_dash=True, path_type=str), default="-")
@config_option
@data_dir_option
@click.option("--from", "start", metavar="TIME", help="First instant: RFC 3339, today, yesterday, or 2h (ago).")
@click.option("--to", "end", metavar="TIME", help="End, itself not included; same forms.")
@click.option("--state", type=click.Choice(get_args(State)), default="all", show_default=True, help="Which events.")
@click.option("--camera", metavar="NAME", help="The camera's name.  [default: the one the agent last ran with]")
@ends_with_exit_code
def export(
    *,
    file: str,
    config: Path | None,
    data_dir: str | None,
    start: str | None,
    end: str | None,
    state: State,
    camera: str | None,
) -> int:
    """Write the queue's events to FILE, one envelope a line; - is standard output.

    collector import reads it, as often as you like: events keep their numbers, and what is there already is a
    duplicate. Numbers that will never come, because they were given up, are written with the reason, so that
    nothing is missing for ever. It may run beside the agent and never writes the queue.

    \b
    example:
      edge-agent export | gzip > cam-03.ndjson.gz

    \b
    exit: 0 written · 1 no queue there, or the file cannot be written · 2 settings wrong
          3 some events are damaged · 7 queue unusable
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    now = SystemClock().now()
    with LogReader(load(config, data_dir=data_dir).data_dir) as reader:
        name = camera or reader.recall("camera")
        if name is None:
            raise BadRequest("this queue was never used by an agent", hint="name the camera with --camera")
        written = 0
        try:
            with click.open_file(file, "wb") as out:
                for entries in _pages(reader, window=(moment(start, now), moment(end, now)), state=state):
                    _write(out, entries, reader=reader, camera=name, now=now)
                    written += len(entries)
                for epoch, skipped in _never_coming(reader):
                    _write(out, [], reader=reader, camera=name, now=now, epoch=epoch, skipped=skipped)
                out.flush()
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            raise LinesideError(f"{file} cannot be written: {error.strerror or error}") from error
        damaged = reader.damaged
    click.echo(f"{counted(written, 'event')} written", err=True)
    if damaged:
        click.echo(
            counted(
                damaged,
                "event is damaged on disk and was left out",
                many="events are damaged on disk and were left out",
            ),
            err=True,
        )
    return 3 if damaged else 0


def _pages(reader: LogReader, *, window: tuple[int | None, int | None], state: State) -> Iterator[list[Entry]]:
    """Yield the events by ascending number, each page of one epoch; it ends at the number that is the last now."""
    after, last = 0, reader.facts().last_seq
    while after < last:
        page = reader.entries(from_at=window[0], to_at=window[1], state=state, after_seq=after, most=MOST_IN_A_BATCH)
        if not page:
            return
        after = page[-1].seq
        for _, entries in groupby((entry for entry in page if entry.seq <= last), key=lambda entry: entry.epoch):
            yield list(entries)


def _never_coming(reader: LogReader) -> Iterator[tuple[Epoch, tuple[Gap, ...]]]:
    """Yield which numbers of an epoch no export will bring any more and why, as many as one envelope reports."""
    backlog, settled, dead = reader.numbering()
    for epoch in backlog.epochs:
        every = ((epoch.first, epoch.last),) if epoch.last >= epoch.first else ()
        found = sort_lacking(every, epoch=epoch, backlog=backlog, settled=settled, dead=dead)
        gaps = (*found.skipped, *gone(found.candidates, kept=reader.kept(found.candidates)))
        for start in range(0, len(gaps), MOST_SKIPPED):
            yield epoch, gaps[start : start + MOST_SKIPPED]


def _write(
    out: IO[bytes],
    entries: list[Entry],
    *,
    reader: LogReader,
    camera: str,
    now: int,
    epoch: Epoch | None = None,
    skipped: tuple[Gap, ...] = (),
) -> None:
    facts = reader.facts()
    header = Header(
        camera=camera,
        version=version("lineside") + REPLAY_SUFFIX,
        batch=new_token(),
        sent_at=now,
        epoch=epoch or _epoch_of(facts.epochs, entries[0]),
        seqs=of_numbers(entry.seq for entry in entries),
        watermark=None,
        pending=count(facts.pending),
        oldest_pending_at=None,
        skipped=skipped,
    )
    out.write(envelope(header, (entry.payload for entry in entries)) + b"\n")


def _epoch_of(epochs: tuple[Epoch, ...], entry: Entry) -> Epoch:
    return next(epoch for epoch in epochs if epoch.token == entry.epoch)
