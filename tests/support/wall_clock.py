"""The wall clock of a machine for real programs, set as a test likes; by libfaketime, which Debian has as `faketime`."""

from pathlib import Path

import pytest


class WallClock:
    """What programs that are started from now on take for the time; monotonic clocks are left alone, as the kernel does."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.is_ahead(0)

    def is_ahead(self, seconds: int) -> None:
        """Let it differ from the true time by so much, for programs that run already too."""
        self._file.write_text(f"{seconds:+d}")


def set_by_tests(monkeypatch: pytest.MonkeyPatch, folder: Path, *, cached_seconds: int = 0) -> WallClock:
    """Return the clock of every program that is started from now on; where the library is missing, the test is skipped.

    Programs look at the file whenever they ask for the time, which costs them dearly, or at most every so many seconds.
    """
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if library is None:
        pytest.skip("libfaketime is not on this machine")
    file = folder / "clock"
    for name, value in {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        **({"FAKETIME_CACHE_DURATION": str(cached_seconds)} if cached_seconds else {"FAKETIME_NO_CACHE": "1"}),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }.items():
        monkeypatch.setenv(name, value)
    return WallClock(file)
