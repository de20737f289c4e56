"""What a look at one thing means: a line for a person, and the exit code that it asks for. No I/O here.

Codes are those of every command: 0 well, 2 settings, 3 works but somebody should look, 4 not authorised, 5 other side
unreachable, 7 storage. Of several, the first that is neither 0 nor 3 wins: what comes later often follows from it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.instants import format_instant, parse_instant

SLOW_SYNC_SECONDS = 0.25
"""What takes longer holds everybody up: each answer waits for one."""
LITTLE_ROOM_BYTES = 64 * 1024 * 1024
SHORTEST_VALIDITY_SECONDS = 14 * 86_400
_DAY = 86_400
EARLIEST = parse_instant("2026-01-01T00:00:00Z")
"""A machine without a battery for its clock wakes up in 1970 or at its last shutdown."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    what: str
    words: str
    exit_code: int = 0


def exit_code(findings: Iterable[Finding]) -> int:
    """Return the code of them all.

    >>> exit_code([Finding("disk", "slow", 3), Finding("dns", "no such name", 5), Finding("tls", "not tried", 3)])
    5
    """
    codes = [finding.exit_code for finding in findings if finding.exit_code]
    return next((code for code in codes if code != 3), 3 if codes else 0)


def disk_finding(
    *,
    folder: str,
    free_bytes: int,
    sync_seconds: Sequence[float],
    slow: str,
    least_bytes: int = LITTLE_ROOM_BYTES,
) -> Finding:
    """Judge the disk by its room and by how long small synced writes took.

    `slow` says what a slow one means, `least_bytes` how much has to be free.
    """
    ascending = sorted(sync_seconds)
    usual, worst = ascending[len(ascending) // 2], ascending[-1]
    words = f"{free_bytes / 1e9:,.1f} GB free in {folder}, fsync {usual * 1e3:.1f} ms, at worst {worst * 1e3:.1f} ms"
    if free_bytes < least_bytes:
        return Finding("disk", f"{words}: make room", 3)
    if usual > SLOW_SYNC_SECONDS:
        return Finding("disk", f"{words}: {slow}", 3)
    return Finding("disk", words)


def clock_finding(now: int) -> Finding:
    """Judge a wall clock that nobody has compared with another."""
    words = format_instant(now)
    if now < EARLIEST:
        return Finding("clock", f"{words}: not set; certificates and events will be wrong", 3)
    return Finding("clock", words)


def certificate_finding(*, version: str, seconds_left: float, where: str) -> Finding:
    """Judge a certificate that was found valid; `where` says whose it is."""
    words = f"{version}, the certificate {where} is valid for {seconds_left / _DAY:.0f} days"
    if seconds_left < SHORTEST_VALIDITY_SECONDS:
        return Finding("tls", f"{words}: renew it", 3)
    return Finding("tls", words)
