"""What one attempt to deliver means: a pure table, DESIGN §3.

Events leave the buffer only against a receipt (`Settle`) or, alone in a batch, on the collector's own word that they
are wrong (`Bury`). Everything else keeps them; what is not in the table keeps them too. Faults that no waiting mends
(a wrong token, path, certificate or clock) are `Pause`: ours to fix, named in words, and tried again once a minute.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal, assert_never, get_args

from edge_agent.delivery.answers import NotAReceipt, Receipt, read_receipt
from edge_agent.delivery.retry_after import read_retry_after
from edge_agent.delivery.told_time import doubt, read_date
from shared.instants import format_instant

NoAnswerKind = Literal[
    "dns",
    "refused",
    "unreachable",
    "timeout",
    "reset",
    "other",
    "tls",
    "speaks_plain",
    "speaks_tls",
    "certificate",
    "certificate_name",
    "certificate_expired",
    "certificate_early",
    "token_file",
    "ca_file",
]
"""`speaks_plain`: we came with TLS to a port that has none; `speaks_tls`: we came without to one that wants it."""
PauseReason = Literal[
    "token", "paused", "address", "certificate", "clock", "proxy", "version", "settings", "agent", "unknown"
]
PAUSE_REASONS: tuple[PauseReason, ...] = get_args(PauseReason)
"""What has to be mended, in one word."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An HTTP answer, whoever gave it."""

    status: int
    content_type: str
    retry_after: str | None
    body: bytes
    is_cut: bool = False
    """The body was longer than what is read of an answer."""
    date: str | None = None
    """The `Date` header as it came."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The request got no answer, or was not even sent."""

    kind: NoAnswerKind
    detail: str


Attempt = Answered | NoAnswer


@dataclass(frozen=True, slots=True)
class Settle:
    """The collector has judged every event of the batch."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Retry:
    """Time may mend it."""

    reason: str
    after_seconds: float | None = None
    """What the collector asked for, clamped to 0–900 s."""
    is_too_slow: bool = False
    """It took longer than somebody waits: less of it may pass."""


@dataclass(frozen=True, slots=True)
class Split:
    """The batch holds something bad, or is too large: try less of it."""

    reason: str
    is_too_large: bool = False


@dataclass(frozen=True, slots=True)
class Bury:
    """The one event of the batch will never be taken."""

    code: str
    error: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Somebody has to mend something on our side."""

    cause: str
    reason: PauseReason = "unknown"

    @property
    def not_authorised(self) -> bool:
        """Whether the fault is who we are to the collector, and not where it is or how it is spoken to."""
        return self.reason == "token"


Verdict = Settle | Retry | Split | Bury | Pause

_SILENCES = {
    "dns": "the collector's name cannot be resolved",
    "refused": "nothing listens at the collector's address",
    "unreachable": "there is no way to the collector",
    "timeout": "the collector did not answer in time",
    "reset": "the connection to the collector broke",
    "other": "the collector cannot be spoken to",
}
_OUR_FAULTS: dict[str, tuple[PauseReason, str, str]] = {
    "tls": ("address", "no TLS with the collector", "see collector.url"),
    "speaks_plain": (
        "address",
        "the collector's port speaks http and collector.url says https",
        "write http:// there, or name the port that has TLS",
    ),
    "speaks_tls": ("address", "the collector's port wants TLS and collector.url says http", "write https:// there"),
    "certificate": ("certificate", "the collector's certificate is not trusted", "see collector.ca_file"),
    "certificate_name": (
        "certificate",
        "the collector's certificate is for another name",
        "see collector.url, or have one made for it",
    ),
    "certificate_expired": ("certificate", "the collector's certificate has expired", "renew it at the collector"),
    "certificate_early": (
        "certificate",
        "the collector's certificate is not valid yet",
        "wait, or have one made that is",
    ),
    "token_file": ("token", "the token cannot be read", "see collector.token_file"),
    "ca_file": ("certificate", "the authority's certificates cannot be read", "see collector.ca_file"),
}
_TOO_SLOW = (408, 504)
"""The body did not arrive in time; what stands in between has not got its answer in time (RFC 9110 §15.5.9, §15.6.5)."""
_STORE_TOO_SLOW = "store_too_slow"
"""The collector's own word for the same."""
_BY_TIME = ("certificate_expired", "certificate_early")
_CAUSES: dict[int, tuple[PauseReason, str]] = {
    401: ("token", "the collector does not accept our token: see collector.token_file"),
    403: ("token", "the collector does not allow this agent to deliver: see collector.token_file"),
    404: ("address", "there is no collector at this address: see collector.url"),
    405: ("address", "there is no collector at this address: see collector.url"),
    407: ("proxy", "a proxy in between wants a login; the agent goes through none: see collector.url"),
    410: ("address", "there is no collector at this address any more: see collector.url"),
    415: ("settings", "the collector does not take our kind of body: see delivery.compression"),
    426: ("version", "the collector is older than this agent: update the collector"),
    431: ("token", "the collector finds our headers too long: see collector.token_file"),
}
_ASKS_FOR_TLS = (b"HTTPS port", b"HTTPS server", b"SSL-enabled server port")
"""What nginx, Go's server and Apache answer to plain http at a port that has TLS."""


