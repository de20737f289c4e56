"""A command in the test's own process: the same code as in a process of its own, without its start."""

import asyncio

from click import Command
from click.testing import CliRunner

from collector.cli import main as collector
from edge_agent.cli import main as edge_agent
from tests.support.programs import Finished


async def invoked(*arguments: str) -> Finished:
    """Run `edge-agent …` to its end, in a thread, so that it may have an event loop of its own."""
    return await _run(edge_agent, "edge-agent", arguments)


async def invoked_collector(*arguments: str) -> Finished:
    """Run `collector …` likewise."""
    return await _run(collector, "collector", arguments)


async def _run(main: Command, name: str, arguments: tuple[str, ...]) -> Finished:
    result = await asyncio.to_thread(CliRunner().invoke, main, arguments, prog_name=name)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return Finished(result.exit_code, result.stdout, result.stderr)
