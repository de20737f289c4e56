"""Ctrl-C at a moment when a program has hardly begun."""

import subprocess
import sys

import pytest

from tests.support.programs import ROOT

pytestmark = pytest.mark.processes

# The first import of the program itself sends the signal, as an impatient person does.
START = """
import builtins, os, runpy, signal, sys
real = builtins.__import__
def interrupted(name, *rest, **named):
    if name == sys.argv[1] + ".cli":
        os.kill(os.getpid(), signal.SIGINT)
    return real(name, *rest, **named)
builtins.__import__ = interrupted
runpy.run_module(sys.argv[1], run_name="__main__")
"""


@pytest.mark.parametrize("program", ["collector", "edge_agent"])
def test_ctrl_c_while_a_program_is_loaded_is_no_traceback(program: str) -> None:
    """Loading takes a moment, and the exit code is that of any other interrupt."""
    ended = subprocess.run(
        [sys.executable, "-c", START, program], cwd=ROOT, capture_output=True, timeout=30, check=False
    )

    assert (130, b"", b"") == (ended.returncode, ended.stdout, ended.stderr)
