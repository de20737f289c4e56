"""What counts as a receipt, and what only looks like one."""

import json
from typing import Any

import pytest

from edge_agent.delivery.answers import NotAReceipt, Receipt, read_receipt
from edge_agent.delivery.settlement import Rejected
from shared.instants import parse_instant

RECEIPT = {"batch": "b1", "epoch": "e1", "received_at": "2026-01-15T10:00:00.5Z", "lacking": [[8, 9], [3, 4]]}
ANSWER: dict[str, Any] = {
    "status": "success",
    "accepted": 2,
    "duplicates": 2,
    "conflicts": 1,
    "rejected": 1,
    "results": [
        {"index": 1, "result": "duplicate"},
        {"index": 2, "result": "rejected", "code": "bad_id", "error": "worker_id is empty"},
        {"index": 4, "result": "duplicate", "conflict": True},
    ],
    "receipt": RECEIPT,
}


def _without_none(members: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in members.items() if value is not None}


def read(answer: object, *, events: int = 5) -> Receipt | NotAReceipt:
    """Read an answer for the batch b1."""
    return read_receipt(json.dumps(answer).encode(), batch="b1", events=events)


def changed(**changes: Any) -> dict[str, Any]:
    """Return the good answer with some members replaced, those of the receipt by `receipt_…`; None drops one."""
    inner = {key.removeprefix("receipt_"): value for key, value in changes.items() if key.startswith("receipt_")}
    outer = {key: value for key, value in changes.items() if not key.startswith("receipt_")}
    answer = ANSWER | {"receipt": _without_none(RECEIPT | inner)} | outer
    return _without_none(answer)


def test_a_receipt_says_what_became_of_each_event() -> None:
    """Counts, rejected events with their reasons, the collector's clock, and what it lacks in order."""
    expected = Receipt(
        accepted=2,
        duplicates=2,
        conflicts=1,
        rejected=(Rejected(2, "bad_id", "worker_id is empty"),),
        received_at=parse_instant("2026-01-15T10:00:00.5Z"),
        lacking=((3, 4), (8, 9)),
    )

    assert expected == read(ANSWER)


def test_a_receipt_says_of_which_number_the_collector_was_told() -> None:
    """One of an older collector does not."""
    told = [read(answer) for answer in (changed(receipt_last_seq=9), ANSWER)]

    assert [9, None] == [one.last_seq for one in told if isinstance(one, Receipt)]


def test_plainly_accepted_events_may_be_listed_too() -> None:
    """A collector that names every event is no less believed."""
    answer = changed(results=[*ANSWER["results"], {"index": 0, "result": "accepted"}])

    assert isinstance(read(answer), Receipt)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "success",
        {},
        changed(status="ok"),
        changed(status=None),
        changed(receipt=None),
        changed(receipt=[]),
        changed(receipt_batch="b2"),
        changed(receipt_batch=None),
        changed(receipt_received_at=None),
        changed(receipt_received_at="yesterday"),
        changed(receipt_lacking=None),
        changed(receipt_lacking=[[1]]),
        changed(receipt_lacking=[[1, "2"]]),
        changed(receipt_lacking=[7]),
        changed(receipt_last_seq=-1),
        changed(receipt_last_seq="9"),
        changed(accepted=3),
        changed(accepted=1),
        changed(accepted=-1, duplicates=5),
        changed(accepted=2.0),
        changed(accepted=True, duplicates=3),
        changed(accepted=None),
        changed(duplicates=1, accepted=3),
        changed(conflicts=0),
        changed(conflicts=2),
        changed(rejected=0, accepted=3),
        changed(results=None),
        changed(results={}),
        changed(results=[]),
        changed(results=[*ANSWER["results"], {"index": 5, "result": "accepted"}]),
        changed(results=[*ANSWER["results"], {"index": 4, "result": "accepted"}]),
        changed(results=[*ANSWER["results"], {"index": -1, "result": "accepted"}]),
        changed(results=[*ANSWER["results"], {"index": True, "result": "accepted"}]),
        changed(results=[*ANSWER["results"], {"index": 0, "result": "perhaps"}]),
        changed(results=[*ANSWER["results"], {"index": 0}]),
        changed(results=[*ANSWER["results"][:1], {"index": 2, "result": "rejected"}, ANSWER["results"][2]]),
    ],
)
def test_what_does_not_add_up_is_no_receipt(answer: object) -> None:
    """A missing field, another batch, or counts that do not cover the batch: nothing was promised."""

    assert isinstance(read(answer), NotAReceipt)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff", b"[" * 100_000, json.dumps(ANSWER).encode()[:-1]])
def test_what_is_not_json_is_no_receipt(body: bytes) -> None:
    """A page, a cut answer, or bytes of anything else."""

    assert isinstance(read_receipt(body, batch="b1", events=5), NotAReceipt)


def test_a_receipt_for_another_number_of_events_is_none() -> None:
    """Every event of the batch must be covered, and none that was not in it."""

    assert isinstance(read(ANSWER, events=4), NotAReceipt)
    assert isinstance(read(ANSWER, events=6), NotAReceipt)
