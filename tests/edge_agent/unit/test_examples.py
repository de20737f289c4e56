"""The worked examples in docstrings are true."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import edge_agent

ROOT = Path(edge_agent.__file__).parents[1]
MODULES = [
    ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for file in sorted((ROOT / "edge_agent").rglob("*.py"))
    if ">>> " in file.read_text()
]


@pytest.mark.parametrize("name", MODULES)
def test_an_example_gives_what_it_says(name: str) -> None:
    """Each `>>>` is run."""
    ran = doctest.testmod(import_module(name))

    assert (0, True) == (ran.failed, ran.attempted > 0)
