"""The worked examples in docstrings are true."""

import doctest
from importlib import import_module
from pkgutil import iter_modules

import pytest

from edge_agent import delivery

MODULES = [f"edge_agent.delivery.{module.name}" for module in iter_modules(delivery.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_an_example_gives_what_it_says(name: str) -> None:
    """Each `>>>` is run."""

    assert 0 == doctest.testmod(import_module(name)).failed
