"""Settings from a TOML file, the environment and flags, in rising order, with every mistake reported at once.

A key in the environment is the program's prefix and the path in capitals, parts joined by two underscores:
`[collector] url` of the edge agent is `EDGE_AGENT_COLLECTOR__URL`. Durations are texts such as `15s`, sizes such as
`512KiB`; unknown keys are mistakes.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from shared.environment import read_environment
from shared.errors import SettingsInvalid
from shared.instants import HOUR, MINUTE, SECOND

_DURATION_UNITS = {"ms": 1_000, "s": SECOND, "m": MINUTE, "h": HOUR, "d": 24 * HOUR}
_SIZE_UNITS = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)")
_SIZE = re.compile(r"([0-9]{1,12})(B|KiB|MiB|GiB)")
_MOST_DURATION = 3_660 * 24 * HOUR
_NO_TABLE = ("dict_type", "model_type")
_BOUNDS = {"greater_than_equal": ("ge", "at least"), "less_than_equal": ("le", "at most")}


def _read_duration(value: object) -> object:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('must be a duration such as "200ms", "15s", "5m", "10h" or "7d"')
    return min(int(match[1]) * _DURATION_UNITS[match[2]], _MOST_DURATION)


def _read_size(value: object) -> object:
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('must be a size such as "512KiB", "64MiB" or "1GiB"')
    return int(match[1]) * _SIZE_UNITS[match[2]]


def _read_address(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError('must be an address such as "127.0.0.1:8000"')
    host, colon, port = value.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ValueError('must be an address such as "127.0.0.1:8000"')
    return (host.strip("[]"), int(port))


Duration = Annotated[int, Field(), BeforeValidator(_read_duration)]
"""Microseconds inside, a text with a unit in files."""
Size = Annotated[int, Field(), BeforeValidator(_read_size)]
"""Bytes inside, a text with a unit in files."""
Address = Annotated[tuple[str, int], Field(), BeforeValidator(_read_address)]
"""(host, port) inside, `host:port` in files; port 0 takes a free one."""


def duration_text(microseconds: int) -> str:
    """Return a duration as it is written in files."""
    return _in_units(microseconds, _DURATION_UNITS)


class ProgramSettings(BaseModel):
    """Base of the settings of a program: unknown keys are mistakes, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Settings = TypeVar("Settings", bound=ProgramSettings)
_Origins = list[tuple[str, dict[str, Any]]]


def load_settings(model: type[Settings], *, prefix: str, file: Path | None, flags: Mapping[str, Any]) -> Settings:
    """Return the settings of a program.

    `flags` has dotted keys; those that are None were not given.

    Raises:
        SettingsInvalid: a line for each mistake: key, value, reason and where it was read.
    """
    origins: _Origins = [
        (str(file), _read_file(file)),
        ("the environment", read_environment(model, prefix=prefix, environ=os.environ)),
        ("a flag", _nest({key: value for key, value in flags.items() if value is not None})),
    ]
    merged: dict[str, Any] = {}
    for _, values in origins:
        merged = _merge(merged, values)
    try:
        return model.model_validate(merged)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        problems += _of_keys_together(model, merged, wrong=problems)
        mistakes = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        lines = [_describe(model, problem, origins=origins) for problem in problems]
        raise SettingsInvalid(f"{mistakes} in the settings:\n  " + "\n  ".join(lines)) from None


def state_folder(program: str) -> Path:
    """Return where a program keeps its data by default: systemd's StateDirectory, else the user's state folder.

    Raises:
        SettingsInvalid: there is neither, as for a user without an entry in the machine's list.
    """
    if given := os.environ.get("STATE_DIRECTORY"):
        return Path(given.split(":", maxsplit=1)[0])
    home = os.environ.get("XDG_STATE_HOME")
    try:
        return (Path(home) if home else Path.home() / ".local" / "state") / "lineside" / program
    except RuntimeError as error:
        raise SettingsInvalid(
            "this user has no home folder, so there is no place for data", hint="name one, or set STATE_DIRECTORY"
        ) from error


