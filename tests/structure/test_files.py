"""Rules for every file: short, described, finished, and free of the machine it was written on."""

import ast
import re
from collections.abc import Iterator

from tests.structure.tree import PROGRAMS, project_files, python_files, text_of, tree_of

_LONGEST = {".py": 300, ".js": 200, ".sh": 300}

# Put together here, so that this file does not break its own rules.
_UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK")) + r")\b")
_MACHINE_PATH = re.compile(r"(?<![\w.-])/(work|root|home)/")
_REGISTRY = re.compile(
    "|".join(
        re.escape(".".join(labels))
        for labels in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("deb", "debian"))
    )
)


def test_no_file_is_longer_than_a_reader_can_hold_in_mind() -> None:
    """Python files end within 300 lines, scripts of the dashboard within 200."""
    found = [
        f"{name}: {length} lines, at most {limit}"
        for name in project_files()
        for ending, limit in _LONGEST.items()
        if name.endswith(ending) and (length := len(text_of(name).splitlines())) > limit
    ]

    assert [] == found


def test_every_public_name_says_what_it_is_for() -> None:
    """Modules, and their public classes and functions, have a docstring."""
    found = [place for name in python_files(*PROGRAMS, "demo", "benchmarks") for place in _undescribed(name)]

    assert [] == found


def test_every_test_says_what_it_proves() -> None:
    """Each test function has a docstring, and it is a sentence."""
    found = [
        f"{name}:{node.lineno}: {node.name}"
        for name in python_files("tests")
        for node in ast.walk(tree_of(name))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        if not (ast.get_docstring(node) or "").endswith(".")
    ]

    assert [] == found


def test_nothing_is_left_to_do_in_a_comment() -> None:
    """What is open is an issue; the tree holds only what is done."""

    assert [] == list(_lines_with(_UNFINISHED))


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    """No absolute path of a checkout or of a person's folder is in any file."""

    assert [] == list(_lines_with(_MACHINE_PATH))


def test_no_file_names_the_host_of_a_package_registry() -> None:
    """Packages come from wherever the machine is set up to take them."""

    assert [] == list(_lines_with(_REGISTRY))


def _lines_with(pattern: re.Pattern[str]) -> Iterator[str]:
    for name in project_files():
        text = text_of(name)
        for match in pattern.finditer(text):
            yield f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()}"


def _undescribed(name: str) -> Iterator[str]:
    tree = tree_of(name)
    if not ast.get_docstring(tree):
        yield f"{name}:1: the module"
    for node in tree.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if not node.name.startswith("_") and not ast.get_docstring(node):
            yield f"{name}:{node.lineno}: {node.name}"
