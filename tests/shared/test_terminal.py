"""What commands print: tables and files that cannot hurt, progress that fits where it is shown, errors as exit codes."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.errors import Busy, FileHeld, LinesideError, NotAuthorised, StorageUnusable, Unreachable
from shared.terminal import Progress, ends_with_exit_code, json_text, one_line, print_json, print_table, write_csv
from tests.support.csv_cells import as_it_was
from tests.support.fake_clock import FakeClock
from tests.support.programs import ROOT


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë 😀", "Zoë 😀"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\nb\rc\td", "a\\nb\\rc\\td"),
        ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\u2028\ufeff", "\\u2028\\ufeff"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_could_move_the_cursor_is_shown_as_an_escape(text: str, shown: str) -> None:
    """Control characters, reversed writing, line separators, lone surrogates; letters of any script stay."""

    assert shown == one_line(text)


@given(st.text())
def test_a_shown_text_can_always_be_printed(text: str) -> None:
    """Every character of it is a visible one or a space, and it is UTF-8."""
    shown = one_line(text)

    assert shown.isprintable()
    assert shown == shown.encode().decode()


def test_a_table_has_numbers_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    """Two decimals, thousands apart, a dash for what is not known, and no text that could break a line."""
    rows = [
        {"worker_id": "W1", "working_minutes": 1234.5, "units": 1_000_000, "no_data_minutes": None},
        {"worker_id": "a\nb", "working_minutes": 0.0, "units": 0, "no_data_minutes": 5.0},
    ]
    print_table(rows, ["worker_id", "working_minutes", "units", "no_data_minutes"])

    assert (
        "worker_id  working_minutes      units  no_data_minutes\n"
        "W1                1,234.50  1,000,000                –\n"
        "a\\nb                  0.00          0             5.00\n"
    ) == capsys.readouterr().out


def test_a_table_without_rows_is_its_heading(capsys: pytest.CaptureFixture[str]) -> None:
    """An answer of nothing is still an answer."""
    print_table([], ["site", "name"])

    assert "site  name\n" == capsys.readouterr().out


def test_json_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """For the next program in the pipe, in UTF-8."""
    print_json([{"name": "Zoë"}])

    assert '[\n {\n  "name": "Zoë"\n }\n]\n' == capsys.readouterr().out


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_formula_is_a_text_in_a_spreadsheet(start: str) -> None:
    """An apostrophe stands before what a spreadsheet would run; numbers are left alone, negative ones too."""
    text = io.StringIO(newline="")
    write_csv([{"name": f"{start}cmd|' /C calc'!A0", "idle": -5.0}], ["name", "idle"], stream=text)
    rows = list(csv.reader(io.StringIO(text.getvalue(), newline="")))

    assert [["name", "idle"], [f"'{start}cmd|' /C calc'!A0", "-5.0"]] == rows


@given(st.lists(st.text("'=;\t\r\n \"x＋", max_size=8), min_size=1))
@example(["=x", "'=x", "''=x", "x", "'x", "'", ";'=", "\t\t'="])
def test_what_has_its_apostrophe_already_is_another_text(texts: list[str]) -> None:
    """Two ids are never written alike: with one apostrophe taken off where a formula would begin, a cell is what it was."""
    written = io.StringIO(newline="")
    write_csv([{"id": each} for each in texts], ["id"], stream=written, has_heading=False)
    cells = [cell for (cell,) in csv.reader(io.StringIO(written.getvalue(), newline=""))]

    assert texts == [as_it_was(cell) for cell in cells]


@pytest.mark.parametrize("separator", [";", "\t", ",", "\n"])
@pytest.mark.parametrize(
    "text", ["x{}=1+1", 'x{}"=1+1"', "x{} @SUM(1)", "＝1+1", "x{}＋1", "{}-1", 'a"b{}=1', "x{0}{0}=1"]
)
def test_a_formula_is_a_text_wherever_cells_are_separated_by_something_else(text: str, separator: str) -> None:
    """A spreadsheet that splits at semicolons or tabs finds no cell that begins as a formula, whatever it makes of the quotes."""
    out = io.StringIO(newline="")
    row = {"site": "north", "name": text.format(separator), "told": "end"}
    write_csv([row], ["site", "name", "told"], stream=out, has_heading=False)
    written = out.getvalue()
    others = csv.reader(io.StringIO(written, newline=""), delimiter=separator if separator in ";\t" else ",")
    cells = [cell for line in others for cell in line] + re.split("[;\t\r\n]", written)

    assert [] == [cell for cell in cells if cell.strip(' "').startswith(("=", "+", "-", "@", "＝", "＋"))]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=3))
def test_every_other_text_survives_csv(texts: list[str]) -> None:
    """Quotes, commas and line breaks come back as they were, but for the apostrophes."""
    text = io.StringIO(newline="")
    write_csv([{str(index): f"x{cell}" for index, cell in enumerate(texts)}], list("012")[: len(texts)], stream=text)

    cells = [f"x{cell}" for cell in texts]
    harmless = [re.sub(r"""([;\t\r\n][ "]*)(?='*[=+\-@＝＋－＠\t\r])""", r"\1'", cell) for cell in cells]
    assert harmless == list(csv.reader(io.StringIO(text.getvalue(), newline="")))[1]


