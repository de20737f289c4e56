"""A running agent holds in memory what it needs to run: 500 small machines pay for every module, for months."""

import subprocess
import sys

import pytest

from tests.support.programs import ROOT

pytestmark = pytest.mark.processes

_LOADED = """
import sys
from edge_agent.cli import main
main(["run", "--help"], standalone_mode=False)
print(*sorted(sys.modules), file=sys.stderr)
"""


def test_other_commands_and_their_libraries_are_not_loaded() -> None:
    """Of the commands only `run`; nothing that only a mistake in the settings or a look from outside needs."""
    ran = subprocess.run([sys.executable, "-c", _LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(ran.stderr.split())
    commands = {name for name in loaded if name.startswith("edge_agent.cli.")}

    assert {"edge_agent.cli.options", "edge_agent.cli.run"} == commands
    assert "edge_agent.agent" in loaded
    assert set() == loaded & {"difflib", "statistics", "edge_agent.checks", "edge_agent.client", "shared.disk_probe"}
