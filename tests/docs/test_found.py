"""What was found, and what finds it: the tests that docs/reliability.md names exist."""

import re

from tests.docs.pages import section, table
from tests.structure.tree import project_files, python_files, text_of

_PAGE = "docs/reliability.md"
_TEST = re.compile(r"^(?:    )?(?:async )?def (test_\w+)\(", re.MULTILINE)
_NAMED = re.compile(r"`(test_\w+)`")


def test_every_fault_names_the_test_that_found_it() -> None:
    """In its second cell."""
    known = {found for name in python_files("tests") for found in _TEST.findall(text_of(name))}
    named = {row[0]: _NAMED.findall(row[1]) for row in table(section(_PAGE, "What was found")) if len(row) == 4}

    assert len(named) >= 17
    assert {} == {fault: tests for fault, tests in named.items() if not tests or set(tests) - known}


def test_every_long_run_is_a_file_of_tests() -> None:
    """The first cell of the gauntlet's table."""
    files = [row[0].strip("`") for row in table(section(_PAGE, "The gauntlet")) if row[0].startswith("`tests/")]

    assert [] == [file for file in files if file not in project_files()]
    assert len(files) >= 6
