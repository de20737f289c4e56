"""What a look at the agent, its queue or its way to the collector means. No I/O here."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edge_agent.buffer.rows import Counts
from edge_agent.delivery.outcome import Answered, Attempt, NoAnswer, Pause, judge
from shared.findings import Finding, clock_finding
from shared.spoken import counted

GREATEST_OFFSET_SECONDS = 60.0
"""Five minutes ahead and the collector rejects events; a minute is no drift of a clock that is set."""


def agent_finding(status: Mapping[str, Any] | None, *, camera: str, collector: str) -> Finding:
    """Judge what the running agent says of itself; None if none runs."""
    if status is None:
        return Finding("agent", "does not run")
    if status["not_ready"]:
        return Finding("agent", f"runs and takes no events: {status['not_ready']}", 3)
    if (status["camera"], status["collector"]) != (camera, collector):
        told = f"{status['camera']} for {status['collector']}"
        return Finding("agent", f"runs with other settings: as {told}; give check the same --config, or restart it", 3)
    cause = f": {status['cause']}" if status.get("cause") else ""
    return Finding("agent", f"runs, version {status['version']}, {status['state']}{cause}")


def queue_finding(counts: Counts | None) -> Finding:
    """Judge the queue; None if there is none yet."""
    if counts is None:
        return Finding("queue", "there is none yet; the agent makes it")
    waiting = counted(counts.pending, "event waits", many="events wait")
    words = f"{waiting}, {counts.settled:,} confirmed, {counted(counts.dead, 'dead letter')}"
    if counts.unaccounted:
        return Finding("queue", f"{words}, {counts.unaccounted:,} NOT ACCOUNTED FOR: run edge-agent verify", 3)
    if counts.recovery:
        return Finding("queue", f"{words}; {counts.recovery}: make room", 3)
    return Finding("queue", words)


def compared_clock_finding(now: int, *, offset_seconds: float | None) -> Finding:
    """Judge the wall clock; `offset_seconds` is how far the collector's is ahead, None where nobody has measured it."""
    alone = clock_finding(now)
    if alone.exit_code:
        return alone
    if offset_seconds is None:
        return replace(alone, words=f"{alone.words}; the running agent compares it with the collector's")
    if abs(offset_seconds) > GREATEST_OFFSET_SECONDS:
        apart = f"the collector's is {offset_seconds:+.0f} s from it: set it by the network"
        return Finding("clock", f"{alone.words}; {apart}", 3)
    return replace(alone, words=f"{alone.words}; the collector's is {offset_seconds:+.2f} s from it")


def plain_finding(url: str, *, is_loopback: bool) -> Finding:
    """Judge a collector that is spoken to without TLS."""
    if is_loopback:
        return Finding("tls", "not used: the collector is on this machine")
    return Finding("tls", f"not used: everyone on the way to {url} can read and forge events", 3)


def handshake_finding(attempt: Attempt, *, now: int) -> Finding:
    """Judge a handshake that failed."""
    return _failed("tls", attempt, now=now)


def token_finding(attempt: Attempt, *, has_token: bool, now: int) -> Finding:
    """Judge the answer to an empty list, which leaves no trace at the collector."""
    whose = "our token" if has_token else "us without a token"
    if isinstance(attempt, Answered) and attempt.status == 200 and _is_success(attempt.body):
        return Finding("token", f"the collector accepts {whose}")
    failed = _failed("token", attempt, now=now)
    if isinstance(attempt, NoAnswer) and attempt.kind != "token_file":  # nobody has seen it
        return replace(failed, words=f"not tried: {failed.words}")
    return failed


def _failed(what: str, attempt: Attempt, *, now: int) -> Finding:
    """Say what delivery would make of it, in the same words."""
    verdict = judge(attempt, batch="", events=0, now=now)
    if isinstance(verdict, Pause):
        return Finding(what, verdict.cause, 4 if verdict.not_authorised else 5)
    return Finding(what, getattr(verdict, "reason", "an answer that no collector gives"), 5)


def _is_success(body: bytes) -> bool:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(answer, dict) and answer.get("status") == "success" and answer.get("accepted") == 0