def judge(attempt: Attempt, *, batch: str, events: int, now: int, collector_now: int | None = None) -> Verdict:
    """Return what to do after an attempt to deliver `events` events as `batch`.

    `now` is the instant of the answer by our clock, and `collector_now` what the collector's must say, as far as is
    known from earlier answers.
    """
    match attempt:
        case Answered():
            return _judge_answer(attempt, batch=batch, events=events, now=now)
        case NoAnswer():
            return _judge_silence(attempt, now=now, collector_now=collector_now)
        case _ as never:
            assert_never(never)


def _judge_silence(attempt: NoAnswer, *, now: int, collector_now: int | None) -> Verdict:
    why = doubt(now=now, collector_now=collector_now)
    if attempt.kind in _BY_TIME and why:
        return Pause(f"clock not set: {why}, so no certificate is valid ({attempt.detail}); set it", "clock")
    if attempt.kind == "certificate_early" and collector_now is None:
        # Nobody has told the time yet. Certificates of the future are rare; clocks that lag after a power cut are not.
        return Pause(
            f"clock not set, it seems: at {format_instant(now)} by this machine's clock the collector's certificate is not "
            f"valid yet ({attempt.detail}); set the clock, or have a certificate made that is valid",
            "clock",
        )
    if attempt.kind in _OUR_FAULTS:
        reason, before, after = _OUR_FAULTS[attempt.kind]
        return Pause(f"{before}: {attempt.detail}; {after}", reason)
    words = f"{_SILENCES.get(attempt.kind, _SILENCES['other'])}: {attempt.detail}"
    return Retry(words, is_too_slow=attempt.kind == "timeout")


def _judge_answer(answer: Answered, *, batch: str, events: int, now: int) -> Verdict:
    match answer.status:
        case status if 200 <= status <= 299:
            return _judge_receipt(answer, batch=batch, events=events)
        case 400 | 422:
            return _judge_refusal(answer, code="refused", events=events)
        case 413 if events > 1:
            return Split("413: the batch is too large for the collector", is_too_large=True)
        case 413:
            return _judge_refusal(answer, code="too_large", events=events)
        case 408 | 425 | 429:
            return _retry(answer, now)
        case status if 500 <= status <= 599:
            return _retry(answer, now)
        case status if 300 <= status <= 399:
            return Pause(
                f"{status}: the collector's address redirects elsewhere, which is not followed: see collector.url",
                "address",
            )
        case _:
            return _judge_trouble(answer)


def _judge_trouble(answer: Answered) -> Pause:
    if answer.status == 403 and _problem(answer).get("code") == "camera_paused":
        return Pause(
            "403: an operator has paused this camera at the collector: collector cameras resume takes its events again",
            "paused",
        )
    unknown: tuple[PauseReason, str] = ("unknown", "an answer that no collector gives: see collector.url")
    reason, cause = _CAUSES.get(answer.status, unknown)
    return Pause(f"{answer.status}: {cause}", reason)


def _judge_receipt(answer: Answered, *, batch: str, events: int) -> Verdict:
    if answer.is_cut and answer.content_type == "application/json" and events > 1:
        return Split(f"{answer.status}: the answer about so many events is too long", is_too_large=True)
    found = read_receipt(answer.body, batch=batch, events=events)
    if isinstance(found, NotAReceipt):
        return Retry(f"{answer.status} without a receipt: {found.reason}; something in between may have answered")
    return Settle(found)


def _judge_refusal(answer: Answered, *, code: str, events: int) -> Verdict:
    error = _read_problem(answer)
    if error is None and any(words in answer.body for words in _ASKS_FOR_TLS):
        reason, before, after = _OUR_FAULTS["speaks_tls"]
        return Pause(f"{answer.status}: {before}; {after}", reason)
    if error is None:
        return Pause(f"{answer.status}, but not by a collector: see collector.url", "address")
    if events == 0:
        return Pause(f"{answer.status}: the collector refuses even an empty batch: {error}", "version")
    return Split(f"{answer.status}: {error}") if events > 1 else Bury(code, error)


def _read_problem(answer: Answered) -> str | None:
    """Return the message of a problem+json of the collector, None if it is none of its own."""
    error = _problem(answer).get("error")
    return error if isinstance(error, str) else None


def _problem(answer: Answered) -> dict[str, Any]:
    """Return a problem+json that has the marks of ours: `status` and the same text twice; nothing if it is none."""
    if answer.content_type != "application/problem+json":
        return {}
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(content, dict) or content.get("status") != answer.status:
        return {}
    error = content.get("error")
    return content if error and error == content.get("detail") else {}


def _retry(answer: Answered, now: int) -> Retry:
    reason = _read_problem(answer) or "the collector cannot take events now"
    after_seconds = read_retry_after(answer.retry_after, now=read_date(answer.date) or now)
    is_too_slow = answer.status in _TOO_SLOW or _problem(answer).get("code") == _STORE_TOO_SLOW
    return Retry(f"{answer.status}: {reason}", after_seconds, is_too_slow=is_too_slow)
