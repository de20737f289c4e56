"""The command `collector`: one file a command."""

from importlib.metadata import version

import click

from collector.cli.access_log import access_log
from collector.cli.boards import boards
from collector.cli.cameras import cameras
from collector.cli.check import check
from collector.cli.db import db
from collector.cli.events import events
from collector.cli.forget import forget
from collector.cli.import_django import import_django
from collector.cli.import_events import import_events
from collector.cli.metrics import metrics
from collector.cli.names import names
from collector.cli.person import person
from collector.cli.pseudonym import pseudonym
from collector.cli.purge import purge
from collector.cli.rejected import rejected
from collector.cli.serve import serve
from collector.cli.sites import sites
from collector.cli.status import status
from collector.cli.users import users
from collector.cli.why import why


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("lineside"), prog_name="collector")
def main() -> None:
    """Collect the events of a factory's cameras and show what they add up to.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but incomplete, 4 not authorised, 5 the other side is
    unreachable, 6 another process holds the database, 7 storage trouble, 130 interrupted, 141 whoever read the
    output went away.
    """


main.add_command(serve)
main.add_command(status)
main.add_command(check)
main.add_command(import_events)
main.add_command(import_django)
main.add_command(metrics)
main.add_command(events)
main.add_command(rejected)
main.add_command(cameras)
main.add_command(users)
main.add_command(boards)
main.add_command(names)
main.add_command(sites)
main.add_command(why)
main.add_command(purge)
main.add_command(forget)
main.add_command(person)
main.add_command(pseudonym)
main.add_command(access_log)
main.add_command(db)
