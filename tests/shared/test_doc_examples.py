"""The worked examples in the docstrings of the collector and of what both programs share are true."""

import doctest
from importlib import import_module

import pytest

from tests.structure.tree import python_files, text_of

MODULES = [
    name.removesuffix(".py").replace("/", ".")
    for name in python_files("shared", "collector")
    if ">>> " in text_of(name)
]


@pytest.mark.parametrize("name", MODULES)
def test_an_example_gives_what_it_says(name: str) -> None:
    """Each `>>>` is run."""

    assert 0 == doctest.testmod(import_module(name)).failed
