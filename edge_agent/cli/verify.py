"""`edge-agent verify`: is the queue file whole, and is every number accounted for? Reads only, also while the agent runs."""

from itertools import islice
from pathlib import Path

import click

from edge_agent.buffer.audit import MOST_PROBLEMS, Books
from edge_agent.buffer.reader import LogReader
from edge_agent.cli.options import config_option, data_dir_option, load
from shared.errors import LinesideError
from shared.receipts import count, normalise
from shared.spoken import counted
from shared.terminal import ends_with_exit_code, one_line, print_json


@click.command
@config_option
@data_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@ends_with_exit_code
def verify(*, config: Path | None, data_dir: str | None, as_json: bool) -> int:
    """Check the queue: the file itself, each event's checksum, and that every number is in exactly one place.

    Every number given out is settled, pending, a dead letter or dropped. Works while the agent runs and without it,
    and writes nothing. Takes about ten seconds for a million events.

    \b
    exit: 0 all well · 1 something differs, each on a line of stdout, or no queue there
          2 settings wrong · 7 it is no queue of ours
    """  # noqa: D301 - \b keeps the lines of the paragraph after it
    with LogReader(load(config, data_dir=data_dir).data_dir) as reader:
        problems, books = _read(reader)
    _tell(problems, books, as_json=as_json)
    return 1 if problems else 0


def _read(reader: LogReader) -> tuple[list[str], Books | None]:
    """Return what is wrong and the books, as far as a file that may not be whole can be read."""
    problems: list[str] = []
    try:
        problems += reader.integrity()
        problems += islice(
            (f"event {seq:,} is not as it was written" for seq in reader.damaged_numbers()), MOST_PROBLEMS
        )
        books = reader.books()
        problems += books.differences()
        if not problems and (problem := reader.unsound()):
            problems.append(problem)
    except LinesideError as error:
        return [*problems, str(error)], None
    return problems, books


def _tell(problems: list[str], books: Books | None, *, as_json: bool) -> None:
    if as_json:
        print_json({"problems": problems} | (_sums(books) if books else {}))
        return
    for problem in problems:
        click.echo(one_line(problem))
    if books:
        click.echo(_in_words(books), err=bool(problems))


def _sums(books: Books) -> dict[str, int]:
    return {
        "last_seq": books.last_seq,
        "settled": count(normalise(books.settled)) - books.folded,
        "pending": count(books.pending),
        "dead": count(books.dead),
        "dropped": count(normalise(books.dropped)) + books.folded,
        "on_disk": count(books.rows),
    }


def _in_words(books: Books) -> str:
    sums = _sums(books)
    parts = " + ".join(f"{sums[name]:,} {name}" for name in ("settled", "pending", "dead", "dropped"))
    total = sum(sums[name] for name in ("settled", "pending", "dead", "dropped"))
    sign = "=" if total == sums["last_seq"] else "≠"
    return (
        f"{parts} {sign} {counted(sums['last_seq'], 'number')} given out; {counted(sums['on_disk'], 'event')} on disk"
    )
