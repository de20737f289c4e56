"""The files in configs/ are the settings models, key by key."""

import tomllib

import pytest

from shared.settings_file import load_settings
from tests.docs.config_files import (
    PROGRAMS,
    Program,
    as_written,
    constant_default,
    entries,
    model_keys,
    value_at,
)
from tests.structure.tree import ROOT, text_of

CONSTANT = [
    pytest.param(program, key, id=f"{program.name}-{key}")
    for program in PROGRAMS
    for key, field in model_keys(program.model)
    if constant_default(key, field) is not None
]
IN_THE_ENVIRONMENT = [
    pytest.param(program, entry.key, id=program.variable(entry.key))
    for program in PROGRAMS
    for entry in entries(program)
    if program.variable(entry.key)
]

NOT_WITHOUT = {
    "retention.person_hours": ("retention.events",),
    "retention.workstation_hours": ("retention.events", "retention.person_hours"),
}
"""What a key is refused without."""


@pytest.fixture(params=PROGRAMS, ids=lambda program: program.name)
def program(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Each of the two programs, with nothing in the environment."""
    found = request.param
    assert isinstance(found, Program)
    _clear_environment(found, monkeypatch)
    return found


def test_a_file_names_every_key_and_no_other(program: Program) -> None:
    """Whoever reads the file has seen all there is to set."""

    assert sorted(key for key, _ in model_keys(program.model)) == sorted(entry.key for entry in entries(program))


def test_a_file_changes_nothing_as_it_comes(program: Program) -> None:
    """Running with the file is running without one."""
    with_file = load_settings(program.model, prefix=program.prefix, file=ROOT / program.file, flags={})

    assert load_settings(program.model, prefix=program.prefix, file=None, flags={}) == with_file


def test_a_file_is_valid_with_every_key_in_force(program: Program) -> None:
    """The examples in it can be used as they stand."""

    program.model.model_validate(as_written(program))


def test_every_key_has_a_reason(program: Program) -> None:
    """Each key stands below one comment of its own, in a line or two."""

    assert [] == [entry.key for entry in entries(program) if len(entry.why.split()) < 4]


def test_a_default_that_is_no_constant_is_said_in_words(program: Program) -> None:
    """Where the value is an example, the comment says what holds without it."""
    variable = {key for key, field in model_keys(program.model) if constant_default(key, field) is None}
    in_words = {entry.key for entry in entries(program) if entry.default_in_words}

    assert variable == in_words


@pytest.mark.parametrize(("one", "key"), CONSTANT)
def test_the_value_in_the_file_is_the_default(one: Program, key: str) -> None:
    """A key that is commented out shows what holds."""
    field = dict(model_keys(one.model))[key]
    written = value_at(one.model.model_validate(as_written(one)), key)

    assert constant_default(key, field) == written


@pytest.mark.parametrize(("one", "key"), IN_THE_ENVIRONMENT)
def test_a_variable_sets_its_key(one: Program, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each variable that the reference names is the one that the program reads."""
    _clear_environment(one, monkeypatch)
    expected = value_at(one.model.model_validate(as_written(one)), key)
    for name in (key, *NOT_WITHOUT.get(key, ())):
        (value,) = (entry.value for entry in entries(one) if entry.key == name)
        monkeypatch.setenv(one.variable(name), str(tomllib.loads(f"value = {value}")["value"]))
    settings = load_settings(one.model, prefix=one.prefix, file=None, flags={})

    assert expected == value_at(settings, key)


def _clear_environment(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    for entry in entries(program):
        if variable := program.variable(entry.key):
            monkeypatch.delenv(variable, raising=False)


def test_the_files_tell_how_to_use_them(program: Program) -> None:
    """The first lines say with which flag a file is given and where else settings come from."""
    head = text_of(program.file).partition("\n\n")[0]

    assert f"{program.name} " in head
    assert "--config" in head
    assert program.prefix in head
