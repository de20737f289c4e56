"""What the condition of a database file means: a line for each side of it. No I/O here."""

from collections.abc import Iterator

from collector.metrics.drift import duration
from collector.storage.condition import Condition
from shared.findings import Finding

MUCH_FREE_BYTES = 64 * 1024 * 1024
"""Less is not worth a stop of the service; the room is used again by what comes."""
_MEGABYTE = 1_000_000


def database_findings(file: str, condition: Condition) -> Iterator[Finding]:
    """Yield what is to be said of a thorough look at a database file."""
    yield file_finding(file, condition)
    yield schema_finding(condition)
    if condition.damage:
        yield Finding("pages", f"DAMAGED: {'; '.join(condition.damage)}: restore a backup", 7)
    else:
        yield Finding("pages", "no damage")
    yield sums_finding(condition)


def file_finding(file: str, condition: Condition) -> Finding:
    """Judge the room that it takes."""
    words = f"{file}, {megabytes(condition.size_bytes)}, its log {megabytes(condition.log_bytes)}"
    if condition.free_bytes > MUCH_FREE_BYTES and condition.free_bytes * 2 > condition.size_bytes:
        return Finding(
            "file", f"{words}; {megabytes(condition.free_bytes)} hold nothing: collector db compact gives them back", 3
        )
    return Finding("file", f"{words}; {megabytes(condition.free_bytes)} are free in it")


def schema_finding(condition: Condition) -> Finding:
    """Judge the steps of its schema."""
    if condition.steps_missing:
        missing = ", ".join(condition.steps_missing)
        return Finding("schema", f"version {condition.steps}; the next start brings it up to date: {missing}", 3)
    return Finding("schema", f"version {condition.steps}, this program's")


def sums_finding(condition: Condition) -> Finding:
    """Judge whether its sums are complete."""
    if condition.unfinished or condition.rules is None:
        return Finding("sums", condition.unfinished or "there are none", 7)
    gap, tail = duration(condition.rules.session_gap), duration(condition.rules.tail)
    return Finding("sums", f"complete, made with session_gap = {gap} and tail = {tail}")


def megabytes(size: int) -> str:
    """Return a size as a person reads it.

    >>> megabytes(1_234_567)
    '1.2 MB'
    """
    return f"{size / _MEGABYTE:,.1f} MB"
