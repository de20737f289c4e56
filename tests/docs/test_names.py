"""Commands, options, targets, variables, settings and files that the documentation names exist."""

import re
import tomllib

import pytest

from shared.errors import SettingsInvalid
from shared.settings_file import load_settings
from tests.docs.config_files import PROGRAMS, entries, model_keys
from tests.docs.generated import commands
from tests.docs.named import invocations, misunderstood, options
from tests.docs.pages import all_spans, blocks, code_in, pages, section, table
from tests.structure.tree import project_files, text_of

_TARGET = re.compile(r"\bmake ([a-z][a-z-]*)\b")
_VARIABLE = re.compile(r"\b(?:COLLECTOR|EDGE_AGENT)_[A-Z_]+\b")
_ASSIGNMENT = re.compile(r"([a-z_]+) = \S+")
_DOTTED = re.compile(r"(collector|delivery|retry|buffer)\.(?!db\b)[a-z_]+")
_FILE = re.compile(r"[\w./-]+\.py")
_FOLDER = re.compile(r"[a-z_]\w*(/\w+)*/")
_TARGETS = set(re.findall(r"^([a-z-]+):.*?## ", text_of("Makefile"), re.MULTILINE))
_KEYS = {key for program in PROGRAMS for key, _ in model_keys(program.model)}


def test_commands_are_shown_as_they_can_be_typed() -> None:
    """Every invocation on a page names a command and options that it has."""
    wrong = [f"{page}: {reason}" for page, words in invocations() if (reason := misunderstood(words))]

    assert [] == wrong


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["collector", "metrics", "workers", "--json"], None),
        (["collector", "sites", "rename", "a", "b"], None),
        (["collector", "metric"], "there is no command collector metric"),
        (["edge-agent", "send", "-", "--agnet", "x"], "edge-agent send - --agnet x: no option --agnet"),
    ],
)
def test_a_wrong_invocation_is_noticed(words: list[str], reason: str | None) -> None:
    """Commands and options are judged, values and files are not."""

    assert reason == misunderstood(words)


def test_an_option_that_is_named_alone_belongs_to_a_command() -> None:
    """`--open` in a sentence is an option of ours."""
    known = {option for program in PROGRAMS for _, command in commands(program.name) for option in options(command)}
    wrong = [f"{page}: {span}" for page, span in all_spans() if span.startswith("--") and span.split()[0] not in known]

    assert [] == wrong


def test_targets_of_make_that_are_named_exist() -> None:
    """In sentences and in blocks."""
    named = {
        (page, target)
        for page in pages()
        for text in (*(span for one, span in all_spans() if one == page), *(b.text for b in blocks(page, "sh")))
        for target in _TARGET.findall(text)
    }

    assert set() == {(page, target) for page, target in named if target not in _TARGETS}


def test_every_target_of_make_is_explained() -> None:
    """The table for contributors has a row for each."""
    explained = {code_in(row[0])[0].removeprefix("make ") for row in table(section("CONTRIBUTING.md", "Set up"))}

    assert _TARGETS - {"help"} == explained


def test_environment_variables_that_are_named_are_read() -> None:
    """Each is the file's, or the one of a key."""
    known = {f"{program.prefix}CONFIG" for program in PROGRAMS}
    known |= {program.variable(entry.key) for program in PROGRAMS for entry in entries(program)}
    named = {(page, variable) for page in pages() for variable in _VARIABLE.findall(text_of(page))}

    assert set() == {(page, variable) for page, variable in named if variable not in known}


def test_settings_that_are_shown_with_a_value_can_be_set_so() -> None:
    """`session_gap = "744h"` is a key and a value that its program takes."""
    wrong = [
        f"{page}: {span}"
        for page, span in all_spans()
        if _ASSIGNMENT.fullmatch(span) and not any(_is_taken(span, program.name) for program in PROGRAMS)
    ]

    assert [] == wrong


def test_settings_that_are_named_by_their_table_exist() -> None:
    """`delivery.linger` is a key of the edge agent."""

    assert [] == [f"{page}: {span}" for page, span in all_spans() if _DOTTED.fullmatch(span) and span not in _KEYS]


def test_files_and_folders_that_are_named_exist() -> None:
    """`buffer/log.py` is the end of a path of the project, `shared/` the beginning of one."""
    files = project_files()
    wrong = [
        f"{page}: {span}"
        for page, span in all_spans()
        if (_FILE.fullmatch(span) and not any(f"/{name}".endswith(f"/{span}") for name in files))
        or (_FOLDER.fullmatch(span) and not any(f"/{span}" in f"/{name}" for name in files))
    ]

    assert [] == wrong


def _is_taken(assignment: str, program: str) -> bool:
    one = next(each for each in PROGRAMS if each.name == program)
    try:
        load_settings(one.model, prefix=one.prefix, file=None, flags=tomllib.loads(assignment))
    except (SettingsInvalid, tomllib.TOMLDecodeError):
        return False
    return True
