"""Rules for what is installed: the wheel carries every file of the programs, the locks pin and hash every package.

Nothing here asks a registry. The wheel is built once, with the build tools that are installed already.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.structure.tree import PROGRAMS, ROOT, project_files, text_of

_LOCKS = ("requirements.txt", "requirements-build.txt", "requirements-dev.txt")
_PIN = re.compile(r"^([a-z0-9-]+)==(\S+)((?:.*\\\n)+.*)$", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def test_the_wheel_carries_every_file_of_the_programs_and_no_other(tmp_path: Path) -> None:
    """SQL, pages, scripts and styles are installed too; tests and demo are not."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], cwd=ROOT, check=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        carried = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert {name for name in project_files() if name.split("/")[0] in PROGRAMS} == carried


@pytest.mark.parametrize("lock", _LOCKS)
def test_every_locked_package_is_hashed(lock: str) -> None:
    """An installed file is one that was seen when the lock was written, wherever it came from."""
    unhashed = [match[1] for match in _PIN.finditer(text_of(lock)) if "--hash=sha256:" not in match[3]]

    assert _pins(lock)
    assert [] == unhashed


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-build.txt"])
def test_what_is_tested_is_what_is_installed(lock: str) -> None:
    """Each version that an installation takes is the one that the tests ran with."""

    assert _pins(lock).items() <= _pins("requirements-dev.txt").items()


def test_every_dependency_is_locked() -> None:
    """A dependency added to pyproject.toml is in the locks: `make lock` was not forgotten."""
    declared = tomllib.loads(text_of("pyproject.toml"))
    groups = declared["dependency-groups"]
    everything = [
        *declared["project"]["dependencies"],
        *(name for extra in declared["project"]["optional-dependencies"].values() for name in extra),
        *groups["build"],
        *groups["dev"],
    ]

    assert set() == _names(declared["project"]["dependencies"]) - _pins("requirements.txt").keys()
    assert set() == _names(groups["build"]) - _pins("requirements-build.txt").keys()
    assert set() == _names(everything) - _pins("requirements-dev.txt").keys()


def _pins(lock: str) -> dict[str, str]:
    return {match[1]: match[2] for match in _PIN.finditer(text_of(lock))}


def _names(requirements: list[str]) -> set[str]:
    return {match[0] for text in requirements if (match := _NAME.match(text))}
