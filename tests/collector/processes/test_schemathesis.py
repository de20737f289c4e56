"""A stranger who has read the description tries everything: right and wrong values, methods and headers, at a real server."""

import asyncio
import json
import os
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from collector.grants import Role
from collector.web.openapi import document
from tests.collector.web.golden import EVENTS
from tests.collector.web.tokens import camera_token, session
from tests.support.collector import RunningCollector, running_collector
from tests.support.postgres import Server
from tests.support.programs import ROOT

CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "304", "404"]
[checks.negative_data_rejection]
expected-statuses = ["400", "404", "405", "413", "415", "426"]
"""
PAST = "^(19[7-9][0-9]|20[0-2][0-5])-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$"
"""Behind the collector's clock."""


def tightened() -> dict[str, Any]:
    """Return the document with what no schema can say: which sites and shifts there are, and how late it is."""
    found = deepcopy(document())
    for operations in found["paths"].values():
        if operations.get("get", {}).get("security"):
            operations["get"]["security"] = [{"token": []}]  # of the two ways to be known, the one that is shown
        parameters = operations.get("get", {}).get("parameters", [])
        parameters[:] = [parameter for parameter in parameters if parameter["name"] != "after"]  # a page's own word
        for parameter in parameters:
            choices = {"site": ["default"], "shift": ["current", "2026-01-15/morning"], "worker_id": ["W1"]}
            if parameter["name"] in choices and (parameter["name"] != "worker_id" or parameter["required"]):
                parameter["schema"] = {"type": "string", "enum": choices[parameter["name"]]}
            if parameter["name"] in ("from", "to"):
                parameter["schema"] = {"type": "string", "pattern": PAST}
    found["components"]["schemas"]["EventIn"]["properties"]["timestamp"] = {"type": "string", "pattern": PAST}
    envelopes = found["paths"]["/api/app/"]["post"]["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
    envelopes[:] = [form for form in envelopes if "EnvelopeIn" not in form.get("$ref", "")]  # numbers must fit events
    return found


async def ran(collector: RunningCollector, folder: Path, *, shown: str, only: str) -> tuple[int, str]:
    """Return how schemathesis ended that shows a header and tries addresses of a pattern, and what it said."""
    described = folder / "openapi.json"
    described.write_text(json.dumps(tightened()))
    (folder / "schemathesis.toml").write_text(CONFIG)
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).parent / "schemathesis"),
        *("--config-file", str(folder / "schemathesis.toml")),
        *("run", str(described), "--url", collector.url, "--checks", "all"),
        *("--header", shown, "--include-path-regex", only),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", "20", "--seed", "1", "--no-color"),
        cwd=folder,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.support.strangers", "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("store", ["sqlite", "postgres"])
@pytest.mark.parametrize("role", [Role.agent, Role.supervisor], ids=str)
async def test_whatever_a_stranger_tries_is_answered_as_described(
    request: pytest.FixtureRequest, tmp_path: Path, role: Role, store: str
) -> None:
    """Every check of schemathesis: no 5xx, no status, type or shape that is not described, nothing wrong accepted.

    As one who may send, and as one who may see everything; what either shows is also left out, and must be missed.
    """
    given: dict[str, Any] = {"sites": {"default": {"shifts": [{"name": "morning", "start": "06:00", "end": "14:00"}]}}}
    if store == "postgres":
        server: Server = request.getfixturevalue("postgres")
        given["database"] = await server.emptied_database()
    async with running_collector(tmp_path, **given) as collector:
        await collector.post(EVENTS)
        headers = await camera_token(collector, "C1") if role is Role.agent else await session(collector, role)
        (shown,) = headers.values()
        shown = f"Authorization: Bearer {shown.removeprefix('lineside=').removeprefix('Bearer ')}"
        only = "^/api/app/" if role is Role.agent else "^(?!/api/app/)"
        code, out = await ran(collector, tmp_path, shown=shown, only=only)

    assert 0 == code, out[-8_000:]
