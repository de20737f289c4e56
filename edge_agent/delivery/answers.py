"""Is this answer a receipt for our batch? Read field by field: anything that is not exactly one is none.

A captive portal's page, a proxy's `{"status": "success"}`, a receipt for another batch and one whose numbers do not add
up all mean the same: nothing has been promised. The shape is that of `shared.wire.ListAnswer` (SEMANTICS §7).
"""

import json
from dataclasses import dataclass
from typing import Any, TypeGuard

from edge_agent.delivery.settlement import Rejected
from shared.instants import parse_instant
from shared.receipts import Ranges, normalise


@dataclass(frozen=True, slots=True)
class Receipt:
    """The collector's word on each event of a batch."""

    accepted: int
    duplicates: int
    conflicts: int
    """Of the duplicates."""
    rejected: tuple[Rejected, ...]
    received_at: int
    """By the collector's clock."""
    lacking: Ranges
    """Numbers of the epoch that never arrived there."""
    last_seq: int | None = None
    """The greatest number of the epoch that the collector was ever told of; None from one that does not say."""


@dataclass(frozen=True, slots=True)
class NotAReceipt:
    """Why an answer promises nothing."""

    reason: str


class _Unreadable(ValueError):
    """The answer is no receipt."""


def read_receipt(body: bytes, *, batch: str, events: int) -> Receipt | NotAReceipt:
    """Return the receipt for `batch` of `events` events that an answer's body is, or why it is none."""
    try:
        answer = _object(json.loads(body), "the answer")
        if answer.get("status") != "success":
            raise _Unreadable("status is not success")
        receipt = _object(answer.get("receipt"), "receipt")
        if receipt.get("batch") != batch:
            raise _Unreadable("it is for another batch")
        return _read_counts(answer, receipt, events=events)
    except _Unreadable as error:
        return NotAReceipt(str(error))
    except (ValueError, RecursionError):  # UnicodeDecodeError and TimestampRefused are ValueErrors too
        return NotAReceipt("it is not the JSON of a collector")


def _read_counts(answer: dict[str, Any], receipt: dict[str, Any], *, events: int) -> Receipt:
    results = [_object(item, "a result") for item in _array(answer.get("results"), "results")]
    indices = {_count(item.get("index"), "index") for item in results}
    if len(indices) != len(results) or any(index >= events for index in indices):
        raise _Unreadable("results name events that were not in the batch, or twice")
    rejected = tuple(_read_rejected(item) for item in results if item.get("result") == "rejected")
    duplicates = [item for item in results if item.get("result") == "duplicate"]
    conflicts = sum(item.get("conflict") is True for item in duplicates)
    told = tuple(_count(answer.get(name), name) for name in ("accepted", "duplicates", "conflicts", "rejected"))
    if told[0] + told[1] + told[3] != events or told[1:] != (len(duplicates), conflicts, len(rejected)):
        raise _Unreadable("its counts do not cover the batch")
    if any(item.get("result") not in ("accepted", "duplicate", "rejected") for item in results):
        raise _Unreadable("a result is none of accepted, duplicate, rejected")
    received_at = receipt.get("received_at")
    if not isinstance(received_at, str):
        raise _Unreadable("received_at is missing")
    lacking = normalise(_read_range(item) for item in _array(receipt.get("lacking"), "lacking"))
    last_seq = None if receipt.get("last_seq") is None else _count(receipt["last_seq"], "last_seq")
    return Receipt(told[0], told[1], told[2], rejected, parse_instant(received_at), lacking, last_seq)


def _read_rejected(item: dict[str, Any]) -> Rejected:
    code, error = item.get("code"), item.get("error")
    if not isinstance(code, str) or not isinstance(error, str):
        raise _Unreadable("an event is rejected without a reason")
    return Rejected(item["index"], code, error)


def _read_range(value: object) -> tuple[int, int]:
    ends = _array(value, "a range of lacking")
    if len(ends) != 2 or not _is_count(ends[0]) or not _is_count(ends[1]):
        raise _Unreadable("a range of lacking is not two numbers")
    return ends[0], ends[1]


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Unreadable(f"{name} is missing")
    return value


def _array(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise _Unreadable(f"{name} is missing")
    return value


def _count(value: object, name: str) -> int:
    if not _is_count(value):
        raise _Unreadable(f"{name} is not a count")
    return value


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
