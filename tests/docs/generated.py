"""The generated parts of the documentation: what `--help` prints, settings, metrics and failures as tables.

A part stands between `<!-- help: collector -->` (or `settings`, `metrics`, `failures`) and `<!-- end -->`. The rest of the pages
is written by hand.
"""

import re
from collections.abc import Callable, Iterator

import click
from click.testing import CliRunner

from collector.cli import main as collector_main
from edge_agent.cli import main as edge_agent_main
from tests.docs.config_files import PROGRAMS, Entry, Program, entries
from tests.docs.failures import answers_table, errors_table, silences_table
from tests.docs.metrics_told import metrics_table
from tests.structure.tree import text_of

PAGES = ("docs/operations.md", "docs/reliability.md")
COMMANDS: dict[str, click.Group] = {"collector": collector_main, "edge-agent": edge_agent_main}
HELP_WIDTH = 100
_PART = re.compile(r"<!-- (help|settings|metrics|failures): ([a-z-]+) -->\n.*?<!-- end -->", re.DOTALL)


def as_it_should_be(page: str) -> str:
    """A page with its generated parts made anew."""
    return _PART.sub(lambda match: _part(match[1], match[2]), text_of(page))


def commands(program: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command of a program by its words, groups before their members."""
    yield from _commands((program,), COMMANDS[program])


def help_text(words: tuple[str, ...]) -> str:
    """What `WORDS --help` prints, 100 columns wide."""
    answer = CliRunner().invoke(
        COMMANDS[words[0]], [*words[1:], "--help"], prog_name=words[0], terminal_width=HELP_WIDTH
    )
    assert answer.exit_code == 0, answer.output
    return "\n".join(line.rstrip() for line in answer.output.splitlines())


def _commands(words: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield words, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in sorted(command.list_commands(context)):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _commands((*words, name), inner)


def _part(kind: str, name: str) -> str:
    return f"<!-- {kind}: {name} -->\n{_PARTS[kind](name)}\n<!-- end -->"


def _help(program: str) -> str:
    return "\n\n".join(f"### {' '.join(words)}\n\n```text\n{help_text(words)}\n```" for words, _ in commands(program))


def _settings(name: str) -> str:
    program = next(one for one in PROGRAMS if one.name == name)
    rows = ["| key | default | environment | meaning |", "|---|---|---|---|"]
    rows += [_row(program, entry) for entry in entries(program)]
    return "\n".join(rows)


def _row(program: Program, entry: Entry) -> str:
    variable = program.variable(entry.key)
    default = "" if entry.default_in_words else f"`{entry.value}`"
    return f"| `{entry.key}` | {default} | {f'`{variable}`' if variable else ''} | {entry.why} |"


_FAILURES = {"errors": errors_table, "answers": answers_table, "silences": silences_table}
_PARTS: dict[str, Callable[[str], str]] = {
    "help": _help,
    "settings": _settings,
    "metrics": metrics_table,
    "failures": lambda name: _FAILURES[name](),
}
