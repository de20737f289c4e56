"""`edge-agent dead-letters list`, `show` and `export`: which events will not be sent again, and why.

All three read beside the running agent, or without one.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from edge_agent.buffer.dead_letters import LetterRow
from edge_agent.buffer.reader import LogReader
from edge_agent.cli.options import config_option, data_dir_option, load
from shared.errors import LinesideError, NotFound
from shared.instants import format_instant
from shared.spoken import counted
from shared.terminal import ends_with_exit_code, json_text, one_line, print_json, print_table

COLUMNS = ("number", "code", "error", "buried_at", "timestamp", "worker_id", "workstation_id", "event_type")
_PAGE = 1_000
code_option = click.option("--code", metavar="CODE", help="Only letters with this code.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("dead-letters")
def dead_letters() -> None:
    """Look at events that will not be sent again, and decide about them.

    The collector refused them, or they are damaged on disk. None leaves the queue by itself, with two exceptions: one
    that was ahead of the collector's clock by less than an hour is sent again when its time has come, and the oldest
    are given up beyond 100,000, and beyond a quarter of buffer.max_size where room is short.
    """


@dead_letters.command("list")
@config_option
@data_dir_option
@code_option
@json_option
@ends_with_exit_code
def list_letters(*, config: Path | None, data_dir: str | None, code: str | None, as_json: bool) -> int:
    """List the dead letters of the queue with their reasons, oldest first.

    \b
    exit: 0 there are none · 1 no queue there · 2 settings wrong · 3 there are some · 7 queue unusable
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    with LogReader(load(config, data_dir=data_dir).data_dir) as reader:
        rows = [describe(letter) for letter in letters(reader, code=code)]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(rows, COLUMNS)
    else:
        click.echo("no dead letters")
    return 3 if rows else 0


@dead_letters.command("show")
@click.argument("number", type=int)
@config_option
@data_dir_option
@json_option
@ends_with_exit_code
def show_letter(*, number: int, config: Path | None, data_dir: str | None, as_json: bool) -> int:
    """Show everything that is known of the dead letter NUMBER.

    \b
    exit: 0 shown · 1 there is none of that number, or no queue · 2 settings wrong · 7 queue unusable
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    with LogReader(load(config, data_dir=data_dir).data_dir) as reader:
        told = describe(letter_of(reader, number))
    if as_json:
        print_json(told)
    else:
        for name, value in told.items():
            click.echo(f"{name + ':':16}{'–' if value is None else one_line(str(value))}")
    return 0


@dead_letters.command("export")
@click.argument("file", type=click.Path(allow_dash=True, path_type=str), default="-")
@config_option
@data_dir_option
@code_option
@ends_with_exit_code
def export_letters(*, file: str, config: Path | None, data_dir: str | None, code: str | None) -> int:
    """Write the dead letters to FILE, one JSON object a line; - is standard output.

    Each line is the event with its reason under dead_letter, which readers of events pass over: mended, it can be given
    to edge-agent send or to collector import.

    \b
    exit: 0 written · 1 no queue there, or the file cannot be written · 2 settings wrong
          7 queue unusable
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    with LogReader(load(config, data_dir=data_dir).data_dir) as reader:
        try:
            with click.open_file(file, "w", encoding="utf-8") as out:
                written = _write(letters(reader, code=code), out)
        except OSError as error:
            raise LinesideError(f"{file} cannot be written: {error.strerror or error}") from error
    click.echo(counted(written, "dead letter"), err=True)
    return 0


def letters(reader: LogReader, *, code: str | None = None) -> Iterator[LetterRow]:
    """Yield the dead letters, oldest number first, a page in memory at a time."""
    after = 0
    while page := reader.dead_letters(after_seq=after, most=_PAGE):
        yield from (letter for letter in page if code is None or letter.code == code)
        after = page[-1].seq


def letter_of(reader: LogReader, number: int) -> LetterRow:
    """Return the dead letter of a number.

    Raises:
        NotFound: there is none.
    """
    page = reader.dead_letters(after_seq=number - 1, most=1)
    if not page or page[0].seq != number:
        raise NotFound(f"there is no dead letter {number}", hint="edge-agent dead-letters list names them")
    return page[0]


def event_of(letter: LetterRow) -> dict[str, Any]:
    """Return the event of a letter as it was accepted; empty where the disk no longer has it."""
    if letter.payload is None or not letter.is_whole:
        return {}
    event: dict[str, Any] = json.loads(letter.payload)
    return event


def describe(letter: LetterRow) -> dict[str, Any]:
    """Return a letter as the commands show it: its number and reason, then the fields of its event."""
    reason = {"number": letter.seq, "code": letter.code, "error": letter.error}
    told = reason | {"buried_at": format_instant(letter.buried_at), "epoch": letter.epoch}
    event = event_of(letter)
    if not event and letter.payload is not None:
        return told | {"damaged": letter.payload.decode(errors="backslashreplace")}
    return told | event


def _write(found: Iterable[LetterRow], out: Any) -> int:
    written = 0
    for letter in found:
        event = event_of(letter)
        reason = {name: value for name, value in describe(letter).items() if name not in event}
        out.write(json_text(event | {"dead_letter": reason}) + "\n")
        written += 1
    return written
