"""The body of a request: what the agent says of itself, and stored events as they are (SEMANTICS §7).

Events are stored as canonical JSON, so a body is a join of stored bytes: nothing is decoded, and what was accepted is
what is sent. `shared.wire.AgentHeader` is the other end's reading of the same words.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from edge_agent.delivery.batching import Epoch
from shared.instants import format_instant
from shared.plain_text import made_plain
from shared.receipts import Ranges

PROTOCOL = 1
EARLIER = "numbered in an earlier epoch"


@dataclass(frozen=True, slots=True)
class Header:
    """What goes with the events of one batch; instants in microseconds UTC."""

    camera: str
    version: str
    batch: str
    """Made anew for each request."""
    sent_at: int
    epoch: Epoch
    """The numbers below its first belong to earlier ones and are reported as skipped."""
    seqs: Ranges
    """Number the events in order."""
    watermark: int | None
    pending: int
    """Events that are neither settled nor in this batch."""
    oldest_pending_at: int | None
    skipped: tuple[tuple[int, int, str], ...] = ()
    """Further ranges of this epoch that will never be sent, each with its reason."""
    watched: tuple[tuple[int, int], ...] | None = None
    """Stretches up to the watermark in which the camera was watched; None without one."""


def envelope(header: Header, payloads: Iterable[bytes]) -> bytes:
    """Return the body that carries these events, one payload for each number of the header."""
    fields = {
        "protocol": PROTOCOL,
        "camera": header.camera,
        "version": header.version,
        "batch": header.batch,
        "sent_at": format_instant(header.sent_at),
        "epoch": header.epoch.token,
        "seqs": header.seqs,
        "skipped": _skipped(header),
        "last_seq": header.epoch.last,
        "watermark": _text(header.watermark),
        "watched": None if header.watched is None else [(_text(start), _text(end)) for start, end in header.watched],
        "pending": header.pending,
        "oldest_pending_at": _text(header.oldest_pending_at),
    }
    agent = json.dumps(fields, separators=(",", ":")).encode()
    return b'{"agent":' + agent + b',"events":[' + b",".join(payloads) + b"]}"


def _skipped(header: Header) -> list[tuple[int, int, str]]:
    """Return what will never be sent, with reasons that no collector refuses: they were written by people, and by older programs."""
    earlier = [(1, header.epoch.first - 1, EARLIER)] if header.epoch.first > 1 else []
    return [*earlier, *((first, last, made_plain(reason)) for first, last, reason in header.skipped)]


def _text(instant: int | None) -> str | None:
    return None if instant is None else format_instant(instant)
