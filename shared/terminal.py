"""What the commands print: tables, progress, errors. Data goes to stdout, narration to stderr.

A progress bar appears on a terminal only; elsewhere one line every ten seconds says how far it is.
"""

import functools
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ParamSpec, TextIO

import click

from shared.clock import Clock
from shared.errors import LinesideError
from shared.findings import Finding

LINE_EVERY_SECONDS = 10
READER_GONE = 141
"""What a shell says of a program that was ended by writing into a pipe that nobody reads: 128 + SIGPIPE."""
_VERDICTS = {0: "ok", 3: "look"}
_FORMULA = re.compile(r"""((?:^|[;\t\r\n])[ "]*)(?='*[=+\-@＝＋－＠\t\r])""")
"""Where a spreadsheet would begin to run what follows: at the start, and after what separates cells or rows in some countries."""
_WANTS_QUOTES = re.compile(r'[",;\t\r\n]')

Given = ParamSpec("Given")


def print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print rows under a heading; numbers to the right, everything else to the left."""
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(text) for text in column) for column in zip(columns, *cells, strict=True)]
    right = [all(isinstance(row.get(column), int | float | None) for row in rows) and bool(rows) for column in columns]
    for line in [list(columns), *cells]:
        padded = [
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(line, widths, right, strict=True)
        ]
        click.echo("  ".join(padded).rstrip())


def print_json(value: object) -> None:
    """Print one JSON document."""
    click.echo(json_text(value, indent=1))


def print_findings(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Print what a `check` has found, a line each."""
    if as_json:
        print_json([{"what": one.what, "words": one.words, "exit_code": one.exit_code} for one in findings])
        return
    for one in findings:
        click.echo(f"{one.what:10}{_VERDICTS.get(one.exit_code, 'FAIL'):6}{one_line(one.words)}")


def json_text(value: object, *, indent: int | None = None) -> str:
    """Return JSON in which letters are themselves, and what could move the cursor or turn the writing is an escape."""
    # Nothing but texts holds such characters; line breaks are those of the indentation.
    return "\n".join(
        _escaped(line, as_json=True) for line in json.dumps(value, ensure_ascii=False, indent=indent).split("\n")
    )


def write_csv(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, stream: TextIO, has_heading: bool = True
) -> None:
    """Write RFC 4180 CSV; a text that a spreadsheet would run as a formula gets an apostrophe before it.

    Also where `;` or a tab separates cells: there, quotes around `x;=1` hold nothing together, since they do not stand at
    the start of a cell of theirs, and the formula would begin one.
    Apostrophes that are there already get one more, too: whoever takes one off there has every text as it was.
    """
    if has_heading:
        stream.write(_csv_line(columns))
    stream.writelines(_csv_line([row.get(column) for column in columns]) for row in rows)


def one_line(text: str) -> str:
    """Return text for a terminal: control characters, which could move the cursor, are shown as escapes."""
    return _escaped(text, as_json=False)


class Progress:
    """How far a long command is; `advance` as often as you like, `close` at the end."""

    def __init__(self, total: int, *, label: str, clock: Clock) -> None:
        self._total = total
        self._label = label
        self._clock = clock
        self._done = 0
        self._started = self._told = clock.monotonic()
        self._bar = click.progressbar(length=total, label=label, file=sys.stderr) if sys.stderr.isatty() else None
        if self._bar:
            self._bar.render_progress()

    def advance(self, steps: int) -> None:
        """Note that so many more are done."""
        self._done += steps
        if self._bar:
            self._bar.update(steps)
        elif self._clock.monotonic() - self._told >= LINE_EVERY_SECONDS:
            self._told = self._clock.monotonic()
            rate = self._done / max(self._told - self._started, 0.001)
            click.echo(f"{self._label}: {self._done:,} of {self._total:,}, {rate:,.0f}/s", err=True)

    def reach(self, position: int) -> None:
        """Note that so many are done in all."""
        self.advance(position - self._done)

    def give_way(self) -> None:
        """Let what is printed next begin on a line of its own."""
        if self._bar:
            click.echo(err=True)

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._bar:
            self._bar.render_finish()


def ends_with_exit_code(command: Callable[Given, int | None]) -> Callable[Given, None]:
    """Make a command end with its returned exit code, and errors with theirs and one clear line on stderr."""

    @functools.wraps(command)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> None:
        try:
            code = _code_of(functools.partial(command, *args, **kwargs))
            if sys.stdout is not None:  # it is, in a program that was started with stdout closed
                sys.stdout.flush()  # a reader that went away is noticed here, not at exit
        except BrokenPipeError:  # `| head` has seen enough
            _write_nowhere()
            code = READER_GONE
        sys.exit(code)

    return run


def _code_of(command: Callable[[], int | None]) -> int:
    try:
        return command() or 0
    except LinesideError as error:
        _tell(error)
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def _tell(error: LinesideError) -> None:
    """Print an error; several mistakes have a line each, and a stranger's words in it cannot move the cursor."""
    click.echo("\n".join(one_line(line) for line in f"error: {error}".split("\n")), err=True)


def _write_nowhere() -> None:
    """Let what is left in the buffers go nowhere: the interpreter would complain at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(nowhere, stream.fileno())


def _escaped(text: str, *, as_json: bool) -> str:
    if text.isprintable():
        return text
    escape: Callable[[str], str] = json.dumps if as_json else ascii
    return "".join(character if character.isprintable() else escape(character)[1:-1] for character in text)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else one_line(str(value))


def _csv_line(values: Sequence[object]) -> str:
    # A line that is empty would be no row, so a lone empty cell is quoted.
    return (",".join(map(_csv_cell, values)) or '""') + "\r\n"


def _csv_cell(value: object) -> str:
    if not isinstance(value, str):
        return "" if value is None else str(value)
    harmless = _FORMULA.sub(r"\1'", value)
    if _WANTS_QUOTES.search(harmless) is None:
        return harmless
    quoted = harmless.replace('"', '""')
    return f'"{quoted}"'
