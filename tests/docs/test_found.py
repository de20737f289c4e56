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


def test_what_is_told_of_all_kills_is_the_sum_of_the_runs() -> None:
    """The page of the promises has the figures of every run, and the slowest fresh event of them."""
    runs = [row for row in table(section(_PAGE, "Runs")) if re.match(r"\d+ kills, seed", row[0])]
    kills = sum(_number(row[0]) for row in runs)
    acknowledged = sum(_number(row[1]) for row in runs)
    slowest = max(re.findall(r"fresh event after ([\d.]+) s", " ".join(row[3] for row in runs)), key=float)
    told = " ".join(text_of("docs/delivery.md").split())

    assert len(runs) >= 5
    assert f"In {kills} kills under load, {acknowledged:,} events were acknowledged;" in told
    assert f"passed {slowest} s after the first request that did, or sooner" in told


def _number(cell: str) -> int:
    return int(cell.split(maxsplit=1)[0].replace(",", ""))
