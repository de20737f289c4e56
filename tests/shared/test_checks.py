"""What both programs' `check` make of the machine they are on: its disk and its clock, and the exit code of many findings."""

from pathlib import Path

import pytest

from shared.clock import SystemClock
from shared.disk_probe import look_at_disk
from shared.findings import Finding, clock_finding, disk_finding, exit_code
from shared.instants import parse_instant
from shared.terminal import print_findings

SLOW = "is the card worn out?"


@pytest.mark.parametrize(
    ("free_bytes", "sync_seconds", "code", "words"),
    [
        (10**10, [0.004, 0.9, 0.005], 0, "fsync 5.0 ms, at worst 900"),
        (10**7, [0.004], 3, "make room"),
        (10**10, [0.3], 3, SLOW),
    ],
)
def test_a_disk_is_judged_by_its_room_and_its_syncs(
    free_bytes: int, sync_seconds: list[float], code: int, words: str
) -> None:
    """One slow write of several is chance."""
    finding = disk_finding(folder="/q", free_bytes=free_bytes, sync_seconds=sync_seconds, slow=SLOW)

    assert code == finding.exit_code
    assert words in finding.words


def test_a_disk_has_as_much_room_as_its_user_needs() -> None:
    """An agent that leaves 10 GB to others refuses events with less, however much that seems."""
    finding = disk_finding(folder="/q", free_bytes=10**9, sync_seconds=[0.004], slow=SLOW, least_bytes=10**10)

    assert (3, True) == (finding.exit_code, finding.words.endswith(": make room"))


@pytest.mark.parametrize(("now", "code"), [(0, 3), (parse_instant("2026-06-01T00:00:00Z"), 0)])
def test_a_clock_that_was_never_set_is_noticed(now: int, code: int) -> None:
    """A machine without a battery for it wakes up in 1970."""

    assert code == clock_finding(now).exit_code


@pytest.mark.parametrize(("codes", "expected"), [([], 0), ([0, 0], 0), ([0, 3], 3), ([3, 5, 4], 5), ([7, 4], 7)])
def test_the_first_trouble_decides_and_a_look_gives_way(codes: list[int], expected: int) -> None:
    """What comes later often follows from what came first."""

    assert expected == exit_code([Finding("x", "", code) for code in codes])


def test_a_disk_is_measured_without_a_trace(tmp_path: Path) -> None:
    """Of a folder that is yet to be made, the disk is measured where it will be."""
    finding = look_at_disk(tmp_path / "a" / "b", clock=SystemClock(), slow=SLOW)

    assert 0 == finding.exit_code
    assert f"in {tmp_path}, fsync" in finding.words
    assert [] == list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_to_is_trouble(tmp_path: Path) -> None:
    """A file in the place of the folder, here: even root cannot write into it."""
    (tmp_path / "data").write_text("mine")
    finding = look_at_disk(tmp_path / "data", clock=SystemClock(), slow=SLOW)

    assert (7, f"{tmp_path}/data cannot be written to: Not a directory") == (finding.exit_code, finding.words)


def test_findings_have_a_line_each_and_no_stranger_moves_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    """What is well, what deserves a look and what fails can be told apart at a glance."""
    print_findings([Finding("disk", "1 GB"), Finding("clock", "\x1b[2J", 3), Finding("dns", "no", 5)], as_json=False)

    assert [
        "disk      ok    1 GB",
        "clock     look  \\x1b[2J",
        "dns       FAIL  no",
    ] == capsys.readouterr().out.splitlines()
