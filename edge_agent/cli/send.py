"""`edge-agent send`: events from a file or a pipe into the running agent."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import click

from edge_agent.intake.line_sender import LineSender, RejectedLine
from edge_agent.intake.lines import MOST_BYTES, Chunk, read_chunks
from shared.clock import Clock, SystemClock
from shared.errors import LinesideError
from shared.spoken import counted
from shared.terminal import ends_with_exit_code, one_line

_POLL_SECONDS = 0.25


@dataclass(slots=True)
class _Tally:
    accepted: int = 0
    rejected: int = 0


@click.command
@click.argument("file", type=click.Path(allow_dash=True, path_type=str))
@click.option("--agent", default="http://127.0.0.1:8600", show_default=True, metavar="URL", help="The running agent.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How long one chunk of lines is tried; with --wait also how long to wait while nothing moves.",
)
@click.option("--wait", is_flag=True, help="Return when the collector has everything.")
@ends_with_exit_code
def send(*, file: str, agent: str, timeout: float, wait: bool) -> int:
    """Send the events of FILE, one JSON object a line, to the agent; - is standard input.

    A line is taken when the agent has it on disk. Rejected lines are named on stderr and hold nobody up. Sending a file
    again, whole or in part, is safe: events are recognised by what they say.

    \b
    examples:
      edge-agent send events.ndjson --wait
      tail -f camera.log | edge-agent send -

    \b
    exit: 0 all taken · 1 FILE cannot be read, or what answers there is no agent
          3 some lines rejected, or --wait ran out · 5 agent unreachable
    """  # noqa: D301 - \b keeps the lines of the paragraph after it
    clock = SystemClock()
    sender = LineSender(agent, timeout_seconds=timeout, clock=clock)
    with asyncio.Runner() as runner, _opened(file) as stream:
        runner.run(sender.__aenter__())
        try:
            dead_before = int(runner.run(sender.status())["dead"]) if wait else 0
            tally = _send_all(stream, lambda chunk: runner.run(sender.send(chunk.lines)))
            delivered = not wait or runner.run(
                _wait(sender, patience_seconds=timeout, clock=clock, dead_before=dead_before)
            )
        finally:
            runner.run(sender.__aexit__())
    return 3 if tally.rejected or not delivered else 0


def _opened(file: str) -> BinaryIO:
    """Return the stream unbuffered: a read gives what there is and waits only when there is nothing."""
    if file == "-":
        return open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
    try:
        return Path(file).open("rb", buffering=0)
    except OSError as error:
        raise LinesideError(f"{file} cannot be read: {error.strerror}") from error


def _send_all(stream: BinaryIO, post: Callable[[Chunk], list[RejectedLine]]) -> _Tally:
    """Send every line; whatever ends it, the last word is how far it came."""
    tally = _Tally()
    try:
        for chunk in read_chunks(stream.read):
            for number in chunk.too_long:
                _name_rejected(RejectedLine(number, "not_an_event", f"the line has more than {MOST_BYTES:,} bytes"))
            rejected = post(chunk) if chunk.lines else []
            for line in rejected:
                _name_rejected(line)
            tally.accepted += len(chunk.lines) - len(rejected)
            tally.rejected += len(rejected) + len(chunk.too_long)
    finally:
        click.echo(f"{counted(tally.accepted, 'line')} accepted, {tally.rejected:,} rejected")
    return tally


def _name_rejected(line: RejectedLine) -> None:
    click.echo(f"line {line.number}: {one_line(line.error)}", err=True)


async def _wait(sender: LineSender, *, patience_seconds: float, clock: Clock, dead_before: int) -> bool:
    """Return True once nothing is pending; False if nothing has moved for the time, or the collector refused events."""
    handled = -1
    patience_ends = clock.monotonic() + patience_seconds
    while True:
        status = await sender.status()
        refused = status["dead"] - dead_before
        if status["pending"] == 0:
            break
        if handled != (handled := status["settled"] + status["dead"]):
            patience_ends = clock.monotonic() + patience_seconds
        if clock.monotonic() >= patience_ends:
            words = ": ".join(str(status[key]) for key in ("state", "cause") if status.get(key))
            click.echo(
                f"the collector lacks {counted(status['pending'], 'event')}; "
                f"{patience_seconds:g} s without progress ({one_line(words)})",
                err=True,
            )
            return False
        await clock.sleep(_POLL_SECONDS)
    if refused:
        them = counted(refused, "event; it is a dead letter", many="events; they are dead letters")
        click.echo(f"the collector refused {them} of the agent", err=True)
        return False
    click.echo("the collector has everything")
    return True
