"""From the items of a body to a delivery, and from what the store says to the answer (SEMANTICS §7)."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from collector.reception import KEPT_ITEM_CHARACTERS, Reception, Rules
from collector.records import Contact, Outcome, Stored
from shared.events import EventType
from shared.instants import MINUTE, SECOND, format_instant
from shared.wire import read_body
from tests.support.collector import NOON_AFTER, at, envelope, event, item

RULES = Rules(max_future_skew=5 * MINUTE, time_zone=None)
accepted, duplicate, conflict = Outcome.accepted, Outcome.duplicate, Outcome.conflict


def received(body: object, *, rules: Rules = RULES) -> Reception:
    """Return the reception of a body at noon of the next day."""
    return Reception(read_body(json.dumps(body).encode()), now=NOON_AFTER, rules=rules)


def contact_of(sent: dict[str, Any], *, is_live: bool = True) -> Contact:
    """Return what an envelope says of its camera."""
    contact = received(sent).delivery(site="east", camera="C1", is_live=is_live).contact
    assert contact is not None
    return contact


def test_good_and_bad_items_part_ways() -> None:
    """Events in order, refusals with code, reason and the item itself."""
    delivery = received([item("10:00", "W1", "working"), 5, item("10:05", "W2", "idle"), {}]).delivery(
        site="east", camera="C1"
    )

    assert [event("10:00", "W1", "working"), event("10:05", "W2", "idle", station="S2")] == delivery.events
    assert [("not_an_event", "5"), ("missing_field", "{}")] == [(each.code, each.item) for each in delivery.refusals]
    assert ("east", "C1", NOON_AFTER, None) == (
        delivery.site,
        delivery.camera,
        delivery.received_at,
        delivery.contact,
    )


def test_of_a_refused_item_only_the_beginning_is_kept() -> None:
    """Ten megabytes of an id must not fill the store, and a surrogate must not break it."""
    delivery = received([{"worker_id": "\ud800" * 1_000_000}]).delivery(site="east", camera=None)

    assert [KEPT_ITEM_CHARACTERS] == [len(each.item) for each in delivery.refusals]
    assert delivery.refusals[0].item.isascii()


@pytest.mark.parametrize(
    ("ahead", "is_kept"), [(-MINUTE, True), (0, True), (5 * MINUTE, True), (5 * MINUTE + 1, False)]
)
def test_an_event_may_be_a_little_ahead_of_the_clock(ahead: int, is_kept: bool) -> None:
    """Up to the allowed skew; beyond it the camera's clock is wrong."""
    sent = item("10:00", "W1", "working") | {"timestamp": format_instant(NOON_AFTER + ahead)}
    delivery = received([sent]).delivery(site="east", camera=None)

    assert ([] if is_kept else ["timestamp_in_future"]) == [each.code for each in delivery.refusals]
    assert is_kept == bool(delivery.events)


def test_a_zone_of_the_settings_reads_bare_timestamps() -> None:
    """Without it they are refused."""
    sent = item("10:00", "W1", "working") | {"timestamp": "2026-01-15T11:00:00"}
    delivery = received([sent], rules=Rules(0, ZoneInfo("Europe/Berlin"))).delivery(site="east", camera=None)

    assert [at("10:00")] == [each.at for each in delivery.events]
    assert "no_offset" == received([sent]).delivery(site="east", camera=None).refusals[0].code


@pytest.mark.parametrize(
    ("outcome", "answer"),
    [
        (accepted, {"status": "success", "result": "accepted"}),
        (duplicate, {"status": "success", "result": "duplicate"}),
        (conflict, {"status": "success", "result": "duplicate", "conflict": True}),
    ],
)
def test_one_object_has_an_answer_of_its_own(outcome: Outcome, answer: dict[str, Any]) -> None:
    """Accepted, or a duplicate, and whether that differed."""
    reception = received(item("10:00", "W1", "working"))

    assert reception.refused_object(Stored([outcome], ())) is None
    assert answer == reception.answer(Stored([outcome], ()))


def test_one_bad_object_is_refused_with_its_reason() -> None:
    """A list is never refused for an item of it."""
    refused = received({"timestamp": "x"}).refused_object(Stored([], ()))

    assert refused is not None
    assert "bad_timestamp" == refused.code
    assert received([{"timestamp": "x"}]).refused_object(Stored([], ())) is None
    assert received([]).refused_object(Stored([], ())) is None


