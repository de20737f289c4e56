"""The status as a person reads it: a few lines, the first one says how things are.

    cam-03      RETRYING   collector https://collector.plant.lan: connection refused, since 12:58:10 (44 min)
    next try    in 17 s
    queue       1,204 events, oldest 12:58:13 (44 min), 0.6 MB; room for 79 d if nothing leaves
    sent        48,113 confirmed, 2 dead letters
    watermark   13:42:06   collector's clock +0.04 s

Lines of which there is nothing to say are left out. Times are those of this machine's zone, with the day where it is
not today.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from edge_agent.buffer.epochs import MOST_EPOCHS
from shared.instants import SECOND, parse_instant
from shared.spoken import counted, duration, moment
from shared.terminal import one_line

_MEGABYTE = 1_000_000
_MOST_REASONS = 3
"""Who drops dead letters by hand writes reasons of their own."""


def in_words(status: Mapping[str, Any], *, now: int) -> list[str]:
    """Return the lines of a status, whether an agent or a file said it."""
    rows = [
        (one_line(str(status.get("camera") or "?")), _state(status, now)),
        ("next try", _next_try(status, now)),
        ("last error", _last_error(status, now)),
        ("queue", _queue(status, now)),
        ("sent", _sent(status)),
        ("epochs", _epochs(status)),
        ("watermark", _link(status, now)),
        ("intake", _intake(status)),
        ("not ready", one_line(status.get("not_ready") or "")),
        ("recovery", one_line(status.get("recovery") or "")),
    ]
    told = [(name, text) for name, text in rows if text]
    width = max(len(name) for name, _ in told) + 2
    return [f"{name:{width}}{text}" for name, text in told]


def _state(status: Mapping[str, Any], now: int) -> str:
    text = f"{status['state'].upper()}   collector {one_line(str(status.get('collector') or 'unknown'))}"
    if status.get("cause"):
        text += f": {one_line(status['cause'])}"
    if status.get("failing_since"):
        text += f", since {moment(status['failing_since'], now)}"
    return text


def _next_try(status: Mapping[str, Any], now: int) -> str:
    if not status.get("next_try_at"):
        return ""
    return f"in {max(parse_instant(status['next_try_at']) - now, 0) / SECOND:.0f} s"


def _last_error(status: Mapping[str, Any], now: int) -> str:
    """Return what went wrong last and is well again; while it lasts, the first line says it."""
    error = status.get("last_error")
    if not error or error == status.get("cause"):
        return ""
    return f"{one_line(error)}, {moment(status['last_error_at'], now)}"


def _queue(status: Mapping[str, Any], now: int) -> str:
    waiting = "empty"
    if status["pending"]:
        oldest = status.get("oldest_pending_at")
        waiting = counted(status["pending"], "event") + (f", oldest {moment(oldest, now)}" if oldest else "")
    return f"{waiting}, {_size(status)}" + "".join(f"; {text}" for text in _ahead(status))


def _size(status: Mapping[str, Any]) -> str:
    size = f"{status['size_bytes'] / _MEGABYTE:.1f} MB"
    most = status.get("max_size_bytes")
    return f"{size} of {most / _MEGABYTE:,.0f} MB" if most else size


def _ahead(status: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the next hours hold, as far as a running agent has seen enough to tell."""
    if status["pending"] and status.get("seconds_to_drain") is not None:
        yield f"empty in {duration(status['seconds_to_drain'])}"
    if status.get("seconds_to_full") is not None:
        yield f"room for {duration(status['seconds_to_full'])} if nothing leaves"


def _sent(status: Mapping[str, Any]) -> str:
    text = f"{status['settled']:,} confirmed"
    if status["dead"]:
        text += f", {counted(status['dead'], 'dead letter')}"
    if status.get("dropped"):
        text += f", {status['dropped']:,} given up{_why_given_up(status)}"
    if status["unaccounted"]:
        text += f", {status['unaccounted']:,} NOT ACCOUNTED FOR"
    return text


def _epochs(status: Mapping[str, Any]) -> str:
    many = status.get("epochs", 1)
    return f"{many:,}: it was stopped uncleanly again and again" if many > MOST_EPOCHS else ""


def _why_given_up(status: Mapping[str, Any]) -> str:
    """Return the reasons in brackets, the most frequent first; what was given up long ago has none any more."""
    reasons = sorted(status.get("given_up", {}).items(), key=lambda each: -each[1])
    told = [f"{many:,} {one_line(reason)}" for reason, many in reasons[:_MOST_REASONS]]
    return f" ({'; '.join(told)}{'; …' if len(reasons) > _MOST_REASONS else ''})" if told else ""


def _link(status: Mapping[str, Any], now: int) -> str:
    if "watermark" not in status:
        return ""
    parts = [moment(status["watermark"], now) if status["watermark"] else _why_no_watermark(status)]
    if status.get("clock_offset_seconds") is not None:
        parts.append(f"collector's clock {status['clock_offset_seconds']:+z.2f} s")
    return "   ".join(parts)


def _why_no_watermark(status: Mapping[str, Any]) -> str:
    if status.get("last_sign_of_life_at"):
        return "none yet: the collector has confirmed nothing since the start"
    return "none yet: the producer has shown no sign of life since the start"


def _intake(status: Mapping[str, Any]) -> str:
    return f"FAILING   {one_line(status['intake_failure'])}" if status.get("intake_failure") else ""
