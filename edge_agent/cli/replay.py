"""`edge-agent replay`: sends the log's events once more.

Narration (the window as it was understood, progress) goes to stderr, the result to stdout. Exit codes: 0 all confirmed,
3 the collector rejected some, 4 not authorised, 5 unreachable, 130 interrupted; the result is printed in each case.
"""

import asyncio
from dataclasses import asdict
from datetime import datetime, time, timedelta, tzinfo
from importlib.metadata import version
from pathlib import Path
from typing import get_args

import click
from pydantic import TypeAdapter, ValidationError

from edge_agent.buffer.reader import LogReader, State
from edge_agent.cli.options import config_option, data_dir_option, load
from edge_agent.cli.target import Target
from edge_agent.courier import Tally
from edge_agent.replay import Choice, Replay
from edge_agent.sender import Sender
from shared.clock import SystemClock
from shared.errors import BadRequest
from shared.instants import TimestampRefused, datetime_of, format_instant, instant_of, parse_instant
from shared.settings_file import Duration
from shared.spoken import counted
from shared.terminal import Progress, ends_with_exit_code, one_line, print_json

_DAYS_AGO = {"today": 0, "yesterday": 1}
_DURATION: TypeAdapter[int] = TypeAdapter(Duration)
_FILE = click.Path(path_type=Path, dir_okay=False)


def read_moment(text: str, *, now: int, zone: tzinfo | None = None) -> int:
    """Return the instant that a person means; `zone` says where the days are, None: where this machine is.

    `2026-01-15T06:00:00+01:00` is itself, `today` and `yesterday` are the midnights they begin with, `2h` was two
    hours ago.

    Raises:
        BadRequest: it is none of these.
    """
    hint = "write RFC 3339 with an offset, today, yesterday, or how long ago, such as 2h"
    if text in _DAYS_AGO:
        day = datetime_of(now).astimezone(zone).date() - timedelta(days=_DAYS_AGO[text])
        return instant_of(datetime.combine(day, time.min, tzinfo=zone))
    try:
        if text[-1:] in "smhd":
            return max(now - _DURATION.validate_python(text), 0)
        return parse_instant(text)
    except ValidationError:
        raise BadRequest(f"{text!r} is no time", hint=hint) from None
    except TimestampRefused as error:
        raise BadRequest(f"{text!r} is no time: {error}", hint=hint) from error


@click.command
@config_option
@data_dir_option
@click.option("--from", "start", metavar="TIME", help="First instant: RFC 3339, today, yesterday, or 2h (ago).")
@click.option("--to", "end", metavar="TIME", help="End, itself not included; same forms.")
@click.option("--state", type=click.Choice(get_args(State)), default="all", show_default=True, help="Which events.")
@click.option("--rate", type=click.IntRange(min=1), metavar="N", help="At most so many events a second.")
@click.option("--dry-run", is_flag=True, help="Only say how many events it would be.")
@click.option("--collector", "url", metavar="URL", help="To whom.  [default: the agent's collector]")
@click.option("--token-file", type=_FILE, help="Our token there.  [default: the agent's, for its own collector]")
@click.option("--ca-file", type=_FILE, help="Certificates to trust.  [default: the agent's]")
@click.option("--allow-insecure", is_flag=True, help="Let events leave this machine in clear, over http://.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@ends_with_exit_code
def replay(
    *,
    config: Path | None,
    data_dir: str | None,
    start: str | None,
    end: str | None,
    state: State,
    rate: int | None,
    dry_run: bool,
    url: str | None,
    token_file: Path | None,
    ca_file: Path | None,
    allow_insecure: bool,
    as_json: bool,
) -> int:
    """Send events of the queue once more.

    What the collector has already it keeps once, so a replay may be interrupted and repeated. It may run beside the
    agent and never writes the queue.

    \b
    exit: 0 all confirmed · 1 no queue there · 2 settings wrong · 3 some rejected or damaged
          4 not authorised · 5 unreachable for 30 s · 7 queue unusable · 130 interrupted;
          what was done is printed in each case
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    clock = SystemClock()
    now = clock.now()
    with LogReader(load(config, data_dir=data_dir).data_dir) as reader:
        choice = Choice(moment(start, now), moment(end, now), state)
        target = Target.of(reader, url=url, token_file=token_file, ca_file=ca_file, allow_insecure=allow_insecure)
        total = reader.count(from_at=choice.from_at, to_at=choice.to_at, state=state)
        click.echo(one_line(f"{counted(total, 'event')} {_in_words(choice)}, to {target.url}"), err=True)
        if dry_run:
            return _tell_plan(total, choice=choice, url=target.url, as_json=as_json)
        progress = Progress(total, label="replay", clock=clock)
        sender = Sender(target.url, token_file=target.token_file, ca_file=target.ca_file)
        run = Replay(
            reader,
            sender,
            choice=choice,
            camera=target.camera,
            version=version("lineside"),
            clock=clock,
            rate=rate,
            on_progress=progress.advance,
        )
        try:
            asyncio.run(_run(run, sender))
        finally:
            progress.close()
            _tell(run.tally, damaged=reader.damaged, as_json=as_json)
        return 3 if run.tally.rejected or reader.damaged else 0


async def _run(run: Replay, sender: Sender) -> None:
    async with sender:
        await run.run()


def moment(text: str | None, now: int) -> int | None:
    """Return the instant that an option means, None if it was not given."""
    return None if text is None else read_moment(text, now=now)


def _in_words(choice: Choice) -> str:
    """Return the window as it was understood, in this machine's time."""
    ends = [
        f"{word} {datetime_of(at).astimezone().isoformat()}"
        for word, at in (("from", choice.from_at), ("to", choice.to_at))
        if at is not None
    ]
    return f"({', '.join([f'state {choice.state}', *ends])})"


def _tell_plan(total: int, *, choice: Choice, url: str, as_json: bool) -> int:
    if as_json:
        start, end = (None if at is None else format_instant(at) for at in (choice.from_at, choice.to_at))
        print_json({"events": total, "from": start, "to": end, "state": choice.state, "collector": url})
    else:
        click.echo(f"would send {total:,}")
    return 0


def _tell(tally: Tally, *, damaged: int, as_json: bool) -> None:
    if as_json:
        print_json({"confirmed": tally.confirmed} | asdict(tally) | {"damaged": damaged})
        return
    there = f"already there {tally.already_there:,} (of these in conflict {tally.in_conflict:,})"
    click.echo(f"confirmed {tally.confirmed:,}: new {tally.new:,}, {there}, rejected {tally.rejected:,}")
    if damaged:
        click.echo(
            counted(
                damaged,
                "event is damaged on disk and was not sent",
                many="events are damaged on disk and were not sent",
            ),
            err=True,
        )
