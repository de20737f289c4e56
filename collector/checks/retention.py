"""What `collector check` says of how long what is stored is kept."""

from collections.abc import Sequence

from collector.measures import KeptCopy
from collector.metrics.copies_told import are_too_old, copy_sentences
from collector.metrics.doubted_clock import HELD
from collector.metrics.retention import UNSCRUBBED
from collector.records import Retention
from shared.findings import Finding


def retention_finding(sentences: Sequence[str]) -> Finding:
    """Say what is kept how long and what is gone; that everything is kept for ever is worth a line, and no failure.

    Bytes of somebody who was erased, and a clock that nothing is purged by, want somebody to look.
    """
    wants = any(sentence == UNSCRUBBED or sentence.startswith(HELD) for sentence in sentences)
    return Finding("retention", "; ".join(sentences), 3 if wants else 0)


def copies_finding(copies: Sequence[KeptCopy], retention: Retention, *, now: int) -> Finding:
    """Name the copies beside the database; one that is older than events may be wants somebody to look."""
    if not copies:
        return Finding("copies", "none of an upgrade, a restore or a killed backup beside the database")
    return Finding(
        "copies", "; ".join(copy_sentences(copies, now=now)), 3 if are_too_old(copies, retention, now=now) else 0
    )
