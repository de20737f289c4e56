"""What `collector check` says of how long what is stored is kept."""

from collections.abc import Sequence

from shared.findings import Finding


def retention_finding(sentences: Sequence[str]) -> Finding:
    """Say what is kept how long and what is gone; that everything is kept for ever is worth a line, and no failure."""
    return Finding("retention", "; ".join(sentences))
