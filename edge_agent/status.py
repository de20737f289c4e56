"""What the agent says of itself at `GET /status`, and what the file says when no agent runs.

Times are RFC 3339 or null; counts of the link are since the agent started, those of the log since the file was made.
`unaccounted` is the agent's own audit: every number given out is settled, pending, dead or dropped, so it must be 0.
"""

from collections.abc import Sequence

from sqlite_utils.utils import sqlite3

from edge_agent.buffer.rows import Counts
from edge_agent.delivery.link import Link
from edge_agent.forecast import Forecast
from shared.instants import SECOND, format_instant


def describe_log(counts: Counts) -> dict[str, object]:
    """Return what the log holds."""
    return {
        "pending": counts.pending,
        "settled": counts.settled,
        "dead": counts.dead,
        "dropped": counts.dropped,
        "given_up": dict(counts.given_up),
        "epochs": counts.epochs,
        "retained": counts.retained,
        "last_seq": counts.last_seq,
        "unaccounted": counts.unaccounted,
        "oldest_pending_at": _time(counts.oldest_pending_at),
        "size_bytes": counts.size_bytes,
        "max_size_bytes": counts.max_size_bytes or None,
        "free_disk_bytes": counts.free_disk_bytes,
        "has_reserve": counts.has_reserve,
        "recovery": counts.recovery,
        "sqlite_version": sqlite3.sqlite_version,
    }


def describe_forecast(forecast: Forecast) -> dict[str, object]:
    """Return how long there is room, and how long the backlog takes; null for "never, as things are"."""
    return {
        "seconds_to_full": _rounded(forecast.seconds_to_full),
        "seconds_to_drain": _rounded(forecast.seconds_to_drain),
    }


def describe_link(link: Link, *, now: int, monotonic: float) -> dict[str, object]:
    """Return how the way to the collector is; `state` is one word, `cause` says why when it is not well.

    `now` and `monotonic` are the two clocks at the moment of the question: what is due is told by the wall clock as it is
    now, whatever it was when the wait began.
    """
    seconds = link.next_try_seconds(monotonic)
    return {
        "state": link.state,
        "cause": link.cause or None,
        "failing_since": _time(link.failing_since),
        "last_contact_at": _time(link.last_contact_at),
        "last_error": link.last_error,
        "last_error_at": _time(link.last_error_at),
        "next_try_at": _time(None if seconds is None else now + round(seconds * SECOND)),
        "watermark": _time(link.watermark),
        "clock_offset_seconds": None if link.clock_offset is None else link.clock_offset / SECOND,
        "accepted": link.accepted,
        "duplicates": link.duplicates,
        "conflicts": link.conflicts,
        "rejected": link.rejected,
    }


def describe_agent(
    *,
    camera: str,
    version: str,
    collector: str,
    epoch: str,
    last_sign_of_life: int | None,
    intake_failure: str | None,
    not_ready: Sequence[str],
) -> dict[str, object]:
    """Return who the agent is and how its intake is; `intake_failure` is why events would not be kept."""
    return {
        "camera": camera,
        "version": version,
        "collector": collector,
        "epoch": epoch,
        "last_sign_of_life_at": _time(last_sign_of_life),
        "intake_failure": intake_failure,
        "not_ready": "; ".join(not_ready) or None,
    }


def _time(instant: int | None) -> str | None:
    return None if instant is None else format_instant(instant)


def _rounded(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)
