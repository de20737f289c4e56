"""The command edge-agent, one file a subcommand."""

from importlib import import_module

import click

__all__ = ["main"]

_COMMANDS = {
    "check": "check:check",
    "dead-letters": "dead_letter_verbs:dead_letters",
    "export": "export:export",
    "reconcile": "reconcile:reconcile",
    "replay": "replay:replay",
    "run": "run:run",
    "send": "send:send",
    "status": "status:status",
    "verify": "verify:verify",
}
"""The file and the name of each."""


class _Commands(click.Group):
    """Commands whose files are read when they are asked for: an agent that runs for months need not hold the others."""

    def list_commands(self, _: click.Context) -> list[str]:
        """Return their names in the order of the help."""
        return sorted(_COMMANDS)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a name, None if there is none."""
        if cmd_name not in _COMMANDS:
            return None
        file, name = _COMMANDS[cmd_name].split(":")
        command = getattr(import_module(f"edge_agent.cli.{file}"), name)
        return command if isinstance(command, click.Command) else None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="lineside", prog_name="edge-agent", message="%(prog)s %(version)s")
def main() -> None:
    """Keep a camera's events safe beside the camera, and deliver them to the collector.

    \b
    exit: 0 done · 1 failed · 2 usage · 3 degraded or incomplete · 4 not authorised
          5 other side unreachable · 6 queue held by another process · 7 storage · 130 interrupted
          141 whoever read the output went away
    """  # noqa: D301 - \b keeps the lines of the paragraph after it
