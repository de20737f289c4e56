"""`edge-agent run`: the agent itself."""

from pathlib import Path

import click

from edge_agent.agent import run as run_agent
from edge_agent.cli.options import config_option, data_dir_option, load
from shared.logs import set_up_logs
from shared.terminal import ends_with_exit_code


@click.command
@config_option
@data_dir_option
@click.option(
    "--listen",
    metavar="HOST:PORT",
    help="Where the producer posts its events; port 0 takes a free one.  [127.0.0.1:8600]",
)
@click.option("--collector", metavar="URL", help="Where the events go.  [http://127.0.0.1:8000]")
@click.option("--camera", metavar="NAME", help="The camera's name at the collector.  [this machine's host name]")
@click.option("--token-file", metavar="FILE", help="File that holds the camera's token.")
@click.option("--allow-insecure", is_flag=True, help="Let events leave this machine in clear, over http://.")
@click.option("--open", "is_open", is_flag=True, help="Allow --listen on an address beyond this machine.")
@click.option("--verbose", "-v", is_flag=True, help="Log every batch.")
@ends_with_exit_code
def run(
    *,
    config: Path | None,
    data_dir: str | None,
    listen: str | None,
    collector: str | None,
    camera: str | None,
    token_file: str | None,
    allow_insecure: bool,
    is_open: bool,
    verbose: bool,
) -> int:
    """Take a camera's events, keep them on disk, and deliver each one to the collector.

    Runs until it is stopped by SIGTERM or Ctrl-C. A producer posts to http://127.0.0.1:8600/api/app/.

    \b
    exit: 0 stopped · 1 cannot listen · 2 settings wrong · 6 another agent has the queue
          7 storage · 130 interrupted before its queue was open
    """  # noqa: D301 - \b keeps the lines of the paragraph after it
    set_up_logs(verbose=verbose)
    settings = load(
        config,
        data_dir=data_dir,
        listen=listen,
        collector__url=collector,
        camera=camera,
        collector__token_file=token_file,
        collector__allow_insecure=True if allow_insecure else None,
        open=True if is_open else None,
    )
    return run_agent(settings)
