"""What `collector check` says of how long what is stored is kept."""

from collector.metrics.retention import sentences
from collector.settings import CollectorSettings
from shared.findings import Finding


def retention_finding(settings: CollectorSettings) -> Finding:
    """Say what is kept how long; that everything is kept for ever is worth a line, and no failure."""
    return Finding("retention", "; ".join(sentences(settings.kept_for, kept={}, offsets={}, now=0)))
