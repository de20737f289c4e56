"""What the agent says of itself at `GET /status`, and what the file says when no agent runs.

Times are RFC 3339 or null; counts of the link are since the agent started, those of the log since the file was made.
`unaccounted` is the agent's own audit: every number given out is settled, pending, dead or dropped, so it must be 0.
"""

from sqlite_utils.utils import sqlite3

from edge_agent.buffer.rows import Counts
from edge_agent.delivery.link import Link
from shared.instants import SECOND, format_instant


def describe_log(counts: Counts) -> dict[str, object]:
    """Return what the log holds."""
    return {
        "pending": counts.pending,
        "settled": counts.settled,
        "dead": counts.dead,
        "last_seq": counts.last_seq,
        "unaccounted": counts.unaccounted,
        "oldest_pending_at": _time(counts.oldest_pending_at),
        "size_bytes": counts.size_bytes,
        "sqlite_version": sqlite3.sqlite_version,
    }


def describe_link(link: Link) -> dict[str, object]:
    """Return how the way to the collector is; `state` is one word, `cause` says why when it is not well."""
    return {
        "state": link.state,
        "cause": link.cause or None,
        "failing_since": _time(link.failing_since),
        "last_contact_at": _time(link.last_contact_at),
        "last_error": link.last_error,
        "last_error_at": _time(link.last_error_at),
        "next_try_at": _time(link.next_try_at),
        "watermark": _time(link.watermark),
        "clock_offset_seconds": None if link.clock_offset is None else link.clock_offset / SECOND,
        "accepted": link.accepted,
        "duplicates": link.duplicates,
        "conflicts": link.conflicts,
        "rejected": link.rejected,
    }


def describe_agent(
    *, camera: str, version: str, collector: str, epoch: str, last_sign_of_life: int | None, intake_failure: str | None
) -> dict[str, object]:
    """Return who the agent is and how its intake is; `intake_failure` is why the last commit failed."""
    return {
        "camera": camera,
        "version": version,
        "collector": collector,
        "epoch": epoch,
        "last_sign_of_life_at": _time(last_sign_of_life),
        "intake_failure": intake_failure,
    }


def _time(instant: int | None) -> str | None:
    return None if instant is None else format_instant(instant)
