"""The API's description by itself: an OpenAPI 3.1 document made from the models, at `/api/openapi.json`."""

import json
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from aiohttp import web
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from collector.grants import Kind
from collector.web.access import Viewer
from collector.web.described import ANYTHING_ONE_BY_ONE, OPERATIONS, PARAMETERS, WRONG_QUERY, Operation
from collector.web.doorkeeper import cookie_name
from collector.web.models import Problem
from collector.web.unchanged import Lasting, lasting, sent
from shared.wire import MAX_EVENTS

API_VERSION = "1"
"""Of the addresses and their shapes, which stay compatible. Strangers may read the document: it does not tell the program's version."""
REF = "#/components/schemas/{model}"
WINDOW_HEADERS = {
    "Lineside-Window-From": "Where the window began, if anywhere.",
    "Lineside-Window-To": "Where it ended.",
    "Lineside-Window-Time-Zone": "The zone of the site, or of all.",
    "Lineside-Window-Shift": "The shift that was asked for, written as in an address.",
}


SECURITY_SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A camera's token, which sends its events, or the last part of a board's link, which reads as a viewer.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": cookie_name(Kind.session, is_secure=False),
        "description": f"Set by `/login`; with TLS it is called `{cookie_name(Kind.session, is_secure=True)}`.",
    },
}
NOT_KNOWN = "Access is configured, and no token or session was shown, or none that is known."
TOO_OFTEN = "More requests with one token than are allowed; `Retry-After` says when to come again."
BUSY = "Others take all the room that there is; nothing of this request was kept."
NOT_ALLOWED = "Not for this role, this camera or this origin."


class _Untitled(GenerateJsonSchema):
    """Members have names; a title that only repeats them is noise."""

    def field_title_should_be_set(self, schema: object) -> bool:
        """Say that a member needs no title."""
        return False


async def openapi(request: web.Request, _viewer: Viewer) -> web.Response:
    """Return the document, or that it is the same as last time."""
    return sent(request, _written())


@lru_cache(maxsize=1)
def _written() -> Lasting:
    return lasting(json.dumps(document()), content_type="application/json")


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """Return the OpenAPI document of every address of the API."""
    schemas: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    for (method, path), operation in OPERATIONS.items():
        paths[path] = {method: _described(operation, schemas, path=path)}
        if operation.is_table:
            paths[f"{path.rstrip('/')}.csv"] = {method: _described_file(operation, schemas, path=path)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lineside collector",
            "version": API_VERSION,
            "summary": "Events of cameras in, exact working times out.",
        },
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items())), "securitySchemes": SECURITY_SCHEMES},
    }


def _described(operation: Operation, schemas: dict[str, Any], *, path: str) -> dict[str, Any]:
    answer = _schema(operation.answer, schemas, mode="serialization")
    content = {"application/json": {"schema": answer}}
    body = {} if not operation.body else {"requestBody": _body(operation, schemas)}
    answered = {"description": "As asked.", "content": content} | _headers(operation.query)
    unchanged = {"304": {"description": "Nothing has changed."}} if operation.has_tag else {}
    return {
        "operationId": _name(path),
        "summary": operation.summary,
        "security": _security(operation),
        "parameters": _parameters(operation.query, operation.required),
        **body,
        "responses": {"200": answered, **unchanged, **_problems(operation, schemas)},
    }


def _described_file(operation: Operation, schemas: dict[str, Any], *, path: str) -> dict[str, Any]:
    query = operation.query if operation.query_of_the_file is None else operation.query_of_the_file
    content = {"text/csv": {"schema": {"type": "string"}}}
    return {
        "operationId": f"{_name(path)}_csv",
        "summary": f"{operation.summary} As a file, whole.",
        "security": _security(operation),
        "parameters": _parameters(query, operation.required),
        "responses": {"200": {"description": "As asked.", "content": content}, **_problems(operation, schemas)},
    }


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    """Return what has to be shown once access is configured."""
    if operation.is_public:
        return []
    return [{"token": []}] if operation.body else [{"session": []}, {"token": []}]


def _body(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    array = {"type": "array", "items": {}, "maxItems": MAX_EVENTS, "description": ANYTHING_ONE_BY_ONE}
    forms = [_schema(model, schemas, mode="validation") for model in operation.body]
    return {"required": True, "content": {"application/json": {"schema": {"oneOf": [*forms, array]}}}}


def _parameters(query: tuple[str, ...], required: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": PARAMETERS[name].description,
            "schema": PARAMETERS[name].schema,
            **({} if PARAMETERS[name].example is None else {"example": PARAMETERS[name].example}),
        }
        for name in query
    ]


def _headers(query: tuple[str, ...]) -> dict[str, Any]:
    if "shift" not in query:
        return {}
    text = {"type": "string"}
    return {"headers": {name: {"description": told, "schema": text} for name, told in WINDOW_HEADERS.items()}}


def _problems(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": _schema(Problem, schemas, mode="serialization")}}
    wrong = "The body cannot be read, or its one event is none." if operation.body else WRONG_QUERY
    refused = {} if operation.is_public else {401: NOT_KNOWN, 403: NOT_ALLOWED, 429: TOO_OFTEN, 503: BUSY}
    statuses = {400: wrong, **refused, **{status: f"{HTTPStatus(status).phrase}." for status in operation.problems}}
    return {str(status): {"description": told, "content": content} for status, told in sorted(statuses.items())}


def _schema(of: Any, schemas: dict[str, Any], *, mode: JsonSchemaMode) -> dict[str, Any]:
    """Return the schema of a type; models go into `schemas` and are referred to."""
    schema = TypeAdapter(of).json_schema(mode=mode, ref_template=REF, schema_generator=_Untitled)
    schemas.update(schema.pop("$defs", {}))
    if "title" in schema and "properties" in schema:
        name = schema["title"]
        schemas[name] = schema
        return {"$ref": REF.format(model=name)}
    return schema


def _name(path: str) -> str:
    return path.strip("/").removeprefix("api/").replace("/", "_")
