"""A command of either program in the test's own process: the same code as in a process of its own, without its start."""

import asyncio

from click.testing import CliRunner

from collector.cli import main as collector
from edge_agent.cli import main
from tests.support.programs import Finished


async def invoked(*arguments: str) -> Finished:
    """Run `edge-agent …` to its end, in a thread, so that it may have an event loop of its own."""
    result = await asyncio.to_thread(CliRunner().invoke, main, arguments, prog_name="edge-agent")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return Finished(result.exit_code, result.stdout, result.stderr)


async def invoked_collector(*arguments: str) -> Finished:
    """Run `collector …` to its end, likewise."""
    result = await asyncio.to_thread(CliRunner().invoke, collector, arguments, prog_name="collector")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return Finished(result.exit_code, result.stdout, result.stderr)
