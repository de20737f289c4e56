"""Short names for what happened to a request: labels, of which there must be few.

The words for people are the verdict's cause; these are for counting and for alert rules, and stay the same when words
are made better.
"""

from typing import Literal, get_args

from edge_agent.delivery.outcome import Answered, Attempt

PauseReason = Literal["token", "address", "certificate", "clock", "proxy", "version", "settings", "unknown"]
PAUSE_REASONS: tuple[PauseReason, ...] = get_args(PauseReason)
"""What has to be mended, in one word."""

_BY_CODE: dict[str, PauseReason] = {
    "401": "token",
    "403": "token",
    "404": "address",
    "405": "address",
    "407": "proxy",
    "410": "address",
    "415": "settings",
    "426": "version",
    "431": "token",
    "token_file": "token",
    "certificate": "certificate",
    "tls": "address",
}


def code_of(attempt: Attempt) -> str:
    """Return the status of an answer, or the kind of silence: the label `code`."""
    return str(attempt.status) if isinstance(attempt, Answered) else attempt.kind


def pause_reason(code: str) -> PauseReason:
    """Return what has to be mended after a request with this code made the agent pause.

    >>> [pause_reason(code) for code in ("401", "302", "certificate", "200")]
    ['token', 'address', 'certificate', 'unknown']
    """
    if len(code) == 3 and code.startswith("3"):
        return "address"
    return _BY_CODE.get(code, "unknown")
