"""The files in configs/ and the settings models, brought into one form so that they can be compared.

In the files every key is commented out and stands below the comment that gives its reason:

    # How long a state goes on when nothing follows.
    #tail = "5m"

A key below `[cameras.cam-03]` is `cameras.NAME.site` here: the part that a person chooses is called NAME or ID.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from collector.settings import PREFIX as COLLECTOR_PREFIX
from collector.settings import CollectorSettings
from edge_agent.settings import ENVIRONMENT_PREFIX, AgentSettings
from shared.settings_file import ProgramSettings
from tests.structure.tree import text_of

_COMMENTED = re.compile(r"^#(?=\[|[\w.-]+ = )", re.MULTILINE)
_KEY = re.compile(r"#?([\w.-]+) = (.+)")
_TABLE = re.compile(r"#?\[{1,2}([\w.-]+)\]{1,2}")


@dataclass(frozen=True, slots=True)
class Program:
    """A program with settings."""

    name: str
    model: type[ProgramSettings]
    prefix: str

    @property
    def file(self) -> str:
        """Its file, by its path in the project."""
        return f"configs/{self.name}.toml"

    def variable(self, key: str) -> str:
        """The environment variable of a key; empty where a part of the key is a person's choice."""
        return "" if re.search("NAME|ID", key) else self.prefix + key.upper().replace(".", "__")


PROGRAMS = (
    Program("collector", CollectorSettings, COLLECTOR_PREFIX),
    Program("edge-agent", AgentSettings, ENVIRONMENT_PREFIX),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a file: its value as written, and the comment above it."""

    key: str
    value: str
    why: str

    @property
    def default_in_words(self) -> bool:
        """Whether the value is an example, because the default is no constant."""
        return "Default: " in self.why or self.key.startswith(("cameras.", "sites."))


def entries(program: Program) -> list[Entry]:
    """The keys of a program's file, in order."""
    found: list[Entry] = []
    comment: list[str] = []
    place = ""
    for line in text_of(program.file).splitlines():
        if match := _TABLE.fullmatch(line):
            place = match[1] + "."
        elif match := _KEY.fullmatch(line):
            found.append(Entry(general_key(program.model, place + match[1]), match[2], " ".join(comment)))
            comment = []
        elif line.startswith("# "):
            comment.append(line.removeprefix("# "))
        else:
            comment = []
    return found


def as_written(program: Program) -> dict[str, Any]:
    """The file with every key in force."""
    return tomllib.loads(_COMMENTED.sub("", text_of(program.file)))


def model_keys(model: type[BaseModel], place: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every key of a model, tables taken apart, with its field."""
    for name, field in model.model_fields.items():
        inner = _inner(field.annotation)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            part = f"{name}.NAME" if get_origin(field.annotation) is dict else name
            yield from model_keys(inner, f"{place}{part}.")
        else:
            yield place + (f"{name}.ID" if get_origin(field.annotation) is dict else name), field


def constant_default(key: str, field: FieldInfo) -> Any:
    """The default as the program sees it, None where there is none, or it is no constant or of something a person named."""
    if "NAME" in key.split(".") or field.default in (PydanticUndefined, None, "", {}):
        return None
    return field.default


def value_at(settings: BaseModel, key: str) -> Any:
    """What settings hold under a dotted key."""
    value: Any = settings
    for part in key.split("."):
        value = getattr(value, part)
    return value


def general_key(model: type[BaseModel], key: str) -> str:
    """A key with the parts that a person chose replaced by NAME or ID."""
    parts = key.split(".")
    known = {name for name, _ in model_keys(model)}
    for general in known:
        names = general.split(".")
        if len(names) == len(parts) and all(a == b or a in ("NAME", "ID") for a, b in zip(names, parts, strict=True)):
            return general
    return key


def _inner(annotation: Any) -> Any:
    return get_args(annotation)[-1] if get_origin(annotation) in (dict, list) else annotation
