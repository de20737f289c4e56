"""`edge-agent status`: how the agent of a data folder is, in words or as JSON.

Asks the running agent through its control socket. Without one the queue file is read as it stands, which cannot know
how the collector is.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from edge_agent.buffer.reader import LogReader
from edge_agent.cli.options import config_option, data_dir_option, load
from edge_agent.cli.status_words import in_words
from edge_agent.control import CONTROL_SOCKET
from edge_agent.status import describe_log
from shared.asking import status_of
from shared.clock import SystemClock
from shared.terminal import ends_with_exit_code, print_json

NOT_RUNNING = "not running"
_ANSWER_SECONDS = 10


@click.command
@config_option
@data_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@ends_with_exit_code
def status(*, config: Path | None, data_dir: str | None, as_json: bool) -> int:
    """Say what waits in the queue and how the collector is.

    \b
    exit: 0 all well · 1 no queue there · 2 settings wrong
          3 degraded: the collector does not take events, events cannot be stored, or the agent is not
            running while events wait
          5 the agent runs but does not answer · 7 the queue file cannot be read
    """  # noqa: D301 - \b keeps the lines of the paragraph after it
    folder = load(config, data_dir=data_dir).data_dir
    told = asyncio.run(ask(folder)) or _read(folder)
    if as_json:
        print_json(told)
    else:
        for line in in_words(told, now=SystemClock().now()):
            click.echo(line)
    return 3 if is_degraded(told) else 0


def is_degraded(status: Mapping[str, Any]) -> bool:
    """Return whether a person should look after this agent."""
    if status["state"] == NOT_RUNNING:
        return bool(status["pending"] or status["unaccounted"])
    return bool(status["state"] in ("retrying", "paused") or status["not_ready"] or status["unaccounted"])


async def ask(folder: Path) -> dict[str, Any] | None:
    """Return what the running agent says, None if none runs.

    Raises:
        Unreachable: one runs and does not answer.
    """
    return await status_of(folder / CONTROL_SOCKET, who=f"the agent of {folder}", seconds=_ANSWER_SECONDS)


def _read(folder: Path) -> dict[str, Any]:
    with LogReader(folder) as reader:
        facts = reader.facts()
        return {
            "camera": reader.recall("camera"),
            "collector": reader.recall("collector.url"),
            "state": NOT_RUNNING,
            "epoch": facts.epochs[-1].token if facts.epochs else None,
            **describe_log(reader.counts()),
        }
