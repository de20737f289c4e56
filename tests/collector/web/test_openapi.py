"""The API's description of itself: it names every address and parameter, and every answer is of the shape it says."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from collector.web.described import OPERATIONS
from collector.web.openapi import document
from collector.web.routes import ROUTES
from tests.collector.web.golden import EVENTS
from tests.support.collector import RunningCollector, at, envelope, item, running_collector

ANSWERS = [(path, operation) for (method, path), operation in OPERATIONS.items() if method == "get"]
NOT_OF_THE_API = (
    "/dashboard",
    "/api/Dashboard/",
    "/api/openapi.json",
    "/api/reference",
    "/metrics",
    "/log",
    "/board/",
)
WINDOW = "from=2026-01-15T09:30:00Z&to=2026-01-15T11:00:00Z"


def test_every_address_is_described() -> None:
    """Also the files beside the tables; what serves pages is no part of the API."""
    paths = document()["paths"]
    there = {route.path for route in ROUTES if route.path != "/" and not route.path.startswith(NOT_OF_THE_API)}

    assert there == set(paths)


@pytest.mark.parametrize("path", [path for path in document()["paths"] if path != "/api/app/"])
async def test_every_parameter_is_described(collector: RunningCollector, path: str) -> None:
    """The answer to one that is not known names those that are."""
    described = {parameter["name"] for parameter in document()["paths"][path]["get"]["parameters"]}
    told = (await collector.get(f"{path}?no_such=1")).text
    known = re.search(r"known are ([a-z_, ]+)", told)

    assert described == (set(known[1].split(", ")) if known else set())


async def exercised(collector: RunningCollector) -> None:
    """Let everything happen that has a place in some answer."""
    await collector.post(EVENTS)
    await collector.post([item("10:15", "W1", "working", confidence=0.1), {"timestamp": "yesterday"}])
    sent = [item("10:40", "W1", "idle"), item("10:45", "W2", "absent")]
    await collector.post(envelope(sent, watermark="2026-01-15T10:50:00Z", pending=3, last_seq=9))


@pytest.mark.parametrize(("path", "operation"), ANSWERS, ids=[path for path, _ in ANSWERS])
async def test_every_answer_has_the_shape_that_is_described(tmp_path: Path, path: str, operation: Any) -> None:
    """With rows in every table, within a window, and as of now."""
    shifts = [{"name": "morning", "start": "06:00", "end": "14:00"}]
    given = {"sites": {"default": {"shifts": shifts}}, "cameras": {"C9": {}}}
    async with running_collector(tmp_path, **given) as collector:
        await exercised(collector)
        collector.clock.set(at("10:55"))
        queries = [f"{WINDOW}&include=occupied" if "include" in operation.query else WINDOW, "shift=current", ""]
        for query in queries if "shift" in operation.query else [""]:
            named = f"worker_id=W1&{query}" if "worker_id" in operation.required else query
            named = f"workstation_id=S1&{query}" if query and path == "/api/metrics/workers/" else named
            answer = await collector.get(f"{path}?{named}")

            assert 200 == answer.status, answer.text
            TypeAdapter(operation.answer).validate_json(answer.content, strict=True)
            assert answer.json  # a table without rows shows nothing


@pytest.mark.parametrize(
    "body", [EVENTS[0], EVENTS, [{}], envelope(EVENTS[:2])], ids=["one", "array", "bad", "envelope"]
)
async def test_the_answer_to_a_body_has_the_shape_that_is_described(collector: RunningCollector, body: Any) -> None:
    """Sent once and sent again."""
    operation = OPERATIONS["post", "/api/app/"]
    for _ in range(2):
        answer = await collector.post(body)
        TypeAdapter(operation.answer).validate_json(answer.content, strict=True)


async def test_the_document_is_served(collector: RunningCollector) -> None:
    """As it was made."""
    answer = await collector.get("/api/openapi.json")

    assert (200, document()) == (answer.status, answer.json)
