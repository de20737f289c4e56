"""A stranger who has read the description tries everything: right and wrong values, methods and headers, at a real server."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from collector.grants import Role
from tests.collector.web.golden import EVENTS
from tests.collector.web.tokens import camera_token, session
from tests.support.collector import RunningCollector, running_collector
from tests.support.postgres import Server
from tests.support.programs import ROOT

Ran = tuple[int, str]
CONFIG = """
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "404", "405", "413", "415", "426"]
"""
"""Of what is refused besides what anybody refuses: too many items, and a protocol that is too new."""


async def ran(collector: RunningCollector, folder: Path, *, token: str, schemes: tuple[str, ...], only: str) -> Ran:
    """Return how schemathesis ended that has a token by these schemes and tries addresses of a pattern, and what it said.

    It reads the description from the collector itself; `tests.support.strangers` says what no schema can.
    """
    shown = {"token": f'bearer = "{token}"', "session": f'api_key = "{token}"'}
    auth = "".join(f"[auth.openapi.{scheme}]\n{shown[scheme]}\n" for scheme in schemes)
    (folder / "schemathesis.toml").write_text(CONFIG + auth)
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).parent / "schemathesis"),
        *("--config-file", str(folder / "schemathesis.toml")),
        *("run", f"{collector.url}/api/openapi.json", "--checks", "all", "--include-path-regex", only),
        *(
            "--max-examples",
            "20",
            "--seed",
            "1",
            "--request-timeout",
            "60",
            "--no-color",
        ),  # a busy machine takes its time
        cwd=folder,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.support.strangers", "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("role", "store"),
    [
        (Role.agent, "sqlite"),
        (Role.agent, "postgres"),
        (Role.supervisor, "sqlite"),
        pytest.param(Role.supervisor, "postgres", marks=pytest.mark.gauntlet),
    ],
    ids=str,
)
async def test_whatever_a_stranger_tries_is_answered_as_described(
    request: pytest.FixtureRequest, tmp_path: Path, role: Role, store: str
) -> None:
    """Every check and every phase of schemathesis: no 5xx, no status, type or shape that is not described, nothing wrong accepted.

    As one who may send, and as one who may see everything; what either shows is also left out, and must be missed. The
    description is read as it is served, with every form of a body in it; that envelopes were among those that were taken is
    seen by the camera's version, which only they tell.
    """
    given: dict[str, Any] = {"camera_requests_per_second": 10_000, "reader_requests_per_second": 10_000}
    given |= {"sites": {"default": {"shifts": [{"name": "morning", "start": "06:00", "end": "14:00"}]}}}
    if store == "postgres":
        server: Server = request.getfixturevalue("postgres")
        given["database"] = await server.emptied_database()
    async with running_collector(tmp_path, **given) as collector:
        await collector.post(EVENTS)
        headers = await camera_token(collector, "C1") if role is Role.agent else await session(collector, role)
        (shown,) = headers.values()
        token = shown.removeprefix("lineside=").removeprefix("Bearer ")
        schemes = ("token",) if role is Role.agent else ("token", "session")
        only = "^/api/app/" if role is Role.agent else "^(?!/api/app/)"
        code, out = await ran(collector, tmp_path, token=token, schemes=schemes, only=only)
        looking = await session(collector, Role.viewer)
        cameras = (await collector.ask("GET", "/api/cameras/", headers=looking)).json

    assert 0 == code, out[-8_000:]
    assert (role is Role.agent) == any(camera["version"] for camera in cameras)
