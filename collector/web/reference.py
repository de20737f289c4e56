"""The API's description for people, at `/api/reference/`: one page, made of the OpenAPI document, that asks nobody else."""

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import Any

from aiohttp import web

from collector.web.access import Viewer
from collector.web.openapi import document
from collector.web.pages import CONTENT_SECURITY_POLICY
from collector.web.unchanged import Lasting, lasting, sent

Schema = dict[str, Any]


async def reference(request: web.Request, _viewer: Viewer) -> web.Response:
    """Return the page, or that it is the same as last time."""
    headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
    return sent(request, _written(), headers=headers)


@lru_cache(maxsize=1)
def _written() -> Lasting:
    return lasting(page(), content_type="text/html")


@lru_cache(maxsize=1)
def page() -> str:
    """Return the page: a list of addresses, each of them, and the objects that they speak of."""
    described = document()
    operations = [
        (f"{method.upper()} {path}", operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = described["components"]["schemas"]
    info = described["info"]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(info["title"])} {escape(info["version"])}: API</title>
<link rel="icon" href="/dashboard/icon.svg">
<link rel="stylesheet" href="/dashboard/reference.css">
</head>
<body>
<header>
<h1>{escape(info["title"])} {escape(info["version"])}: API</h1>
<p>{escape(info["summary"])} The same for programs: <a href="/api/openapi.json">openapi.json</a>.
<a href="/dashboard/">Dashboard</a></p>
</header>
<main>
<h2>Addresses</h2>
{_table(("address", ""), [_contents(*operation) for operation in operations])}
{"".join(_operation(*operation) for operation in operations)}
<h2>Objects</h2>
{"".join(_object(name, schema) for name, schema in schemas.items())}
</main>
</body>
</html>
"""


def _contents(address: str, operation: Schema) -> tuple[str, ...]:
    link = f'<a href="#{escape(operation["operationId"])}"><code>{escape(address)}</code></a>'
    return link, _prose(operation["summary"])


def _operation(address: str, operation: Schema) -> str:
    parts = [f'<section id="{escape(operation["operationId"])}"><h3><code>{escape(address)}</code></h3>']
    parts.append(f"<p>{_prose(operation['summary'])}</p>")
    if operation["parameters"]:
        rows = [_parameter(parameter) for parameter in operation["parameters"]]
        parts.append(_table(("parameter", "", "type", "for example"), rows))
    if body := operation.get("requestBody"):
        forms = [_type(form) for form in body["content"]["application/json"]["schema"]["oneOf"]]
        parts.append(f"<p>Body, plain or gzip JSON, one of: {'; '.join(forms)}.</p>")
    rows = [_answer(status, answer) for status, answer in operation["responses"].items()]
    parts.append(_table(("status", "", "answer"), rows))
    return "".join([*parts, "</section>\n"])


def _parameter(parameter: Schema) -> tuple[str, ...]:
    needed = " <em>(needed)</em>" if parameter["required"] else ""
    example = parameter.get("example")
    shown = "" if example is None else f"<code>{escape(_literal(example))}</code>"
    named = f"<code>{escape(parameter['name'])}</code>{needed}"
    return named, _prose(parameter["description"]), _type(parameter["schema"]), shown


def _answer(status: str, answer: Schema) -> tuple[str, ...]:
    shapes = [
        f"{_type(content['schema'])} <small>{escape(kind)}</small>"
        for kind, content in answer.get("content", {}).items()
    ]
    return status, _prose(answer["description"]), "<br>".join(shapes)


def _object(name: str, schema: Schema) -> str:
    needed = schema.get("required", ())
    rows = [
        (
            f"<code>{escape(member)}</code>" + ("" if member in needed else " <em>(optional)</em>"),
            _type(of),
            _prose(of.get("description", "")),
        )
        for member, of in schema.get("properties", {}).items()
    ]
    table = _table(("member", "type", ""), rows) if rows else f"<p>{_type(schema)}</p>"
    told = _prose(schema.get("description", ""))
    return f'<section id="{escape(name)}"><h3>{escape(name)}</h3><p>{told}</p>{table}</section>\n'


def _type(schema: Schema) -> str:
    """Return a schema in words, as HTML.

    >>> _type({"anyOf": [{"type": "array", "items": {"$ref": "#/components/schemas/Span"}}, {"type": "null"}]})
    'array of <a href="#Span">Span</a> or null'
    """
    match schema:
        case {"$ref": str(place)}:
            name = escape(place.rpartition("/")[2])
            return f'<a href="#{name}">{name}</a>'
        case {"anyOf": list(forms)} | {"oneOf": list(forms)}:
            return " or ".join(_type(form) for form in forms)
        case {"enum": list(values)} | {"const": values}:
            values = values if isinstance(values, list) else [values]
            return " or ".join(f"<code>{escape(_literal(value))}</code>" for value in values)
        case {"type": "array", "description": str(told)}:
            return _prose(told[0].lower() + told[1:].rstrip("."))
        case {"type": "array", "items": dict(items)} if items:
            return f"array of {_type(items)}"
        case {"type": str(kind)}:
            return escape(" ".join([kind, *_bounds(schema)]))
        case _:
            return "anything"


def _bounds(schema: Schema) -> list[str]:
    words = [schema["format"]] if "format" in schema else []
    words += [f"from {schema[name]}" for name in ("minimum",) if name in schema]
    words += [f"to {schema[name]}" for name in ("maximum",) if name in schema]
    return words


def _literal(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _prose(text: str) -> str:
    """Return text as HTML; what stands between backquotes is code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    # A column whose cells speak for themselves has a head for those who listen.
    head = "".join(f'<th scope="col">{name or "<span>what it is</span>"}</th>' for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>\n"
