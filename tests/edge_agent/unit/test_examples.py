"""The worked examples in docstrings are true."""

import doctest
from importlib import import_module
from pkgutil import iter_modules

import pytest

from edge_agent import buffer, delivery

MODULES = [f"{room.__name__}.{module.name}" for room in (buffer, delivery) for module in iter_modules(room.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_an_example_gives_what_it_says(name: str) -> None:
    """Each `>>>` is run."""

    assert 0 == doctest.testmod(import_module(name)).failed
