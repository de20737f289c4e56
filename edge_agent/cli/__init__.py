"""The command edge-agent, one file a subcommand."""

import click

from edge_agent.cli.check import check
from edge_agent.cli.dead_letter_verbs import drop, edit, retry
from edge_agent.cli.dead_letters import dead_letters
from edge_agent.cli.export import export
from edge_agent.cli.reconcile import reconcile
from edge_agent.cli.replay import replay
from edge_agent.cli.run import run
from edge_agent.cli.send import send
from edge_agent.cli.status import status
from edge_agent.cli.verify import verify

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="lineside", prog_name="edge-agent", message="%(prog)s %(version)s")
def main() -> None:
    """Keep a camera's events safe beside the camera, and deliver them to the collector.

    \b
    exit: 0 done · 1 failed · 2 usage · 3 degraded or incomplete · 4 not authorised
          5 other side unreachable · 6 queue held by another process · 7 storage · 130 interrupted
    """  # noqa: D301 - \b keeps the lines of the paragraph after it


for verb in (edit, retry, drop):
    dead_letters.add_command(verb)
for command in (run, send, status, check, verify, replay, reconcile, dead_letters, export):
    main.add_command(command)
