"""What several commands have in common: which file the settings come from, and where the agent keeps its data."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from edge_agent.settings import ENVIRONMENT_PREFIX, AgentSettings
from shared.settings_file import load_settings

Command = TypeVar("Command", bound=Callable[..., Any])


def config_option(command: Command) -> Command:
    """Add `--config FILE`."""
    return click.option(
        "--config",
        type=click.Path(dir_okay=False, path_type=Path),
        envvar=f"{ENVIRONMENT_PREFIX}CONFIG",
        show_envvar=True,
        metavar="FILE",
        help="Settings in TOML; flags and the environment win.",
    )(command)


def data_dir_option(command: Command) -> Command:
    """Add `--data-dir DIR`."""
    return click.option(
        "--data-dir",
        metavar="DIR",
        help="Folder of the queue.  [default: lineside/edge-agent in the user's state folder]",
    )(command)


def load(config: Path | None, **flags: object) -> AgentSettings:
    """Return the settings; a flag's name is its key, with two underscores for the dot, None if it was not given.

    Raises:
        SettingsInvalid: names every mistake.
    """
    dotted = {name.replace("__", "."): value for name, value in flags.items()}
    return load_settings(AgentSettings, prefix=ENVIRONMENT_PREFIX, file=config, flags=dotted)