def test_csv_ends_its_lines_as_the_standard_says() -> None:
    """RFC 4180: carriage return and line feed; no heading where none is wanted."""
    text = io.StringIO(newline="")
    write_csv([{"a": None}, {"a": 1}], ["a"], stream=text, has_heading=False)

    assert '""\r\n1\r\n' == text.getvalue()


def test_progress_without_a_terminal_is_a_line_every_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, with the rate; a log file is not filled by it."""
    clock = FakeClock()
    progress = Progress(10_000, label="events", clock=clock)
    for _ in range(25):
        clock.advance(1)
        progress.advance(100)
    progress.reach(2_500)
    progress.close()
    printed = capsys.readouterr()

    assert ("", ["events: 1,000 of 10,000, 100/s", "events: 2,000 of 10,000, 100/s"]) == (
        printed.out,
        printed.err.splitlines(),
    )


def _raising(error: BaseException) -> Callable[[], int]:
    def command() -> int:
        raise error

    return command


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (lambda: None, 0),
        (lambda: 0, 0),
        (lambda: 3, 3),
        (_raising(LinesideError("no")), 1),
        (_raising(NotAuthorised()), 4),
        (_raising(Unreachable()), 5),
        (_raising(FileHeld()), 6),
        (_raising(StorageUnusable()), 7),
        (_raising(KeyboardInterrupt()), 130),
    ],
    ids=[0, 1, 2, 3, 4, 5, 6, 7, 8],
)
def test_a_command_ends_with_its_exit_code(command: Callable[[], int | None], code: int) -> None:
    """What it returns, or what belongs to the error."""
    with pytest.raises(SystemExit) as ended:
        ends_with_exit_code(command)()

    assert code == ended.value.code


def test_an_error_is_one_clear_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """The docstring of its class unless it has words of its own, and the operator's next step."""
    for error in (Busy(), Busy("the disk is slow", hint="wait")):
        with pytest.raises(SystemExit):
            ends_with_exit_code(_raising(error))()
    printed = capsys.readouterr()

    assert (
        "",
        "error: The store is busy; nothing of this request was kept.\nerror: the disk is slow (wait)\n",
    ) == (printed.out, printed.err)


def test_a_reader_that_has_seen_enough_is_no_traceback() -> None:
    """`| head` closes the pipe in the middle of the output."""
    code = (
        "import click; from shared.terminal import ends_with_exit_code\n"
        "@ends_with_exit_code\ndef run():\n  for _ in range(100_000): click.echo('x' * 50)\nrun()"
    )
    read, write = os.pipe()
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=write, stderr=subprocess.PIPE) as program:
        os.close(write)
        os.read(read, 10)
        os.close(read)
        errors = program.communicate(timeout=30)[1]

    assert (b"", 141) == (errors, program.returncode)


def test_a_reader_that_was_never_there_is_no_traceback() -> None:
    """What is still in the buffer at the end is noticed too, and so is a stderr that nobody reads."""
    code = (
        "import sys; from shared.errors import Busy; from shared.terminal import ends_with_exit_code\n"
        "@ends_with_exit_code\ndef run():\n  sys.stdout.write('x')\n  if len(sys.argv) > 1: raise Busy\nrun()"
    )
    for more in ([], ["fail"]):
        read, write = os.pipe()
        os.close(read)
        stderr = write if more else subprocess.PIPE
        with subprocess.Popen([sys.executable, "-c", code, *more], cwd=ROOT, stdout=write, stderr=stderr) as program:
            os.close(write)
            errors = program.communicate(timeout=30)[1]

        assert (b"" if not more else None, 141) == (errors, program.returncode)


@given(st.text())
def test_a_text_in_json_can_always_be_printed(text: str) -> None:
    """It is the same text for the next program, and moves no cursor."""
    shown = json_text({text: [text]})

    assert shown.isprintable()
    assert {text: [text]} == json.loads(shown)


def test_a_strangers_words_in_an_error_move_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever answers at an address; several mistakes still have a line each."""
    with pytest.raises(SystemExit):
        ends_with_exit_code(_raising(Unreachable("two mistakes:\n  \x1b[2Jgone\n  \u202etxt")))()

    assert "error: two mistakes:\n  \\x1b[2Jgone\n  \\u202etxt\n" == capsys.readouterr().err