def test_a_list_is_answered_item_by_item() -> None:
    """Every item that is not plainly accepted is listed at its place; the counts add up to the items."""
    reception = received([item("10:00", "W1", "working"), 5, *[item("10:05", "W1", "idle")] * 3, {}])
    answer = reception.answer(Stored([accepted, accepted, conflict, duplicate], ()))

    assert {"status": "success", "accepted": 2, "duplicates": 2, "conflicts": 1, "rejected": 2} == {
        key: value for key, value in answer.items() if key != "results"
    }
    assert [
        (1, "rejected", "not_an_event", None),
        (3, "duplicate", None, True),
        (4, "duplicate", None, None),
        (5, "rejected", "missing_field", None),
    ] == [(each["index"], each["result"], each.get("code"), each.get("conflict")) for each in answer["results"]]
    assert all(each["error"] for each in answer["results"] if each["result"] == "rejected")


def test_an_empty_list_is_answered_with_zeros() -> None:
    """Also that is an answer."""
    answer = received([]).answer(Stored([], ()))

    assert {
        "status": "success",
        "accepted": 0,
        "duplicates": 0,
        "conflicts": 0,
        "rejected": 0,
        "results": [],
    } == answer


def test_an_envelope_gets_a_receipt() -> None:
    """With its batch and epoch again, so that no other answer can be taken for it."""
    reception = received(envelope([item("10:00", "W1", "working")], batch="b7", epoch="e7"))
    answer = reception.answer(Stored([accepted], [(3, 4), (9, 9)], last_seq=9))

    assert {
        "batch": "b7",
        "epoch": "e7",
        "received_at": "2026-01-16T12:00:00Z",
        "lacking": [(3, 4), (9, 9)],
        "last_seq": 9,
    } == answer["receipt"]


def test_what_an_agent_says_of_itself_is_kept() -> None:
    """Numbers that came and numbers that never will are one thing to the collector: nothing to wait for."""
    sent = envelope(
        [item("10:00", "W1", "working")] * 3,
        seqs=[[4, 5], [9, 9]],
        skipped=[[6, 6, "expired"], [1, 2, "damaged"]],
        last_seq=12,
        pending=3,
        oldest_pending_at="2026-01-15T10:00:00Z",
        sent_at=format_instant(NOON_AFTER + 2 * SECOND),
        watermark="2026-01-15T09:59:00Z",
        watched=[["2026-01-15T09:00:00Z", "2026-01-15T09:59:00Z"]],
        epoch="e7",
    )

    assert Contact(
        epoch="e7",
        seqs=((1, 2), (4, 6), (9, 9)),
        last_seq=12,
        version="0.1.0",
        is_live=True,
        watermark=at("09:59"),
        pending=3,
        oldest_pending_at=at("10:00"),
        clock_offset_us=2 * SECOND,
        watched=[(at("09:00"), at("09:59"))],
    ) == contact_of(sent)


def test_nobody_has_watched_the_future() -> None:
    """A watermark ahead of the collector's clock is taken as now; one behind it as it is."""

    assert NOON_AFTER == contact_of(envelope(watermark="2027-01-01T00:00:00Z")).watermark
    assert NOON_AFTER - 1 == contact_of(envelope(watermark=format_instant(NOON_AFTER - 1))).watermark
    assert contact_of(envelope()).watermark is None


def test_the_greatest_number_is_never_below_one_that_came() -> None:
    """An agent that counts wrong must not make numbers vanish."""

    assert 9 == contact_of(envelope([item("10:00", "W1", "working")], seqs=[[9, 9]], last_seq=3)).last_seq
    assert 7 == contact_of(envelope(skipped=[[5, 7, "expired"]], last_seq=0)).last_seq


def test_a_replay_says_nothing_of_the_present() -> None:
    """Known by the end of its version, or because it came through an operator's hands."""

    assert contact_of(envelope()).is_live
    assert not contact_of(envelope(version="0.1.0+replay")).is_live
    assert not contact_of(envelope(), is_live=False).is_live


def test_unknown_types_stay_out() -> None:
    """The four types are the only ones that ever reach a delivery."""
    items = [item("10:00", "W1", kind) for kind in [*EventType.__members__, "break", "Working"]]

    assert list(EventType) == [each.event_type for each in received(items).delivery(site="east", camera=None).events]
