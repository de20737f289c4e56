"""What every test may use: hypothesis profiles, markers, and the folder of real data beside the checkout.

The profile `dev` is for a person at work: new examples each time, failures remembered. `ci` (what `make test` takes) draws
the same examples every time, so a run that failed fails again, and knows no deadline, because machines are shared.
"""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.postgres import Server, running_server

_FIGURES = pytest.StashKey[list[str]]()
ROOT = Path(__file__).resolve().parent.parent

# No test trusts the system's authorities, and each of hundreds of programs would read all their certificates as it starts.
os.environ["SSL_CERT_FILE"] = os.devnull
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A job in the background is started with Ctrl-C ignored, and would hand that on to the programs that tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci",
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("dev")


def pytest_configure(config: pytest.Config) -> None:
    """Name the markers, so that a misspelt one is an error."""
    config.addinivalue_line("markers", "browser: opens the dashboard in a real chromium")
    config.addinivalue_line("markers", "processes: starts the real programs and ends them")


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Note a line of what a long run has found; it is shown after the last test."""
    return request.config.stash.setdefault(_FIGURES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show what was noted."""
    if figures := config.stash.get(_FIGURES, []):
        terminalreporter.section("figures")
        for line in figures:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server of the tests' own; each process of a session has one."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder ../shared/data beside the checkout, with a real factory log; the test is skipped where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("../shared/data, the folder of the real factory log, is not beside this checkout")
    return folder
