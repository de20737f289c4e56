"""`edge-agent check`: everything between the camera and the collector, a line each, before or while the agent runs."""

import asyncio
from pathlib import Path

import click

from edge_agent.checks.findings import agent_finding, compared_clock_finding
from edge_agent.checks.looks import look_at_collector, look_at_queue
from edge_agent.cli.options import config_option, data_dir_option, load
from edge_agent.cli.status import ask
from edge_agent.settings import AgentSettings
from shared.clock import Clock, SystemClock
from shared.disk_probe import look_at_disk
from shared.errors import SettingsInvalid, Unreachable
from shared.findings import LITTLE_ROOM_BYTES, Finding, exit_code
from shared.terminal import ends_with_exit_code, print_findings

SLOW_DISK = "every post waits so long; is the card worn out?"


@click.command
@config_option
@data_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print the lines as JSON.")
@ends_with_exit_code
def check(*, config: Path | None, data_dir: str | None, as_json: bool) -> int:
    """Try everything that the agent needs, and say what is not as it should be.

    Settings, agent, queue, disk with the time of its fsync, clock, DNS, TLS and token: a line each. Works with the
    agent running and without; writes nothing that stays, and nothing arrives at the collector.

    \b
    exit: 0 all well · 2 settings wrong · 3 works, but look at a line · 4 not authorised
          5 collector unreachable · 7 queue or disk unusable; the first trouble counts
    """  # noqa: D301 - \b keeps the lines of the paragraph after it
    try:
        settings = load(config, data_dir=data_dir)
    except SettingsInvalid as error:
        findings = [Finding("settings", line, error.exit_code) for line in str(error).splitlines()]
    else:
        where = "the defaults and the environment" if config is None else str(config)
        findings = [Finding("settings", where), *asyncio.run(_look(settings, clock=SystemClock()))]
    print_findings(findings, as_json=as_json)
    return exit_code(findings)


async def _look(settings: AgentSettings, *, clock: Clock) -> list[Finding]:
    collector = settings.collector.url
    offset_seconds: float | None = None
    try:
        status = await ask(settings.data_dir)
        agent = agent_finding(status, camera=settings.camera, collector=collector)
        offset_seconds = status["clock_offset_seconds"] if status else None
    except Unreachable as error:
        agent = Finding("agent", str(error), 3)
    return [
        agent,
        await asyncio.to_thread(look_at_queue, settings.data_dir),
        await asyncio.to_thread(
            look_at_disk,
            settings.data_dir,
            clock=clock,
            slow=SLOW_DISK,
            # With less the agent refuses events.
            least_bytes=max(settings.buffer.min_free_disk, LITTLE_ROOM_BYTES),
        ),
        compared_clock_finding(clock.now(), offset_seconds=offset_seconds),
        *await look_at_collector(settings, clock=clock),
    ]
