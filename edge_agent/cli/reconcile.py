"""`edge-agent reconcile`: what the collector lacks, sent again now; the outcome is printed for each epoch."""

import asyncio
from importlib.metadata import version
from pathlib import Path

import click

from edge_agent.buffer.reader import LogReader
from edge_agent.cli.options import config_option, data_dir_option, load
from edge_agent.cli.target import Target
from edge_agent.courier import Courier
from edge_agent.reconcile import Reconcile, Reconciled
from edge_agent.sender import Sender
from shared.clock import SystemClock
from shared.spoken import counted
from shared.terminal import ends_with_exit_code, one_line, print_json, print_table

COLUMNS = ("epoch", "numbers", "lacking", "sent_again", "waiting", "skipped", "lost")


@click.command
@config_option
@data_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@ends_with_exit_code
def reconcile(*, config: Path | None, data_dir: str | None, as_json: bool) -> int:
    """Ask the collector what it lacks of this queue, and send what is still kept of it.

    The running agent does so by itself within some heartbeats; this does it at once, for every epoch, and says what
    became of each. It may run beside the agent and never writes the queue.

    \b
    lacking     numbers that the collector had not got
    sent again  of these, settled before and still kept
    waiting     of these, still waiting at the agent, which brings them
    skipped     of these, dead letters and numbers never given out; the collector is told
    lost        of these, no longer kept; the collector is told

    \b
    exit: 0 the collector has everything but what waits · 1 no queue there · 2 settings wrong
          3 some lost or rejected · 4 not authorised · 5 unreachable for 30 s · 7 queue unusable
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    clock = SystemClock()
    with LogReader(load(config, data_dir=data_dir).data_dir) as reader:
        target = Target.of(reader)
        click.echo(one_line(f"camera {target.camera}, to {target.url}"), err=True)
        sender = Sender(target.url, token_file=target.token_file, ca_file=target.ca_file)
        courier = Courier(
            sender, backlog=reader.facts(), camera=target.camera, version=version("lineside"), clock=clock
        )
        found = asyncio.run(_run(Reconcile(reader, courier), sender))
    rows = [_row(one) for one in found]
    rejected = courier.tally.rejected
    if as_json:
        print_json({"epochs": rows, "rejected": rejected})
    else:
        print_table(rows, COLUMNS)
        if rejected:
            click.echo(
                f"{counted(rejected, 'event was', many='events were')} rejected; the reasons are at the collector",
                err=True,
            )
    return 3 if rejected or any(one.lost for one in found) else 0


async def _run(run: Reconcile, sender: Sender) -> list[Reconciled]:
    async with sender:
        return await run.run()


def _row(one: Reconciled) -> dict[str, object]:
    numbers = one.epoch.last - one.epoch.first + 1
    told = (one.epoch.token, numbers, one.lacking, one.sent_again, one.waiting, one.skipped, one.lost)
    return dict(zip(COLUMNS, told, strict=True))
