"""What the README promises is shown by tests that exist."""

import ast

from tests.docs.pages import links, section, table
from tests.structure.tree import project_files, tree_of


def test_every_promise_names_a_test_that_shows_it() -> None:
    """The last cell of each row links to files of tests, each of which has some."""
    rows = table(section("README.md", "Guarantees"))
    shown = {row[0]: [link for link in links("README.md") if f"({link})" in row[-1]] for row in rows}

    assert {} == {promise: files for promise, files in shown.items() if not files or not all(map(_has_tests, files))}


def test_every_promise_says_how_it_is_kept() -> None:
    """No row has an empty cell."""
    rows = table(section("README.md", "Guarantees"))

    assert [] == [row for row in rows if not all(row) or len(row) != 3]


def _has_tests(name: str) -> bool:
    return name in project_files() and any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        for node in ast.walk(tree_of(name))
    )
