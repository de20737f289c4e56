"""Settings in the environment: `[collector] url` of the edge agent is `EDGE_AGENT_COLLECTOR__URL`.

A name is the program's prefix and the path of the key, in capitals or not, its parts joined by two underscores. A table
or a list may also be given whole, as JSON; what names of their own say of its keys goes above that. Everything else stays
the text that it is, for the model to read. A name that leads to no key at the top is not ours to judge: other programs may
begin theirs like we do.

Nothing is judged here: what is no JSON stays a text, and the model says what it should be.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, get_args, get_origin

from pydantic import BaseModel

SEPARATOR = "__"
_JSON = (dict, list, frozenset)
"""A tuple is none of them: addresses and networks are texts."""


def read_environment(model: type[BaseModel], *, prefix: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what the environment says of the settings of a model, nested as they are; keys of tables in small letters.

    >>> class Link(BaseModel):
    ...     url: str = ""
    >>> class Settings(BaseModel):
    ...     link: Link = Link()
    ...     names: dict[str, str] = {}
    ...     retries: int = 3
    >>> environ = {"MY_RETRIES": "5", "MY_LINK": '{"url": "a", "port": 1}', "MY_LINK__URL": "b", "MY_NAMES__W1": "7"}
    >>> read_environment(Settings, prefix="MY_", environ=environ)
    {'link': {'url': 'b', 'port': 1}, 'names': {'w1': '7'}, 'retries': '5'}
    """
    begin = prefix.lower()
    ours = {name.lower().removeprefix(begin): text for name, text in environ.items() if name.lower().startswith(begin)}
    found: dict[str, Any] = {}
    # A whole table before its keys, which go above it.
    for name, text in sorted(ours.items(), key=lambda item: item[0].count(SEPARATOR)):
        path = name.split(SEPARATOR)
        if len(path) == 1 or _is_table(_kind(model, path[:1])):
            _put(found, path, value=_value(text, _kind(model, path)))
    return {key: found[key] for key in model.model_fields if key in found}


def _kind(model: type[BaseModel], path: list[str]) -> Any:
    """Return what stands at a path, None if it leads to no key."""
    kind: Any = model
    for part in path:
        kind = _inside(kind, part)
    return kind


def _inside(kind: Any, part: str) -> Any:
    if _is_model(kind):
        field = kind.model_fields.get(part)
        return field.annotation if field else None
    return get_args(kind)[1] if get_origin(kind) is dict else None


def _is_table(kind: Any) -> bool:
    return _is_model(kind) or get_origin(kind) is dict


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _value(text: str, kind: Any) -> Any:
    if _is_model(kind) or get_origin(kind) in _JSON:
        with suppress(ValueError, RecursionError):
            return json.loads(text)
    return text


def _put(found: dict[str, Any], path: list[str], *, value: Any) -> None:
    branch = found
    for part in path[:-1]:
        branch = branch.setdefault(part, {})
        if not isinstance(branch, dict):  # given as a whole, it is no table: that is the mistake to tell
            return
    branch[path[-1]] = value
