"""What a running agent says of the time that was watched, after runs that nobody could hear."""

from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from tests.support.flaky_collector import flaky_collector, status, until
from tests.support.programs import edge_agent

pytestmark = pytest.mark.processes


async def test_a_run_tells_what_the_runs_before_it_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its collector is away since before the first of them; one was stopped, one killed, and between them nobody watched."""
    for key, value in {"INITIAL": "100ms", "MAX": "200ms"}.items():
        monkeypatch.setenv(f"EDGE_AGENT_RETRY__{key}", value)
    called: list[datetime] = []
    async with flaky_collector() as collector, aiohttp.ClientSession() as session:
        collector.always = status(503)
        for number in (1, 2, 3):
            async with edge_agent(tmp_path / "queue", collector=collector.url) as (url, program):
                called.append(datetime.now(UTC))
                async with session.post(f"{url}/api/app/") as response:
                    assert 200 == response.status
                await until(
                    lambda: (
                        bool(collector.received) and len(collector.received[-1].agent["watched"] or ()) == len(called)
                    )
                )
                if number == 2:
                    await program.kill()
        agent = collector.received[-1].agent
    told = [[datetime.fromisoformat(instant) for instant in stretch] for stretch in agent["watched"]]

    assert [True] * 3 == [at <= start <= end for at, (start, end) in zip(called, told, strict=True)]
    assert [True] * 2 == [end < at for at, (_, end) in zip(called[1:], told, strict=False)]
    assert agent["watermark"] == agent["watched"][-1][1]