def _read_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))  # some editors put a mark before the text
    except OSError as error:
        raise SettingsInvalid(
            f"{file} cannot be read: {error.strerror}",
            hint="name a file that this user can read, or leave --config out",
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsInvalid(f"{file} is not TOML: {error}", hint="save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsInvalid(f"{file} is not TOML: {error}") from error


def _nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for key, value in flat.items():
        branch = nested
        *parents, leaf = key.split(".")
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[leaf] = value
    return nested


def _merge(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _of_keys_together(
    model: type[ProgramSettings], merged: dict[str, Any], *, wrong: list[ErrorDetails]
) -> list[ErrorDetails]:
    """Return the mistakes of keys that do not fit together, which pydantic looks for only where no key is wrong by itself."""
    if not all(problem["loc"] for problem in wrong):
        return []
    keys = {problem["loc"][0] for problem in wrong}
    try:
        model.model_validate({key: value for key, value in merged.items() if key not in keys})
    except ValidationError as error:
        return [problem for problem in error.errors(include_url=False) if not problem["loc"]]
    return []


def _describe(model: type[BaseModel], problem: ErrorDetails, *, origins: _Origins) -> str:
    path = [str(part) for part in problem["loc"]]
    if not path:  # keys that do not fit together, which the reason names
        return _reason(problem)
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"]).removeprefix(".")
    if problem["type"] == "extra_forbidden":
        from difflib import get_close_matches  # noqa: PLC0415 - a program without mistakes need not hold it for months

        near = get_close_matches(path[-1], _keys_beside(model, path), n=1)
        return (
            f"{key}: no such key" + (f"; did you mean {near[0]}?" if near else "") + f" (from {_origin(path, origins)})"
        )
    if problem["type"] == "missing":
        return f"{key}: is missing"
    given = "" if isinstance(problem["input"], list | dict) else f" = {problem['input']!r}"
    return f"{key}{given}: {_reason(problem)} (from {_origin(path, origins)})"


def _reason(problem: ErrorDetails) -> str:
    given = problem["input"]
    if problem["type"] in _BOUNDS and isinstance(given, str):
        bound, words = _BOUNDS[problem["type"]]
        return f"must be {words} {_like(given, problem['ctx'][bound])}"
    if problem["type"] in _NO_TABLE:
        return "must be a table; in the environment, a JSON object"
    return problem["msg"].removeprefix("Value error, ")


def _like(given: str, bound: int) -> str:
    """Return a bound in the units of what was given; a plain number, as the environment gives it, has none."""
    if _DURATION.fullmatch(given):
        return duration_text(bound)
    return _in_units(bound, _SIZE_UNITS) if _SIZE.fullmatch(given) else str(bound)


def _in_units(number: int, units: Mapping[str, int]) -> str:
    fitting = [(size, unit) for unit, size in units.items() if number % size == 0]
    size, unit = max(fitting)
    return f"{number // size}{unit}"


def _origin(path: list[str], origins: _Origins) -> str:
    for name, values in reversed(origins):
        branch: Any = values
        for part in path:
            branch = _inside(branch, part)
        if branch is not None:
            return name
    return "the defaults"


def _inside(branch: object, part: str) -> Any:
    if isinstance(branch, list):
        return branch[int(part)] if part.isdigit() and int(part) < len(branch) else None
    return branch.get(part) if isinstance(branch, dict) else None


def _keys_beside(model: type[BaseModel], path: list[str]) -> list[str]:
    branch: Any = model
    for part in path[:-1]:
        if _is_model(branch):
            field = branch.model_fields.get(part)
            branch = field.annotation if field else None
        else:  # a table or a list of tables, such as [cameras.NAME]
            branch = (None, *get_args(branch))[-1]
    return list(branch.model_fields) if _is_model(branch) else []


def _is_model(branch: object) -> bool:
    return isinstance(branch, type) and issubclass(branch, BaseModel)
