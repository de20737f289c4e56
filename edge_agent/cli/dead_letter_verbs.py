"""`edge-agent dead-letters edit`, `retry` and `drop`: what a person decides about events that will not be sent again.

Through the running agent, or on the queue itself where none runs.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from edge_agent.buffer.reader import LogReader
from edge_agent.cli.dead_letters import code_option, dead_letters, event_of, letter_of, letters
from edge_agent.cli.options import config_option, data_dir_option, load
from edge_agent.control import Letters, check_reason, letters_of
from shared.clock import SystemClock
from shared.errors import BadRequest
from shared.receipts import Ranges, of_numbers
from shared.spoken import counted
from shared.terminal import ends_with_exit_code

FIELDS = ("timestamp", "worker_id", "workstation_id", "event_type", "confidence", "count")
_NUMBERS = ("confidence", "count")
Command = TypeVar("Command", bound=Callable[..., Any])


def _choice(command: Command) -> Command:
    """Add the ways to choose letters."""
    command = click.option("--all", "everything", is_flag=True, help="All of them.")(code_option(command))
    return click.argument("numbers", nargs=-1, type=int)(command)


@dead_letters.command
@_choice
@config_option
@data_dir_option
@ends_with_exit_code
def retry(
    *, numbers: tuple[int, ...], code: str | None, everything: bool, config: Path | None, data_dir: str | None
) -> int:
    """Send dead letters again as they are: those with these NUMBERS, with a code, or all.

    For what was mended elsewhere: the collector's clock, its settings, its version.

    \b
    exit: 0 done · 1 no such letter, or no queue · 2 none was chosen, or settings wrong
          5 the agent runs but does not answer · 6 queue held by another process · 7 storage
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    folder = load(config, data_dir=data_dir).data_dir
    chosen = _chosen(folder, numbers=numbers, code=code, everything=everything)
    done = _ask(folder, lambda door: door.retry(chosen))
    click.echo(f"{counted(done, 'event waits', many='events wait')} to be sent again")
    return 0


@dead_letters.command
@_choice
@click.option("--reason", default="dropped by an operator", show_default=True, help="Why; it stays with the numbers.")
@config_option
@data_dir_option
@ends_with_exit_code
def drop(
    *,
    numbers: tuple[int, ...],
    code: str | None,
    everything: bool,
    reason: str,
    config: Path | None,
    data_dir: str | None,
) -> int:
    """Give dead letters up for good: those with these NUMBERS, with a code, or all.

    Their numbers stay accounted for, as dropped. Write them to a file with export before.

    \b
    exit: 0 done · 1 no such letter, or no queue · 2 none was chosen, or settings wrong
          5 the agent runs but does not answer · 6 queue held by another process · 7 storage
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    check_reason(reason)
    folder = load(config, data_dir=data_dir).data_dir
    chosen = _chosen(folder, numbers=numbers, code=code, everything=everything)
    done = _ask(folder, lambda door: door.drop(chosen, reason=reason))
    click.echo(f"{counted(done, 'event')} dropped")
    return 0


@dead_letters.command
@click.argument("number", type=int)
@click.argument("changes", nargs=-1, required=True, metavar="FIELD=VALUE...")
@config_option
@data_dir_option
@ends_with_exit_code
def edit(*, number: int, changes: tuple[str, ...], config: Path | None, data_dir: str | None) -> int:
    """Send a mended event instead of the dead letter NUMBER.

    What is stored is never changed: the mended event gets a number of its own, and the letter is dropped. A FIELD is
    timestamp, worker_id, workstation_id, event_type, confidence or count; an empty VALUE takes it away.

    \b
    example:
      edge-agent dead-letters edit 17 worker_id=W3 timestamp=2026-01-15T10:00:00+01:00

    \b
    exit: 0 done · 1 no such letter, or no queue · 2 it would be no event, or settings wrong
          5 the agent runs but does not answer · 6 queue held by another process · 7 storage
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    folder = load(config, data_dir=data_dir).data_dir
    with LogReader(folder) as reader:
        event = edited(event_of(letter_of(reader, number)), changes)
    new = _ask(folder, lambda door: door.edit(number, event))
    click.echo(f"number {new} goes instead of {number}")
    return 0


def edited(event: dict[str, Any], changes: tuple[str, ...]) -> dict[str, Any]:
    """Return an event with some fields changed.

    Raises:
        BadRequest: a change is not FIELD=VALUE, or names no field of an event.

    >>> edited({"worker_id": "W?", "count": 3}, ("worker_id=W3", "count="))
    {'worker_id': 'W3'}
    """
    event = dict(event)
    for change in changes:
        name, mark, text = change.partition("=")
        if not mark or name not in FIELDS:
            raise BadRequest(f"{change!r} is no FIELD=VALUE", hint=f"a field is one of {', '.join(FIELDS)}")
        if text:
            event[name] = _value(name, text)
        else:
            event.pop(name, None)
    return event


def _value(name: str, text: str) -> Any:
    if name not in _NUMBERS:
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadRequest(f"{name} must be a number, not {text!r}") from error


def _chosen(folder: Path, *, numbers: tuple[int, ...], code: str | None, everything: bool) -> Ranges:
    """Return the numbers of the letters that were chosen.

    Raises:
        BadRequest: none was chosen, or in two ways.
        NotFound: one of the numbers is no dead letter.
    """
    if sum((bool(numbers), code is not None, everything)) != 1:
        raise BadRequest("choose letters by their numbers, by --code, or by --all")
    with LogReader(folder) as reader:
        if numbers:
            return of_numbers(letter_of(reader, number).seq for number in numbers)
        return of_numbers(letter.seq for letter in letters(reader, code=code))


def _ask(folder: Path, verb: Callable[[Letters], Awaitable[int]]) -> int:
    async def run() -> int:
        async with letters_of(folder, clock=SystemClock()) as door:
            return await verb(door)

    return asyncio.run(run())
